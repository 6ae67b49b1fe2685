package import NIOCore
import Synchronization

/// Runs tasks on the thread of an event loop, where the connections are served: no step of a request then has to wake another thread.
///
/// The event loop must outlive the tasks; what they do must not block.
package final class EventLoopTaskExecutor: TaskExecutor {
    /// A task that a timer cancels.
    private final class Expiry: Sendable {
        private struct State {
            var hasPassed = false
            var cancel: (@Sendable () -> Void)?
        }

        private let state = Mutex(State())

        var hasPassed: Bool { state.withLock { $0.hasPassed } }

        /// Cancels the task, or has it cancelled as soon as it is known.
        func pass() {
            let cancel = state.withLock { state in
                state.hasPassed = true
                return state.cancel
            }
            cancel?()
        }

        func arm(_ cancel: @escaping @Sendable () -> Void) {
            let isLate = state.withLock { state in
                state.cancel = cancel
                return state.hasPassed
            }
            if isLate { cancel() }
        }
    }

    private let eventLoop: any EventLoop

    /// Runs tasks on an event loop.
    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Runs `operation` on the event loop, and cancels it and throws `TimeLimitPassed` when it takes longer than `limit`.
    ///
    /// With `heedsCancellation` false the operation goes on to its end, and is waited for, when the caller's task is cancelled.
    package func run<Result: Sendable>(
        within limit: Duration,
        heedsCancellation: Bool = true,
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let expiry = Expiry()
        // Not a child of the caller's task, which would hand on its cancellation.
        let task = Task(executorPreference: self) { [eventLoop] in
            let timer = eventLoop.scheduleTask(in: .nanoseconds(limit.nanosecondCount)) { expiry.pass() }
            defer { timer.cancel() }
            return try await operation()
        }
        expiry.arm { task.cancel() }
        do {
            guard heedsCancellation else { return try await task.value }
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch  where expiry.hasPassed {
            throw TimeLimitPassed()
        }
    }
}
