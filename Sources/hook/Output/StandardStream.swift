import ArgumentParser
import Processes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output or standard error, written whole; the only way in which hook writes to the terminal.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Why not everything was written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Opens /dev/null in place of those of the first three descriptors that are closed: fcntl(2), open(2).
    ///
    /// What is opened next would get their numbers otherwise, and what is said would go into it. Standard output and standard error cannot be written
    /// then, as if they were still closed; standard input is empty.
    static func fillGaps() {
        // From the lowest, since open(2) gives the lowest number that is free.
        for descriptor in 0...rawMaximum where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF { _ = open("/dev/null", O_RDONLY) }
    }

    private static let rawMaximum = StandardStream.error.rawValue

    /// Writes all bytes, write(2), waiting where a pipe takes no more for now, poll(2); what kept it from that.
    ///
    /// A reader that has gone away is no failure, and no reason to stop a run in the middle of its work.
    @discardableResult
    func write(_ bytes: some Collection<UInt8>) -> Failure? {
        guard !bytes.isEmpty else { return nil }
        let bytes = Array(bytes)
        return bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = withoutPipeSignal { systemWrite(rawValue, buffer.baseAddress.map { $0 + offset }, buffer.count - offset) }
                if count > 0 {
                    offset += count
                } else if count < 0 {
                    switch errno {
                    case EINTR: break
                    case EPIPE: return nil
                    case EAGAIN:
                        var room = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                        // What keeps it from waiting, the next write says.
                        _ = poll(&room, 1, -1)
                    case let code:
                        let name = self == .output ? "standard output" : "standard error"
                        return Failure(description: "\(name) cannot be written: \(String(cString: strerror(code)))")
                    }
                }
            }
            return nil
        }
    }

    /// Writes a text; what kept it from that.
    @discardableResult
    func write(_ text: String) -> Failure? { write(Array(text.utf8)) }

    /// Writes a command's result to standard output; where that cannot be, says so and ends the command with exit code 69.
    static func show(_ bytes: some Collection<UInt8>) throws {
        guard let failure = output.write(bytes) else { return }
        error.write("hook: error: \(failure)\n")
        throw ExitCode(69)
    }

    /// Writes a command's result as a text.
    static func show(_ text: String) throws { try show(Array(text.utf8)) }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
