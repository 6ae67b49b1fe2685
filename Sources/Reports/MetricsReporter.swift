import HookKit
package import Runner

/// Writes a run as metrics in the Prometheus text format 0.0.4, for the node exporter's textfile collector.
///
/// Every metric is a gauge that describes the last run. No label holds a subject, so that a pipeline has as many series as stages, outcomes and
/// types; of a stage with very many types the rarest are counted together. Source: Prometheus, "Exposition formats".
package struct MetricsReporter: Reporter {
    /// How many pairs of outcome and type a stage has series of its own for.
    private static let typesPerStage = 50
    /// The type of those that have none.
    private static let otherTypes = "all other types"

    /// Makes a reporter.
    package init() {}

    /// It has who uses a registry's storage.
    package var showsEvidence: Bool { true }

    /// Gives the whole file when the run has ended.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        guard case .runFinished(let result) = event else { return [] }
        return Array(Self.families(result).map(\.text).joined().utf8)
    }

    private static func families(_ result: RunResult) -> [MetricFamily] {
        let run = result.run
        let pipeline: [MetricFamily.Label] = [("pipeline", label(run.pipeline))]
        let end = Duration.nanoseconds(run.started.nanoseconds) + result.duration
        let carriesOutPlan = if case .carriesOut? = run.plan { true } else { false }
        var families = [
            MetricFamily(
                "hook_last_run_timestamp_seconds",
                "When the last run ended, in seconds since 1970.",
                [(pipeline, end.secondsText)]
            ),
            MetricFamily("hook_run_info", "The program that made the last run.", [(pipeline + [("version", label(run.version))], "1")]),
            MetricFamily("hook_run_duration_seconds", "How long the last run took.", [(pipeline, result.duration.secondsText)]),
            MetricFamily(
                "hook_run_exit_code",
                "How the last run ended: 0 all passed, 1 findings failed, 69 a stage could not be carried out.",
                [(pipeline, String(result.exitCode.rawValue))]
            ),
            MetricFamily(
                "hook_run_dry_run",
                "1 where no stage of the last run could change anything.",
                [(pipeline, run.changesNothing ? "1" : "0")]
            ),
            MetricFamily(
                "hook_run_carries_out_plan",
                "1 where the last run made the changes of a plan, and no others.",
                [(pipeline, carriesOutPlan ? "1" : "0")]
            ),
        ]
        // A name that was made visible and cut may be another's, and a series may stand in a file once.
        var names = UniqueNames()
        let stages = result.stages.map { stage in
            (
                stage,
                labels: pipeline + [("stage", names.claim(label(stage.stage.name))), ("rule", label(stage.stage.rule))]
            )
        }
        families.append(
            MetricFamily(
                "hook_stage_verdict",
                "1 for how the stage ended, 0 for how it did not.",
                stages.flatMap { stage, labels in
                    StageVerdict.allCases.map { (labels + [("verdict", $0.rawValue)], $0 == StageVerdict(stage) ? "1" : "0") }
                }
            )
        )
        families.append(
            MetricFamily(
                "hook_stage_duration_seconds",
                "How long the stage took.",
                stages.map { ($1, $0.duration.secondsText) }
            )
        )
        families.append(
            MetricFamily("hook_findings", "How many findings the stage has.", stages.flatMap { findings($0.findings, $1) })
        )
        families.append(
            MetricFamily("hook_reclaimed_bytes", "The space that the stage gave back.", stages.map { ($1, String($0.reclaimed.bytes)) })
        )
        families.append(
            MetricFamily(
                "hook_planned_bytes",
                "The space that the stage would give back if it were no dry run, by its plan.",
                stages.compactMap { stage, labels in PlannedSpace.of(stage).map { (labels, String($0.bytes)) } }
            )
        )
        families.append(
            MetricFamily(
                "hook_registry_stored_bytes",
                "The bytes of the blobs in a registry's storage when the stage ended, by who uses them; of a dry run, by who would use them if it "
                    + "were none.",
                stages.flatMap { stage, labels in storage(stage, labels) }
            )
        )
        return families.filter { !$0.samples.isEmpty }
    }

    private struct Kind: Hashable {
        let outcome: Finding.Outcome
        let type: String
    }

    private static func findings(_ findings: [Finding], _ labels: [MetricFamily.Label]) -> [MetricFamily.Sample] {
        var counts: [Kind: Int] = [:]
        for finding in findings { counts[Kind(outcome: finding.outcome, type: label(finding.type)), default: 0] += 1 }
        let ordered = counts.sorted { ($1.value, $0.key.type, $0.key.outcome.rawValue) < ($0.value, $1.key.type, $1.key.outcome.rawValue) }
        let named = ordered.filter { $0.key.type != otherTypes }.prefix(typesPerStage)
        var samples =
            named
            .sorted { ($0.key.outcome.rawValue, $0.key.type) < ($1.key.outcome.rawValue, $1.key.type) }
            .map { (labels + [("outcome", $0.key.outcome.rawValue), ("type", $0.key.type)], String($0.value)) }
        for outcome in Finding.Outcome.allCases {
            let all = counts.reduce(0) { $0 + ($1.key.outcome == outcome ? $1.value : 0) }
            let rest = named.reduce(all) { $0 - ($1.key.outcome == outcome ? $1.value : 0) }
            if rest > 0 { samples.append((labels + [("outcome", outcome.rawValue), ("type", otherTypes)], String(rest))) }
        }
        return samples
    }

    private static func storage(_ stage: StageResult, _ labels: [MetricFamily.Label]) -> [MetricFamily.Sample] {
        var roots = UniqueNames()
        return stage.findings.compactMap(StorageUse.init).flatMap { use in
            let labels = labels + [("root", roots.claim(label(use.root)))]
            // What a dry run leaves in its place is in the storage all the same.
            return [
                ("one-repository", use.kept - use.shared), ("several-repositories", use.shared),
                ("nobody", use.unreferenced + (use.reclaimable?.blobs ?? 0)),
            ]
            .map { (labels + [("used_by", $0)], String($1)) }
        }
    }

    private static func label(_ text: String) -> String { VisibleText.line(text, limit: 200) }
}
