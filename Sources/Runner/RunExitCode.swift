/// What the process tells its caller.
///
/// Source of the numbers: sysexits.h, and 128 + SIGINT.
package enum RunExitCode: Int32, Hashable, Sendable {
    /// All passed.
    case success = 0
    /// Findings failed.
    case findingsFailed = 1
    /// Another run holds a lock; try again.
    case busy = 75
    /// A stage could not be carried out.
    case stageFailed = 69
    /// A bug in hook.
    case internalError = 70
    /// The pipeline file or a setting is wrong, and nothing was run.
    case configuration = 78
    /// A signal ended the run.
    case interrupted = 130

    /// The graver of two: 70, 69, 75, 1, 0.
    package func graver(_ other: RunExitCode) -> RunExitCode { rank >= other.rank ? self : other }

    private var rank: Int {
        switch self {
        case .success: 0
        case .findingsFailed: 1
        case .busy: 2
        case .stageFailed: 3
        case .internalError: 4
        case .configuration: 5
        case .interrupted: 6
        }
    }
}
