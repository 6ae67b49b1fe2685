#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A terminal that a test plays the person at: pty(7).
struct PseudoTerminal {
    /// Our end: what is read here was shown, what is written here was typed.
    let descriptor: Int32
    /// The path of the other end, which a process opens.
    let path: String

    /// Makes a terminal of a size: posix_openpt(3).
    init(_ size: TerminalSize) throws {
        descriptor = try GNUExtensions.openTerminal()
        do {
            path = try GNUExtensions.otherEnd(of: descriptor)
            try Self.resize(descriptor, to: size)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Changes the size; whoever runs in the foreground gets SIGWINCH: ioctl_tty(2) TIOCSWINSZ.
    static func resize(_ descriptor: Int32, to size: TerminalSize) throws {
        var window = winsize()
        window.ws_col = UInt16(size.columns)
        window.ws_row = UInt16(size.rows)
        guard ioctl(descriptor, UInt(TIOCSWINSZ), &window) == 0 else { throw FileFailure("ioctl", "TIOCSWINSZ") }
    }
}
