import Synchronization

/// The cancellation of a run, which may come before the run has an ID, or while it gets one.
final class RunCancellation: Sendable {
    private struct State {
        var run: Int?
        var isCancelled = false
        var patience: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let cancelRun: @Sendable (Int) -> Task<Void, Never>

    /// `cancelRun` asks for the end of a run, and returns what waits for it.
    init(cancelRun: @escaping @Sendable (Int) -> Task<Void, Never>) { self.cancelRun = cancelRun }

    /// The run, once it was asked for.
    var run: Int? { state.withLock { $0.run } }

    /// Says that the run was asked for.
    func begin(_ run: Int) {
        let mustCancel = state.withLock { state in
            state.run = run
            return state.isCancelled
        }
        if mustCancel { cancelNow(run) }
    }

    /// Says that the run must end.
    func cancel() {
        let run = state.withLock { state -> Int? in
            guard !state.isCancelled else { return nil }
            state.isCancelled = true
            return state.run
        }
        if let run { cancelNow(run) }
    }

    /// Says that the run has ended.
    func finish() { state.withLock { $0.patience }?.cancel() }

    private func cancelNow(_ run: Int) {
        let patience = cancelRun(run)
        state.withLock { $0.patience = patience }
    }
}
