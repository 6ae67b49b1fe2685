import HookKit
import HookTesting
import NIOCore
import Testing

@testable import DockerEngine

/// Answers with random damage: each is refused with an `EngineError`, or read; none ends the program.
@Suite struct DamagedAnswerTests {
    private static let listing = Array(
        """
        [{"Containers":-1,"Created":1795293680,"Id":"sha256:\(String(repeating: "a", count: 64))","Labels":{"a":"b","\\u00e9":"\\ud83d\\ude00"},
          "ParentId":"","RepoDigests":["shop/api@sha256:\(String(repeating: "b", count: 64))"],"RepoTags":["shop/api:v1","<none>:<none>"],"Size":1982270}]
        """.utf8
    )
    private static let events = Array(
        #"{"Type":"image","Action":"tag","Actor":{"ID":"sha256:1","Attributes":{"name":"a:\"b\""}},"time":1,"timeNano":1}{"Type":"network"}"#
            .utf8
    )

    /// Changes, drops, doubles or inserts a few bytes.
    private func damaged(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1: bytes[place] = Array("\"\\{}[]:,-0e".utf8).randomElement(using: &random) ?? 0
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            default: bytes.removeLast(bytes.count - max(1, place))
            }
        }
        return bytes
    }

    @Test func aDamagedListingIsRefusedOrRead() async throws {
        let seed = TestSeed.first
        var random = SplitMix(seed: seed)
        let client = try DockerEngineClient(endpoint: EngineEndpoint(address: .unixSocket(path: "/nonexistent")), access: .readOnly)
        let request = EngineRequest.get("/v1.41/images/json", limit: .seconds(1))
        var refused = 0
        for _ in 0..<5000 {
            let bytes = damaged(Self.listing, &random)
            let answer = EngineAnswer(request: request, status: 200, apiVersion: nil, libpodVersion: nil, body: ByteBuffer(bytes: bytes))
            do {
                let listed = try client.decode([WireImage]?.self, from: answer) ?? []
                let images = try client.checked(answer) { () throws(DockerEngine.WireFailure) in try WireImage.images(listed) }
                #expect(images.allSatisfy { $0.id.hex.count == 64 }, "seed \(seed)")
            } catch {
                refused += 1
                #expect(error.code == .badAnswer, "seed \(seed)")
            }
        }
        await client.shutdown()
        // Damage in a name or a label is no damage to the document.
        #expect(refused > 2000 && refused < 5000, "seed \(seed)")
    }

    @Test func damagedEventsAreRefusedOrRead() throws {
        let seed = TestSeed.first
        var random = SplitMix(seed: seed)
        var refused = 0
        for _ in 0..<5000 {
            var reader = EventReader(largest: 10_000)
            do {
                let events = try reader.append(damaged(Self.events, &random))
                #expect(events.count <= 2, "seed \(seed)")
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000 && refused < 5000, "seed \(seed)")
    }
}
