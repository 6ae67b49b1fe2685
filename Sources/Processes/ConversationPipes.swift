import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The pipes of a conversation with a program, and one that wakes whoever waits for them.
struct ConversationPipes: Sendable {
    typealias Ends = (read: Int32, write: Int32)

    /// What the program reads.
    let input: Ends
    /// What it writes.
    let output: Ends
    /// What it writes to its standard error.
    let error: Ends
    /// Wakes the pump.
    let wake: Ends

    /// Makes the pipes: our ends do not block, and no other program inherits any.
    init() throws(CommandError) {
        var made: [Ends] = []
        for _ in 0..<4 {
            guard let ends = Self.pipe() else {
                let reason = String(cString: strerror(errno))
                for ends in made { for end in [ends.read, ends.write] { close(end) } }
                throw CommandError("there is no pipe for it: \(reason)")
            }
            made.append(ends)
        }
        (input, output, error, wake) = (made[0], made[1], made[2], made[3])
        for descriptor in [input.write, output.read, error.read, wake.read, wake.write] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
    }

    /// Closes our ends.
    func closeOurs() {
        for descriptor in [output.read, error.read, wake.read, wake.write] { close(descriptor) }
    }

    /// `pipe(2)`, each end with `FD_CLOEXEC`.
    ///
    /// Every program that is started here closes what it does not know: between the two calls no end can be inherited.
    private static func pipe() -> Ends? {
        var ends: [Int32] = [-1, -1]
        guard systemPipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 {
    #if canImport(Glibc)
        Glibc.pipe(ends)
    #else
        Darwin.pipe(ends)
    #endif
}
