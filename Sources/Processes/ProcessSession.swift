import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The session of a process that we started, and that began a session of its own.
///
/// - Warning: valid until its leader is reaped. Until then the leader's ID, which is the session's too, names nothing else.
struct ProcessSession: Sendable {
    let leader: pid_t

    /// Calls `body` once, on a thread of its own, when the leader has ended; `waitid(2)` with `WNOWAIT` leaves it to be reaped.
    func whenLeaderExits(_ body: @escaping @Sendable () -> Void) {
        let leader = self.leader
        BackgroundThread.start {
            var information = siginfo_t()
            while waitid(P_PID, id_t(leader), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            body()
        }
    }

    /// Says whether a process other than the leader runs in the session.
    var hasMembers: Bool { !memberGroups.isEmpty }

    /// Sends a signal to every process in the session.
    func signal(_ signal: Int32) {
        // First the leader's group in one step, then the groups that a shell with job control made.
        kill(-leader, signal)
        for group in memberGroups where group != leader { kill(-group, signal) }
    }
}
