import HookKit
import Runner

/// What a run comes to: its stages by verdict, its findings by outcome, its space.
struct RunTotals {
    /// How many stages there are of each verdict.
    private(set) var verdicts: [StageVerdict: Int] = [:]
    /// How many findings there are of each outcome.
    private(set) var findings = FindingCounts()
    /// What the stages gave back.
    private(set) var reclaimed = ByteSize.zero
    /// What the dry runs would give back; `nil` where none plans anything.
    private(set) var planned: ByteSize?

    /// Adds up a run.
    init(_ result: RunResult) {
        for stage in result.stages {
            findings += FindingCounts(stage.findings)
            reclaimed += stage.reclaimed
            if let own = PlannedSpace.of(stage) {
                // What an earlier stage would give back as well is counted once.
                let more = ByteSize(bytes: max(own.bytes - stage.repeated.bytes, 0))
                planned = (planned ?? .zero) + more
            }
            verdicts[StageVerdict(stage), default: 0] += 1
        }
    }
}
