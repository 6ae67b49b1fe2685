import HookKit
import Runner
import Testing

@testable import Reports

/// What every report says of the plan that a run writes or carries out.
@Suite struct PlanReportTests {
    private static func run(
        _ use: PlanUse,
        _ plan: WrittenPlan? = nil,
        isDryRunByFile: Bool = false,
        findings: [Finding] = []
    ) -> RunResult {
        let stage = SampleRuns.stage(1, "prune", isDryRun: plan != nil, isDryRunByFile: isDryRunByFile, findings: findings)
        let result = SampleRuns.run([stage], isDryRun: plan != nil)
        let run = RunDescription(
            pipeline: result.run.pipeline,
            file: result.run.file,
            version: result.run.version,
            isDryRun: result.run.isDryRun,
            started: result.run.started,
            build: result.run.build,
            stages: result.run.stages,
            plan: use
        )
        return RunResult(run: run, stages: result.stages, duration: result.duration, wasInterrupted: false, plan: plan)
    }

    private static func text(_ reporter: some Reporter, _ result: RunResult) -> String {
        var reporter = reporter
        return String(decoding: SampleRuns.events(result).flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    @Test func everyReportSaysThatARunCarriesOutAPlan() {
        let result = Self.run(.carriesOut("my plan.json"))
        #expect(Self.text(TextReporter(options: TextOptions()), result).contains(" · carries out the plan my plan.json\n"))
        #expect(
            Self.text(JSONReporter(), result).contains(
                """
                  "plan": {
                    "use": "carries-out",
                    "file": "my plan.json",
                    "changes": null
                  },
                """
            )
        )
        #expect(Self.text(JUnitReporter(), result).contains(#"<property name="plan" value="carries out the plan my plan.json" />"#))
        #expect(Self.text(MarkdownReporter(), result).contains("\nThis run carries out the plan `my plan.json`.\n"))
        #expect(Self.text(HTMLReporter(), result).contains("carries out the plan my plan.json"))
        #expect(Self.text(MetricsReporter(), result).contains("hook_run_carries_out_plan{pipeline=\"image-hygiene\"} 1\n"))
    }

    @Test func aPlanThatWasWrittenIsNamedWithItsChanges() {
        let written = WrittenPlan.written(changes: 3, command: "hook run --apply 'my plan.json' --set KEEP=3")
        let result = Self.run(.writes("my plan.json"), written)
        #expect(
            Self.text(TextReporter(options: TextOptions()), result).hasSuffix(
                "✓ nothing failed (exit code 0): hook run --apply 'my plan.json' --set KEEP=3 carries out its 3 changes\n"
            )
        )
        #expect(Self.text(JSONReporter(), result).contains("\"changes\": 3\n"))
        #expect(Self.text(MarkdownReporter(), result).contains("\nThe plan `my plan.json` has 3 changes.\n"))
        #expect(Self.text(MetricsReporter(), result).contains("hook_run_carries_out_plan{pipeline=\"image-hygiene\"} 0\n"))
    }

    @Test func aPlanWithoutChangesHasNothingToCarryOut() {
        let result = Self.run(.writes("plan.json"), .written(changes: 0, command: "hook run --apply plan.json"))
        #expect(
            Self.text(TextReporter(options: TextOptions()), result)
                .hasSuffix("✓ nothing failed (exit code 0): the plan plan.json has nothing to carry out\n")
        )
    }

    @Test func aPlanOfADryRunThatTheFileAsksForSaysWhyItHasNothing() {
        let result = Self.run(
            .writes("plan.json"),
            .written(changes: 0, command: "hook run --apply plan.json"),
            isDryRunByFile: true,
            findings: [.passed(subject: "a", type: "would-remove", message: "dangling", bytes: 3)]
        )
        #expect(
            Self.text(TextReporter(options: TextOptions()), result)
                .hasSuffix(
                    "✓ nothing failed (exit code 0): the plan plan.json has nothing to carry out; the stage 'prune' changes nothing before its "
                        + "'dry-run: true' is taken out of pipeline.yml\n"
                )
        )
    }

    @Test func thePlanIsNamedWhereFindingsFailedAsWell() {
        let result = Self.run(
            .writes("plan.json"),
            .written(changes: 1, command: "hook run --apply plan.json"),
            findings: [.failed(subject: "shop/api:v1", type: "overwritten", message: "lost")]
        )
        #expect(result.exitCode == .findingsFailed)
        #expect(
            Self.text(TextReporter(options: TextOptions()), result).hasSuffix("hook run --apply plan.json carries out its 1 change\n")
        )
    }

    @Test func aPlanThatCouldNotBeWrittenIsInTheExitCodeOfEveryReport() {
        let result = Self.run(.writes("plan.json"), .notWritten)
        #expect(result.exitCode == .stageFailed)
        #expect(Self.text(JSONReporter(), result).contains("\"exitCode\": 69,\n"))
        #expect(
            Self.text(TextReporter(options: TextOptions()), result).hasSuffix(
                "! not everything could be carried out (exit code 69): no plan was written, as standard error says\n"
            )
        )
    }

    @Test func whatTwoStagesWouldGiveBackIsCountedOnce() {
        let finding = Finding.passed(subject: "blobs", type: "would-remove", message: "1 blob", bytes: 480)
        func stage(_ number: Int, repeated: ByteSize) -> StageResult {
            StageResult(
                stage: StageDescription(number: number, name: "stage \(number)", rule: "registry-gc", isDryRun: true),
                ending: .completed,
                findings: [finding],
                started: SampleRuns.start,
                duration: .zero,
                reclaimed: .zero,
                engine: nil,
                repeated: repeated
            )
        }
        let result = SampleRuns.run([stage(1, repeated: .zero), stage(2, repeated: 400)], isDryRun: true)
        #expect(RunTotals(result).planned == 560)
        #expect(result.stages.map { PlannedSpace.of($0) } == [480, 480])
    }

    @Test(arguments: [
        ("plan.json", "plan.json"), ("my plan.json", "'my plan.json'"), ("it's", "'it'\\''s'"), ("", "''"), ("a;rm -r b", "'a;rm -r b'"),
        ("$HOME/ü", "'$HOME/ü'"),
    ])
    func aWordIsQuotedAsAShellReadsIt(word: String, quoted: String) { #expect(ShellWord.quoted(word) == quoted) }
}
