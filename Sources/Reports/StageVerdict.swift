import HookKit
import Runner

/// How a stage is counted, by its ending and its findings.
enum StageVerdict: String, CaseIterable {
    /// It came to its end, and nothing failed.
    case passed
    /// It came to its end, and findings failed.
    case failed
    /// It, or one of its findings, could not be carried out.
    case error
    /// The run was interrupted while it ran.
    case interrupted
    /// It was not run.
    case skipped

    /// Judges a stage.
    init(_ result: StageResult) {
        switch result.ending {
        case .skipped: self = .skipped
        case .interrupted: self = .interrupted
        case .failed: self = .error
        case .completed:
            let outcomes = FindingCounts(result.findings)
            self = outcomes[.error] > 0 ? .error : outcomes[.failed] > 0 ? .failed : .passed
        }
    }
}
