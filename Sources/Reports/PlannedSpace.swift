import HookKit
import Runner

/// The space that dry runs would give back.
///
/// A stage's own figure is zero in a dry run, because nothing was measured. The plan is in its findings: those that passed and whose type
/// begins with `would-` (`would-remove`) carry the bytes that carrying them out would free.
enum PlannedSpace {
    /// The sum over a stage; `nil` where it is no dry run, or plans nothing.
    static func of(_ result: StageResult) -> ByteSize? {
        guard result.stage.isDryRun else { return nil }
        var sum: ByteSize?
        for finding in result.findings where isPlanned(finding) {
            if let bytes = finding.bytes { sum = (sum ?? .zero) + bytes }
        }
        return sum
    }

    /// Says whether a finding is a part of a plan.
    static func isPlanned(_ finding: Finding) -> Bool { finding.outcome == .passed && finding.type.hasPrefix("would-") }
}
