#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The ends of the conversation with hook, taken away from standard input and output.
///
/// A rule, or a library that it uses, may print: from now on that goes to standard error, which is hook's log, and not between the messages. What
/// the plugin starts inherits neither end.
struct StandardStreams {
    /// Messages from hook.
    let input: Int32
    /// Messages to hook.
    let output: Int32

    /// Takes the ends: fcntl(2) F_DUPFD_CLOEXEC, dup2(2).
    static func take() -> StandardStreams {
        let input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0, output >= 0, nothing >= 0, dup2(nothing, STDIN_FILENO) >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
            complain("hook's plugin cannot take over its standard input and output: \(String(cString: strerror(errno)))")
            exit(71)
        }
        close(nothing)
        return StandardStreams(input: input, output: output)
    }

    /// Says whether a person started the plugin, who has nothing to say to it.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Writes a line to standard error: write(2).
    static func complain(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        // There is no other place to complain of a standard error that cannot be written.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    /// Reads lines until hook closes its end: read(2).
    static func readLines(from descriptor: Int32, line: (UnsafeRawBufferPointer) -> Void) {
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            buffer.withUnsafeBytes { all in
                let bytes = UnsafeRawBufferPointer(rebasing: all[..<count])
                var start = 0
                while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                    if rest.isEmpty {
                        line(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                    } else {
                        rest += bytes[start..<end]
                        rest.withUnsafeBytes(line)
                        rest = []
                    }
                    start = end + 1
                }
                rest += bytes[start...]
            }
        }
    }

    /// Ends the process soon, whatever a rule that does not heed its cancellation still does: poll(2), _exit(2).
    static func endSoon() {
        poll(nil, 0, 5000)
        _exit(0)
    }
}
