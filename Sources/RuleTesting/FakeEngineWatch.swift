public import HookKit
import Synchronization

/// A watch of a `FakeEngine`.
public final class FakeEngineWatch: EngineWatch {
    private struct Inner {
        var events: [EngineEvent] = []
        var error: EngineError?
        var isStopped = false
    }

    private let inner = Mutex(Inner())

    init() {}

    /// The events since the last call.
    public func arrived() async throws -> [EngineEvent] {
        try inner.withLock { inner throws(EngineError) in
            if let error = inner.error { throw error }
            defer { inner.events = [] }
            return inner.events
        }
    }

    /// Ends the stream.
    public func stop() async {
        inner.withLock { $0.isStopped = true }
    }

    func deliver(_ events: some Sequence<EngineEvent>) {
        inner.withLock { inner in
            if !inner.isStopped { inner.events += events }
        }
    }

    func `break`(_ error: EngineError) {
        inner.withLock { $0.error = error }
    }
}
