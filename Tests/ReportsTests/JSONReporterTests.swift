import Foundation
import HookKit
import HookTesting
import Runner
import Testing

@testable import Reports

@Suite struct JSONReporterTests {
    static func document(_ result: RunResult) -> [UInt8] {
        var reporter = JSONReporter()
        return SampleRuns.events(result).flatMap { reporter.receive($0) }
    }

    @Test func documentHasEveryMember() throws {
        let stages = Array(SampleRuns.hygiene.stages.dropFirst()) + SampleRuns.endings.stages.dropFirst()
        try Snapshot.expect(String(decoding: Self.document(SampleRuns.run(stages)), as: UTF8.self), named: "run.json")
    }

    @Test func planSumsWhatWouldBeRemoved() throws {
        let root = try Self.read(Self.document(SampleRuns.plan))
        let summary = try #require(root["summary"] as? [String: Any])
        #expect(summary["plannedBytes"] as? Int == 312_450_000)
        #expect(summary["reclaimedBytes"] as? Int == 0)
        #expect(root["exitCode"] as? Int == 0)
    }

    @Test func everyRunIsReadBackAsItWas() throws {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 150) {
            let result = GeneratedRuns.run(seed: seed)
            let document = Self.document(result)
            let isHarmless = String(decoding: document, as: UTF8.self).unicodeScalars.allSatisfy {
                $0 == "\n" || $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value)
            }
            #expect(isHarmless, "seed \(seed)")
            let root = try Self.read(document)
            #expect(root["version"] as? Int == 1, "seed \(seed)")
            #expect(root["exitCode"] as? Int == Int(result.exitCode.rawValue), "seed \(seed)")
            let stages = try #require(root["stages"] as? [[String: Any]])
            #expect(stages.count == result.stages.count, "seed \(seed)")
            for (read, stage) in zip(stages, result.stages) {
                #expect(Array((read["name"] as? String ?? "").utf8) == Array(stage.stage.name.utf8), "seed \(seed)")
                let findings = try #require(read["findings"] as? [[String: Any]])
                #expect(findings.count == stage.findings.count, "seed \(seed)")
                for (read, finding) in zip(findings, stage.findings) {
                    for (member, text) in [("subject", finding.subject), ("type", finding.type), ("message", finding.message)] {
                        #expect(Array((read[member] as? String ?? "").utf8) == Array(text.utf8), "seed \(seed) \(member)")
                    }
                    #expect(read["details"] as? [String] == Array(finding.details), "seed \(seed)")
                    #expect(read["remedy"] as? String == finding.remedy, "seed \(seed)")
                    #expect(read["bytes"] as? Int64 == finding.bytes?.bytes, "seed \(seed)")
                    #expect((read["evidence"] is NSNull) == (finding.evidence == nil), "seed \(seed)")
                }
            }
        }
    }

    private static func read(_ document: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(document)) as? [String: Any])
    }
}
