import HookKit
import HookTesting
import Runner
import Testing

@testable import Reports

@Suite struct MetricsReporterTests {
    static func document(_ result: RunResult) -> String {
        var reporter = MetricsReporter()
        return String(decoding: SampleRuns.events(result).flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    @Test func documentHasEveryMetric() throws {
        try Snapshot.expect(Self.document(SampleRuns.hygiene), named: "metrics.prom")
        try Snapshot.expect(Self.document(SampleRuns.endings), named: "metrics-endings.prom")
    }

    @Test func whatADryRunPlansIsNotWhatWasGivenBack() throws {
        let text = try PrometheusText(Self.document(SampleRuns.plan))
        #expect(text.value("hook_planned_bytes", ["stage": "prune"]) == "312450000")
        #expect(text.value("hook_reclaimed_bytes", ["stage": "prune"]) == "0")
        #expect(text.value("hook_run_dry_run") == "1")
    }

    @Test func whatARegistrysStorageHoldsIsToldByWhoUsesIt() throws {
        // What a dry run would take is there, and nobody would use it.
        let plan = try PrometheusText(Self.document(SampleRuns.registryPlan))
        #expect(plan.value("hook_registry_stored_bytes", ["used_by": "one-repository"]) == "4900000000")
        #expect(plan.value("hook_registry_stored_bytes", ["used_by": "nobody"]) == "2203000000")
        #expect(plan.value("hook_planned_bytes", ["rule": "registry-gc"]) == "2300000000")
        let text = try PrometheusText(Self.document(SampleRuns.registry))
        #expect(text.value("hook_registry_stored_bytes", ["used_by": "one-repository", "root": "/srv/registry"]) == "4900000000")
        #expect(text.value("hook_registry_stored_bytes", ["used_by": "several-repositories"]) == "1200000000")
        #expect(text.value("hook_registry_stored_bytes", ["used_by": "nobody"]) == "3000000")
    }

    @Test func everyRunIsValidAndCountsEveryFinding() throws {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 150) {
            let result = GeneratedRuns.run(seed: seed)
            let text = try PrometheusText(Self.document(result))
            let counted = text.samples.filter { $0.name == "hook_findings" }.compactMap { Int($0.value) }.reduce(0, +)
            #expect(counted == result.stages.reduce(0) { $0 + $1.findings.count }, "seed \(seed)")
            #expect(text.samples.filter { $0.name == "hook_stage_duration_seconds" }.count == result.stages.count, "seed \(seed)")
            #expect(text.value("hook_run_exit_code") == String(result.exitCode.rawValue), "seed \(seed)")
        }
    }

    @Test func manyTypesAreCountedTogetherAndNoSubjectIsALabel() throws {
        let findings =
            (0..<500).map { Finding.passed(subject: "subject-\($0)", type: "type-\($0)", message: "") }
            + (0..<7).map { Finding.failed(subject: "subject-\($0)", type: "overwritten", message: "") }
            + [.passed(subject: "x", type: "all other types", message: "")]
        let document = Self.document(SampleRuns.run([SampleRuns.stage(1, "exec", findings: findings)]))
        let text = try PrometheusText(document)
        #expect(text.value("hook_findings", ["type": "overwritten"]) == "7")
        #expect(text.value("hook_findings", ["type": "all other types"]) == "452")
        #expect(text.samples.filter { $0.name == "hook_findings" }.count == 51)
        #expect(!document.contains("subject-"))
    }
}
