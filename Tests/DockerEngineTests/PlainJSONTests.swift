import FoundationEssentials
import HookKit
import HookTesting
import OCI
import Testing

@testable import DockerEngine

@Suite struct PlainJSONTests {
    /// What a reading came to, so that two readings can be held against each other.
    private enum Reading<Value: Equatable>: Equatable {
        case value(Value)
        case failure
    }

    private static func reading<Value: Equatable>(_ body: () throws -> Value) -> Reading<Value> {
        do { return .value(try body()) } catch { return .failure }
    }

    private static func plainImages(_ text: [UInt8]) -> Reading<[EngineImage]>? {
        text.withUnsafeBytes { WireImage.plainList($0) }.map { list in reading { try WireImage.images(list) } }
    }

    private static func decodedImages(_ text: [UInt8]) -> Reading<[EngineImage]>? {
        let data = text.withUnsafeBytes { EngineAnswer.repaired($0) }
        guard let list = try? JSONDecoder().decode([WireImage]?.self, from: data) else { return nil }
        return reading { try WireImage.images(list) }
    }

    private static func plainUsage(_ text: [UInt8]) -> Reading<EngineDiskUsage>? {
        text.withUnsafeBytes { WireDiskUsage.plain($0) }.map { usage in reading { try usage.usage(isPodman: false) } }
    }

    private static func decodedUsage(_ text: [UInt8]) -> Reading<EngineDiskUsage>? {
        let data = text.withUnsafeBytes { EngineAnswer.repaired($0) }
        guard let usage = try? JSONDecoder().decode(WireDiskUsage.self, from: data) else { return nil }
        return reading { try usage.usage(isPodman: false) }
    }

    private static func plainEvent(_ text: [UInt8]) -> Reading<EngineEvent?>? {
        text.withUnsafeBytes { WireEvent.plain($0) }.map { event in reading { try event.event() } }
    }

    private static func decodedEvent(_ text: [UInt8]) -> Reading<EngineEvent?>? {
        let data = text.withUnsafeBytes { EngineAnswer.repaired($0) }
        guard let event = try? JSONDecoder().decode(WireEvent.self, from: data) else { return nil }
        return reading { try event.event() }
    }

    private static let hex = String(repeating: "0a", count: 32)

    static let images = #"""
        [{"Containers":-1,"Created":1704067200,"Id":"sha256:\#(hex)","Labels":{"a":"é \"x\" \u00e9\u003c\t/\/","b":""},"ParentId":"",
        "RepoDigests":["<none>@<none>"],"RepoTags":["<none>:<none>"],"SharedSize":-1,"Size":4000,"VirtualSize":4000},
        {"Containers":-1,"Created":-62135596800,"Id":"\#(hex.dropLast())b","Labels":null,"ParentId":"sha256:\#(hex)","RepoDigests":null,
        "RepoTags":["bench/app48:v5", "r.io:5000/a/b:c"] , "Size": 4000 , "More":[1.5,{"x":[true,false,null]},-0,""]}]

        """#

    static let usage = #"""
        {"LayersSize":4000,"Images":[{"Id":"sha256:\#(hex)","Size":4000,"SharedSize":4000,"Labels":{"a":"b"}},
        {"Id":"sha256:\#(hex.dropLast())b","Size":5,"SharedSize":-1}],"Containers":[{"Id":"c"}],
        "Volumes":[{"Name":"v","Driver":"local","UsageData":{"RefCount":1,"Size":7}}],
        "BuildCache":[{"ID":"k","Parent":"","Type":"regular","Description":"d","InUse":false,"Shared":true,"Size":9,
        "CreatedAt":"2026-11-01T08:30:00.5Z","LastUsedAt":null,"UsageCount":1}],"BuilderSize":0}

        """#

    static let event = #"""
        {"status":"tag","id":"sha256:\#(hex)","Type":"image","Action":"tag","Actor":{"ID":"sha256:\#(hex)",
        "Attributes":{"name":"shop/api:v1","set":"é\n"}},"scope":"local","time":1704067200,"timeNano":1704067200123456789}
        """#

    @Test func answersOfEnginesArePlain() {
        let (images, usage, event) = (Array(Self.images.utf8), Array(Self.usage.utf8), Array(Self.event.utf8))
        #expect(Self.plainImages(images) != nil)
        #expect(Self.plainImages(images) == Self.decodedImages(images))
        #expect(Self.plainUsage(usage) != nil)
        #expect(Self.plainUsage(usage) == Self.decodedUsage(usage))
        #expect(Self.plainEvent(event) != nil)
        #expect(Self.plainEvent(event) == Self.decodedEvent(event))
        #expect(Self.plainImages(Array("[]".utf8)) == .value([]))
    }

    @Test(arguments: [
        "", "null", "[", "[]]", "[] x", "[{}]", "[null]", "[{\"Id\":null,\"Created\":1}]", "[{\"Id\":\"\(hex)\"}]",
        "[{\"Id\":\"\(hex)\",\"Created\":01}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1e3}]", "[{\"Id\":\"\(hex)\",\"Created\":1.0}]",
        "[{\"Id\":\"\(hex)\",\"Created\":99999999999999999999}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,\"Created\":2}]", "[{\"Id\":\"\(hex)\",\"Created\":1,\"RepoTags\":[1]}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,\"Labels\":{\"a\":\"\\ud83d\\ude00\"}}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,\"Labels\":{\"a\":\"\u{1}\"}}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,\"Labels\":{\"a\":\"1\",\"a\":\"2\"}}]", "[{\"Id\":\"\(hex)\",\"Created\":1,\"x\":tru}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,\"x\":\"\\x\"}]", "[{\"Id\":\"\(hex)\",\"\\u0043reated\":1}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,\"ParentId\":\"\(hex)0\"}]", "[{\"Id\":\"[\(hex.dropLast())\",\"Created\":1}]",
        "[{\"Id\":\"sha512:\(hex)\(hex)\",\"Created\":1}]",
        "[{\"Id\":\"\(hex)\",\"Created\":1,\"x\":\(String(repeating: "[", count: 40))\(String(repeating: "]", count: 40))}]",
    ])
    func anythingElseIsLeftToTheDecoder(text: String) {
        #expect(Self.plainImages(Array(text.utf8)) == nil)
    }

    @Test func aTextThatIsNoUTF8IsLeftToTheDecoder() {
        var text = Array(Self.images.utf8)
        let place = text.firstIndex(of: 0xC3) ?? 0
        text[place] = 0xFF
        #expect(Self.plainImages(text) == nil)
    }

    @Test func whateverIsReadPlainlyIsReadAlikeByTheDecoder() {
        let seed = TestSeed.first
        var numbers = SplitMix(seed: seed)
        let bytes = Array(#"[]{}",:0123456789-+.eEtrufalsn\/bx "#.utf8) + [0x00, 0x0A, 0x1F, 0x7F, 0x80, 0xC3, 0xA9, 0xED, 0xFF]
        var plain = 0
        for round in 0..<6000 {
            let source = [Self.images, Self.usage, Self.event][round % 3]
            var text = Array(source.utf8)
            for _ in 0..<Int.random(in: 1...2, using: &numbers) {
                let place = Int.random(in: 0..<text.count, using: &numbers)
                switch Int.random(in: 0..<4, using: &numbers) {
                case 0: text.remove(at: place)
                case 1: text.insert(bytes[Int.random(in: 0..<bytes.count, using: &numbers)], at: place)
                case 2:
                    // A part is there twice, or is gone.
                    let end = min(text.count, place + Int.random(in: 1...60, using: &numbers))
                    if Bool.random(using: &numbers) {
                        text.insert(contentsOf: text[place..<end], at: place)
                    } else {
                        text.removeSubrange(place..<end)
                    }
                default: text[place] = bytes[Int.random(in: 0..<bytes.count, using: &numbers)]
                }
            }
            let (isPlain, isAlike): (Bool, Bool)
            switch round % 3 {
            case 0: (isPlain, isAlike) = Self.compare(Self.plainImages(text), Self.decodedImages(text))
            case 1: (isPlain, isAlike) = Self.compare(Self.plainUsage(text), Self.decodedUsage(text))
            default: (isPlain, isAlike) = Self.compare(Self.plainEvent(text), Self.decodedEvent(text))
            }
            plain += isPlain ? 1 : 0
            #expect(isAlike, "seed \(seed), round \(round): \(String(decoding: text, as: UTF8.self))")
        }
        // The test would say nothing if every change made a document that is not plain.
        #expect(plain > 500)
    }

    private static func compare<Value>(_ plain: Reading<Value>?, _ decoded: Reading<Value>?) -> (isPlain: Bool, isAlike: Bool) {
        (plain != nil, plain == nil || plain == decoded)
    }
}
