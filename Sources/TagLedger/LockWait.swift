import Synchronization

/// How a connection waits for a lock that another process holds: with a bound, and with the same chance for everyone.
///
/// SQLite's own timeout makes a process that has waited long look ever more seldom, so that newcomers overtake it. Here every look comes a
/// random moment after the last, however long the wait.
final class LockWait: Sendable {
    /// How long a lock is waited for.
    let limit: Duration

    private struct State {
        var begin: ContinuousClock.Instant?
        var isAbandoned = false
    }
    private let state = Mutex(State())

    /// Makes a wait with a bound.
    init(limit: Duration) { self.limit = limit }

    /// Blocks for some milliseconds and says whether to try again; SQLite calls it with the number of tries so far for this lock.
    ///
    /// It runs on the thread of the connection, inside the task that asked, and a cancelled task stops waiting.
    func waits(afterTries tries: Int) -> Bool {
        let now = ContinuousClock().now
        let goesOn = state.withLock { state in
            if tries == 0 { state.begin = now }
            guard !state.isAbandoned, let begin = state.begin else { return false }
            return now - begin < limit
        }
        guard goesOn, !Task.isCancelled else { return false }
        SystemCalls.sleep(microseconds: .random(in: 500...15_000))
        return true
    }

    /// Ends every wait from now on.
    func abandon() { state.withLock { $0.isAbandoned = true } }
}
