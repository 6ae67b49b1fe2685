import Foundation
import HookKit
import HookTesting
import Runner
import Testing

@testable import Reports

@Suite struct HTMLReporterTests {
    static func document(_ result: RunResult, _ history: RecordedTags? = nil) -> String {
        var reporter = HTMLReporter()
        if let history { reporter.receive(history) }
        return String(decoding: SampleRuns.events(result).flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    /// The data of the page, by its own JSON reader.
    static func data(_ document: String) throws -> [String: Any] {
        let start = try #require(document.range(of: "<script type=\"application/json\" id=\"data\">"))
        let end = try #require(document.range(of: "</script>", range: start.upperBound..<document.endIndex))
        let object = try JSONSerialization.jsonObject(with: Data(document[start.upperBound..<end.lowerBound].utf8))
        return try #require(object as? [String: Any])
    }

    @Test func thePageWithoutItsDataIsSmall() {
        #expect(Self.document(SampleRuns.run([])).utf8.count < 100_000)
    }

    @Test func thePageAsksForNothingAndAllowsNothing() {
        let document = Self.document(SampleRuns.hygiene, SampleRuns.history)
        let policy =
            "default-src 'none'; style-src 'nonce-hook01JC'; script-src 'nonce-hook01JC'; img-src data:; base-uri 'none'; form-action 'none'"
        #expect(document.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">"))
        for text in ["http:", "@import", "url(", "<iframe", "<object", " style=\"", "onclick=", "innerHTML", "eval("] {
            #expect(!document.contains(text), "\(text)")
        }
        // The one link in it is the job's, and that is shown as text only.
        #expect(!document.contains("https:"))
        #expect(document.components(separatedBy: "<script").count == 3)
    }

    /// A letter that joins what follows, and a mark that joins what stands before: with either a `<` is no Swift character of its own.
    @Test(arguments: ["\u{0D4E}<b>", "<\u{301}b", "\u{0D4E}\"x", "\u{0D4E}</title>", "<b>", "'\"&"])
    func whatIsMarkupIsEscapedScalarByScalar(_ text: String) {
        let finding = Finding.failed(subject: text, type: text, message: text, details: [text], remedy: text)
        let stages = [
            SampleRuns.stage(1, text, rule: text, findings: [finding]),
            SampleRuns.stage(2, "\(text) 2", rule: text, ending: .skipped(reason: text)),
            SampleRuns.stage(3, "\(text) 3", rule: text, ending: .failed(type: text, message: text, exitCode: .stageFailed)),
        ]
        let document = Self.document(SampleRuns.run(stages, pipeline: text, file: text))
        let plain = Self.document(SampleRuns.run([]))
        for markup in ["<b>", "</title>", "\u{0D4E}\"", "<\u{301}"] {
            #expect(Self.occurrences(of: markup, in: document) == Self.occurrences(of: markup, in: plain), "\(markup)")
        }
    }

    /// How often a text stands in another, byte by byte.
    private static func occurrences(of text: String, in document: String) -> Int {
        let (needle, bytes) = (Array(text.utf8), Array(document.utf8))
        return bytes.indices.count { bytes[$0...].starts(with: needle) }
    }

    @Test func theDataHoldsFindingsTagsAndStorage() throws {
        let stages = [SampleRuns.hygiene.stages[1], SampleRuns.registry.stages[0]]
        let data = try Self.data(Self.document(SampleRuns.run(stages), SampleRuns.history))
        let findings = try #require(data["findings"] as? [[Any]])
        #expect(findings.count == 8)
        #expect(findings[0][3] as? String == "4f0c1d9a7e21")
        #expect(findings[0][1] as? Int == 1)
        #expect(findings[0][5] as? Int == 12_350_000)
        #expect((findings[0][6] as? [String])?.count == 3)
        #expect(findings[0][7] as? String == "docker tag 4f0c1d9a7e21 shop/api:v1-build4690")
        let tags = try #require(data["tags"] as? [[Any]])
        #expect(tags.map { $0[0] as? String } == ["shop/api:v1", "shop/worker:v1"])
        let generations = try #require(tags[0][1] as? [[Int]])
        #expect(generations.map { $0[5] } == [1, 2, 3])
        #expect(data["images"] as? [String] == ["111111111111", "222222222222", "333333333333", "444444444444"])
        #expect(data["otherTags"] as? Int == 7)
        let storage = try #require((data["storage"] as? [[String: Any]])?.first)
        #expect(storage["kept"] as? Int == 6_100_000_000)
        #expect(storage["reclaimed"] as? Int == 2_300_000_000)
        #expect(storage["isInTrash"] as? Bool == false)
        #expect((storage["repositories"] as? [[Any]])?.last?.first as? String == "shop/<worker>")
        let largest = try #require(storage["tags"] as? [[Any]])
        #expect(largest.map { $0[0] as? String } == ["shop/api:v2", "shop/<worker>:latest"])
        #expect(largest.map { $0[1] as? Int } == [2_100_000_000, 1_900_000_000])
    }

    @Test func theDataOfADryRunSaysWhatWouldStayAndWhatWouldGo() throws {
        let data = try Self.data(Self.document(SampleRuns.registryPlan))
        let storage = try #require((data["storage"] as? [[String: Any]])?.first)
        #expect(storage["kept"] as? Int == 6_100_000_000)
        #expect(storage["reclaimed"] as? Int == 0)
        #expect(storage["isInTrash"] as? Bool == false)
        #expect(storage["reclaimable"] as? [Int] == [2_300_000_000, 300_000_000, 1_000_000_000, 100_000_000, 100_000_000])
        let repositories = try #require(storage["repositories"] as? [[Any]])
        #expect(repositories.map { $0[1] as? Int } == [3_100_000_000, 1_300_000_000])
        #expect(repositories.map { $0[2] as? Int } == [700_000_000, 100_000_000])
        let kept = try Self.data(Self.document(SampleRuns.registryPlan(goesToTrash: true)))
        #expect((kept["storage"] as? [[String: Any]])?.first?["isInTrash"] as? Bool == true)
        let real = try Self.data(Self.document(SampleRuns.registry))
        #expect((real["storage"] as? [[String: Any]])?.first?["reclaimable"] is NSNull)
    }

    @Test func aLedgerThatCannotBeReadIsSaid() throws {
        let data = try Self.data(
            Self.document(SampleRuns.hygiene, RecordedTags(tags: [], problem: "the ledger could not be read: it is damaged"))
        )
        #expect(data["ledger"] as? String == "the ledger could not be read: it is damaged")
    }

    @Test func everyRunIsHarmlessAndReadBackAsItWas() throws {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 100) {
            let result = GeneratedRuns.run(seed: seed)
            let document = Self.document(result)
            let isHarmless = document.unicodeScalars.allSatisfy { $0 == "\n" || !VisibleText.isHidden($0) }
            #expect(isHarmless, "seed \(seed)")
            #expect(document.components(separatedBy: "<script").count == 3, "seed \(seed)")
            #expect(document.components(separatedBy: "</script").count == 3, "seed \(seed)")
            #expect(!document.contains("<!--") && !document.contains("<b>x"), "seed \(seed)")
            let data = try Self.data(document)
            let findings = try #require(data["findings"] as? [[Any]])
            let all = result.stages.flatMap(\.findings)
            #expect(findings.count == all.count, "seed \(seed)")
            #expect(
                findings.map { $0[4] as? String ?? "" }.sorted() == all.map { VisibleText.line($0.message, limit: 2000) }.sorted(),
                "seed \(seed)"
            )
        }
    }

    @Test func whatIsTooMuchIsLeftOutFromTheEndAndCounted() throws {
        let many = (0..<50_010).map { Finding.passed(subject: "s\($0)", type: "kept", message: "") }
        let failed = Finding.failed(subject: "last", type: "x", message: "", details: (0..<150).map { "line \($0)" })
        let data = try Self.data(Self.document(SampleRuns.run([SampleRuns.stage(1, "prune", findings: many + [failed])])))
        let findings = try #require(data["findings"] as? [[Any]])
        #expect(findings.count == 50_000)
        #expect(data["omitted"] as? Int == 11)
        #expect(findings[0][3] as? String == "last")
        #expect((findings[0][6] as? [Any])?.count == 100)
        #expect(findings[0][8] as? Int == 50)
    }
}
