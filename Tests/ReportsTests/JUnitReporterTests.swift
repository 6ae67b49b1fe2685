import HookKit
import HookTesting
import Runner
import Testing

@testable import Reports

@Suite struct JUnitReporterTests {
    static func document(_ result: RunResult) -> [UInt8] {
        var reporter = JUnitReporter()
        return SampleRuns.events(result).flatMap { reporter.receive($0) }
    }

    @Test func documentHasTheFormOfTheDesign() throws {
        let findings: [Finding] = [
            .failed(
                subject: "shop/api:v1",
                type: "overwritten",
                message: "now names <9f8e> & \"more\"",
                details: ["first", "a\tb\nsecond ]]>"]
            ),
            .failed(subject: "shop/api:v1", type: "overwritten", message: "once more", remedy: "docker tag a b", bytes: 1_234_567),
            .passed(subject: "shop/api:v1", type: "unchanged", message: "as before", bytes: 12),
            .error(subject: "shop/\u{1B}[2Jx\n:v1", type: "date", message: "\u{FFFE} line\nfeed"),
            .skipped(subject: "", type: "kept", message: ""),
        ]
        let result = SampleRuns.run([
            SampleRuns.stage(1, "look & see", rule: "detect-overwritten", findings: findings, milliseconds: 1),
            SampleRuns.stage(2, "prune", isDryRun: true, milliseconds: 61_005, reclaimed: 77, engine: nil),
        ])
        try Snapshot.expect(String(decoding: Self.document(result), as: UTF8.self), named: "junit.xml")
        try Snapshot.expect(String(decoding: Self.document(SampleRuns.endings), as: UTF8.self), named: "junit-endings.xml")
    }

    /// What the schema does not allow in any of these documents.
    private static func problems(in documents: [[UInt8]]) async throws -> [String] {
        try await TemporaryDirectory.withOne { directory in
            let files = try documents.enumerated().map { try directory.write($1, to: "\($0).xml") }
            return try await JUnitSchema.problems(inFiles: files)
        }
    }

    @Test func everyRunIsValidAgainstTheSchema() async throws {
        let first = TestSeed.first
        print("seeds from \(first)")
        let runs = (first..<(first + 150)).map { GeneratedRuns.run(seed: $0) } + [SampleRuns.hygiene, SampleRuns.plan, SampleRuns.endings]
        #expect(try await Self.problems(in: runs.map { Self.document($0) }) == [])
    }

    @Test func everyRunIsReadBackAsItWas() throws {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 150) {
            let result = GeneratedRuns.run(seed: seed)
            let root = try #require(JUnitReading.root(Self.document(result)), "seed \(seed)")
            #expect(root.attributes["name"] == VisibleText.line(result.run.pipeline), "seed \(seed)")
            let suites = root.children("testsuite")
            #expect(suites.count == result.stages.count, "seed \(seed)")
            var names: Set<[UInt8]> = []
            for (suite, stage) in zip(suites, result.stages) {
                let cases = suite.children("testcase")
                let own = stage.ending != .completed || stage.findings.isEmpty ? 1 : 0
                #expect(cases.count == stage.findings.count + own, "seed \(seed)")
                for (testCase, finding) in zip(cases, stage.findings) {
                    #expect(Self.outcome(testCase) == finding.outcome, "seed \(seed)")
                    let problem = testCase.first("failure") ?? testCase.first("error") ?? testCase.first("skipped")
                    #expect(problem == nil || problem?.attributes["message"] == VisibleText.line(finding.message), "seed \(seed)")
                    #expect(problem == nil || problem?.text.allSatisfy(\.isWhitespace) == false, "seed \(seed)")
                }
                for testCase in cases {
                    // The same for every reader: the bytes of class and name together.
                    let name = (testCase.attributes["classname"] ?? "") + "\u{0}" + (testCase.attributes["name"] ?? "")
                    #expect(names.insert(Array(name.utf8)).inserted, "seed \(seed): \(name)")
                }
                #expect(suite.attributes["tests"] == "\(cases.count)", "seed \(seed)")
                for (attribute, element) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
                    #expect(suite.attributes[attribute] == "\(cases.count { $0.first(element) != nil })", "seed \(seed)")
                }
            }
            for attribute in ["tests", "failures", "errors"] {
                let sum = suites.reduce(0) { $0 + (Int($1.attributes[attribute] ?? "") ?? .min) }
                #expect(root.attributes[attribute] == "\(sum)", "seed \(seed)")
            }
        }
    }

    @Test func hugeTextsAreCutAndSaySo() async throws {
        let long = String(repeating: "x", count: 12_000_000)
        let finding = Finding.failed(subject: long, type: "t", message: long, details: [long, long], remedy: long)
        let document = Self.document(SampleRuns.run([SampleRuns.stage(1, "prune", findings: [finding])]))
        #expect(document.count < 300_000)
        let testCase = try #require(JUnitReading.root(document)?.first("testsuite")?.first("testcase"))
        #expect(testCase.attributes["name"] == String(repeating: "x", count: 600) + " … 11999400 more bytes")
        #expect(testCase.first("failure")?.text.hasSuffix("\n… 11950000 more bytes") == true)
        #expect(try await Self.problems(in: [document]) == [])
    }

    @Test func thousandsOfFindingsAboutOneSubjectHaveNamesOfTheirOwn() throws {
        let findings = (0..<10_000).map { Finding.failed(subject: "shop/api:v1", type: "overwritten", message: "\($0)") }
        let document = Self.document(SampleRuns.run([SampleRuns.stage(1, "prune", findings: findings)]))
        let cases = try #require(JUnitReading.root(document)?.first("testsuite")?.children("testcase"))
        #expect(cases.first?.attributes["name"] == "shop/api:v1 (overwritten)")
        #expect(cases.last?.attributes["name"] == "shop/api:v1 (overwritten 10000)")
        #expect(Set(cases.compactMap { $0.attributes["name"] }).count == 10_000)
    }

    private static func outcome(_ testCase: JUnitReading.Element) -> Finding.Outcome {
        if testCase.first("failure") != nil { return .failed }
        if testCase.first("error") != nil { return .error }
        return testCase.first("skipped") != nil ? .skipped : .passed
    }
}
