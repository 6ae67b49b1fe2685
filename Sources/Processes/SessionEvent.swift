/// What `SessionEnd` waits for.
enum SessionEvent: Sendable {
    /// The command itself has ended.
    case exited
    /// The command must end.
    case stop
    /// The time between SIGTERM and SIGKILL is over.
    case graceOver
}
