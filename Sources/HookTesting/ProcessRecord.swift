import HookKit
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the threads that follow a process know of it, and who waits for that.
final class ProcessRecord: Sendable {
    private struct Waiter {
        let condition: @Sendable (ProcessOutcome) -> Bool
        let continuation: CheckedContinuation<ProcessOutcome, any Error>
    }

    private struct Inner {
        var outcome = ProcessOutcome()
        var openOutputs = 0
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let identifier: pid_t
    private let inner = Mutex(Inner())

    init(identifier: pid_t) { self.identifier = identifier }

    var outcome: ProcessOutcome { inner.withLock { $0.outcome } }

    /// Reads the outputs to their ends and waits for the process, on threads of their own; takes over the descriptors.
    func follow(output: Int32, error: Int32?) {
        inner.withLock { $0.openOutputs = error == nil ? 1 : 2 }
        BackgroundThread.start { self.read(output, into: \.outputBytes) }
        if let error { BackgroundThread.start { self.read(error, into: \.errorBytes) } }
        BackgroundThread.start { self.reap() }
    }

    func signal(_ signal: Int32) {
        inner.withLock { inner in
            // Under the lock the process is not reaped yet, so that its ID names no other.
            if inner.outcome.status == nil { kill(identifier, signal) }
        }
    }

    func wait(until condition: @escaping @Sendable (ProcessOutcome) -> Bool) async throws -> ProcessOutcome {
        let number = inner.withLock { inner in
            inner.nextWaiter += 1
            return inner.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                change { $0.waiters[number] = Waiter(condition: condition, continuation: continuation) }
                // A cancellation that came before the waiter did would be lost.
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func cancel(_ number: Int) {
        let waiter = inner.withLock { $0.waiters.removeValue(forKey: number) }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    /// Changes what is known, and wakes those who waited for it.
    private func change(_ body: (inout Inner) -> Void) {
        let (woken, outcome) = inner.withLock { inner in
            body(&inner)
            inner.outcome.isOutputClosed = inner.openOutputs == 0
            let outcome = inner.outcome
            let woken = inner.waiters.filter { $0.value.condition(outcome) }
            for number in woken.keys { inner.waiters[number] = nil }
            return (woken.values.map(\.continuation), outcome)
        }
        for continuation in woken { continuation.resume(returning: outcome) }
    }

    private func read(_ descriptor: Int32, into stream: any WritableKeyPath<ProcessOutcome, [UInt8]> & Sendable) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = readBytes(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            // A terminal that no process has open any more answers with EIO.
            guard count > 0 else { break }
            change { $0.outcome[keyPath: stream] += buffer[..<count] }
        }
        close(descriptor)
        change { $0.openOutputs -= 1 }
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        change { inner in
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            inner.outcome.status = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
        }
    }
}
