#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What an output is: a terminal with a width, or not one.
struct TerminalDescription: Sendable {
    /// The width in columns; `nil` where the output is no terminal.
    let width: Int?
    /// Whether colours may be used: on a terminal that can, and where NO_COLOR (no-color.org) does not forbid it.
    let allowsColor: Bool
    /// Whether a line may be erased and drawn anew: on a terminal that can.
    let allowsDrawing: Bool

    /// Looks at an open descriptor: isatty(3), ioctl_tty(2) TIOCGWINSZ.
    init(descriptor: Int32, environment: [String: String]) {
        width = Self.width(of: descriptor)
        // A terminal without a name is one of which nothing is known.
        let name = environment["TERM"] ?? ""
        allowsDrawing = width != nil && !name.isEmpty && name != "dumb"
        allowsColor = allowsDrawing && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// The width in columns now; `nil` where the descriptor is no terminal.
    static func width(of descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
