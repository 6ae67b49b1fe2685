import HookKit
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Carries bytes between us and a program, on a thread of its own, so that neither a program that does not read nor one that writes without end
/// holds anybody up.
final class ConversationPump: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var isInputClosed = false
        var mustFinish = false
        var isFinished = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// How much is read at a time.
    private static let bufferSize = 1 << 18
    /// The most that a pipe holds: proc_sys_fs(5), pipe-max-size.
    private static let pipeCapacity = 1 << 20

    private let pipes: ConversationPipes
    private let listener: ProgramConversation.Listener
    private let state = Mutex(State())

    init(_ pipes: ConversationPipes, listener: ProgramConversation.Listener) {
        self.pipes = pipes
        self.listener = listener
    }

    /// Begins to carry.
    func start() {
        BackgroundThread.start { self.carry() }
    }

    /// Closes everything, where no program was started; the program's ends are closed whether it starts or not.
    func discard() {
        close(pipes.input.write)
        pipes.closeOurs()
    }

    /// Hands bytes to the program.
    func write(_ bytes: [UInt8]) {
        state.withLock { state in
            if !state.isInputClosed, !state.isFinished { state.waiting += bytes }
        }
        wakeUp()
    }

    /// Closes the program's input, when it has read everything, or not any more.
    func closeInput() {
        state.withLock { $0.isInputClosed = true }
        wakeUp()
    }

    /// Hands over what the program has written until now, and no more.
    func finish() {
        state.withLock { $0.mustFinish = true }
        wakeUp()
    }

    /// Returns when nothing will be handed over any more.
    func finished() async {
        finish()
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.waiter = continuation }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    private func wakeUp() {
        // The lock keeps the descriptor open while it is written to.
        state.withLock { state in
            guard !state.isFinished else { return }
            var byte: UInt8 = 1
            // A pipe that is full of wake-up calls wakes as well.
            _ = systemWrite(pipes.wake.write, &byte, 1)
        }
    }

    // MARK: The thread

    private func carry() {
        Self.blockSignals()
        #if os(Linux)
            // F_SETPIPE_SZ, which the headers show under `_GNU_SOURCE` only; with a smaller pipe there are more system calls.
            _ = fcntl(pipes.output.read, 1031, Int32(Self.pipeCapacity))
        #endif
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        var (readsOutput, readsError, writesInput) = (true, true, true)
        var unwritten: ArraySlice<UInt8> = []
        while true {
            let (isClosed, mustFinish) = state.withLock { state in
                if unwritten.isEmpty, !state.waiting.isEmpty {
                    unwritten = state.waiting[...]
                    state.waiting = []
                }
                return (state.isInputClosed, state.mustFinish)
            }
            if writesInput, (isClosed && unwritten.isEmpty) || mustFinish {
                close(pipes.input.write)
                writesInput = false
            }
            if !writesInput { unwritten = [] }
            if mustFinish { break }
            var waits = [pollfd(fd: pipes.wake.read, events: Int16(POLLIN), revents: 0)]
            waits.append(pollfd(fd: readsOutput ? pipes.output.read : -1, events: Int16(POLLIN), revents: 0))
            waits.append(pollfd(fd: readsError ? pipes.error.read : -1, events: Int16(POLLIN), revents: 0))
            waits.append(pollfd(fd: writesInput ? pipes.input.write : -1, events: unwritten.isEmpty ? 0 : Int16(POLLOUT), revents: 0))
            guard poll(&waits, nfds_t(waits.count), -1) > 0 else { continue }
            if waits[0].revents != 0 { _ = read(pipes.wake.read, &buffer, buffer.count) }
            if waits[3].revents != 0 { writesInput = write(&unwritten) }
            // Standard error first: it is few, and says why the output ends.
            if waits[2].revents != 0 { readsError = take(pipes.error.read, &buffer, listener.error) }
            if waits[1].revents != 0 {
                readsOutput = take(pipes.output.read, &buffer, listener.output)
                if !readsOutput { listener.outputEnded() }
            }
        }
        if readsError { drain(pipes.error.read, &buffer, listener.error) }
        if readsOutput {
            drain(pipes.output.read, &buffer, listener.output)
            listener.outputEnded()
        }
        let waiter = state.withLock { state in
            state.isFinished = true
            pipes.closeOurs()
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Hands over what can be read now; says whether there may be more.
    private func take(_ descriptor: Int32, _ buffer: inout [UInt8], _ take: (UnsafeRawBufferPointer) -> Void) -> Bool {
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return true
    }

    /// Hands over what was written until now, and at most as much as a pipe holds: somebody may still write.
    private func drain(_ descriptor: Int32, _ buffer: inout [UInt8], _ take: (UnsafeRawBufferPointer) -> Void) {
        var left = Self.pipeCapacity
        while left > 0 {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            left -= count
            buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    /// Writes what the pipe takes; says whether the program still reads.
    private func write(_ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard !bytes.isEmpty else {
            // Only an error is reported without having been asked for.
            close(pipes.input.write)
            return false
        }
        let count = bytes.withUnsafeBytes { systemWrite(pipes.input.write, $0.baseAddress, $0.count) }
        if count >= 0 {
            bytes = bytes.dropFirst(count)
            return true
        }
        if errno == EAGAIN || errno == EINTR { return true }
        close(pipes.input.write)
        return false
    }

    /// A program that does not read any more sends SIGPIPE to the thread that writes, which must not end the process: pthread_sigmask(3).
    private static func blockSignals() {
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
