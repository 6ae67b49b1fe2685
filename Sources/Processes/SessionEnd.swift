import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Sees to it that a command's session ends with the command, or when the command must end.
final class SessionEnd: Sendable {
    private let session: ProcessSession
    private let gracePeriod: Duration
    private let reached = Atomic(false)

    init(session: ProcessSession, gracePeriod: Duration) {
        self.session = session
        self.gracePeriod = gracePeriod
    }

    /// Says whether nothing of the session runs any more.
    var isReached: Bool { reached.load(ordering: .acquiring) }

    /// Returns when the command has ended and nothing is left of its session; says whether the command was told to stop before it ended.
    func reach(events: AsyncStream<SessionEvent>, sender: AsyncStream<SessionEvent>.Continuation) async -> Bool {
        session.whenLeaderExits { sender.yield(.exited) }
        var deadline: ContinuousClock.Instant?
        let wasStopped = await withTaskGroup { group in
            defer { group.cancelAll() }
            var wasStopped = false
            for await event in events {
                switch event {
                case .exited: return wasStopped
                case .stop:
                    guard !wasStopped else { continue }
                    wasStopped = true
                    deadline = .now + gracePeriod
                    session.signal(SIGTERM)
                    group.addTask { [gracePeriod] in
                        // A cancelled sleep means that the command has ended.
                        guard (try? await Task.sleep(for: gracePeriod)) != nil else { return }
                        sender.yield(.graceOver)
                    }
                case .graceOver: session.signal(SIGKILL)
                }
            }
            return wasStopped
        }
        await endRest(deadline: deadline)
        reached.store(true, ordering: .releasing)
        return wasStopped
    }

    /// Ends what the command left behind; those who got SIGTERM with the command have the rest of the command's time.
    private func endRest(deadline: ContinuousClock.Instant?) async {
        guard session.hasMembers else { return }
        if deadline == nil { session.signal(SIGTERM) }
        await waitUntilEmpty(or: deadline ?? .now + gracePeriod)
        // A process may start another one between two looks.
        for _ in 0..<50 where session.hasMembers {
            session.signal(SIGKILL)
            await waitUntilEmpty(or: .now + .milliseconds(20))
        }
    }

    /// There is no event for the end of a process that is not a child: looks again, at first soon and then every 20 ms.
    private func waitUntilEmpty(or deadline: ContinuousClock.Instant) async {
        var pause = Duration.milliseconds(1)
        while session.hasMembers, .now < deadline {
            // Nothing cancels this task, and a shorter pause would do no harm.
            try? await Task.sleep(for: min(pause, deadline - .now))
            pause = min(pause * 2, .milliseconds(20))
        }
    }
}
