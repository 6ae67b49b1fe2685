import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Our end of a process's input.
final class InputPipe: Sendable {
    private let descriptor: Mutex<Int32?>

    init(_ descriptor: Int32?) { self.descriptor = Mutex(descriptor) }

    /// Writes everything; says whether the process still reads.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        descriptor.withLock { descriptor in
            guard let descriptor else { return false }
            return Self.withoutPipeSignal {
                var written = 0
                while written < bytes.count {
                    let count = bytes[written...].withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return false }
                    written += count
                }
                return true
            }
        }
    }

    /// Changes the size of the terminal at the other end.
    func resize(to size: TerminalSize) throws {
        try descriptor.withLock { descriptor in
            guard let descriptor else { preconditionFailure("the terminal is closed") }
            try PseudoTerminal.resize(descriptor, to: size)
        }
    }

    func close() {
        descriptor.withLock { descriptor in
            if let open = descriptor { closeDescriptor(open) }
            descriptor = nil
        }
    }

    /// Keeps SIGPIPE from this thread, and takes back one that came meanwhile.
    private static func withoutPipeSignal(_ body: () -> Bool) -> Bool {
        var pipeSignal = sigset_t()
        var before = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
        let result = body()
        var noTime = timespec()
        sigtimedwait(&pipeSignal, nil, &noTime)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return result
    }
}
