import Processes

/// The end of a plugin's standard error, for messages, and its lines for the log, as many as anybody reads.
struct ErrorTail {
    private static let keptLines = 3
    private static let longestQuote = 400
    private static let mostLogged = 1000

    private var splitter = LineSplitter(longestLine: 4096)
    private var last: [String] = []
    private var unlogged: [String] = []
    private var logged = 0
    private var dropped = 0

    /// Takes bytes of the standard error.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var lines: [String] = []
        splitter.add(bytes) { lines.append($0) }
        for line in lines { keep(line) }
    }

    /// Takes the last line, where it did not end.
    mutating func finish() {
        var lines: [String] = []
        splitter.finish { lines.append($0) }
        for line in lines { keep(line) }
    }

    private mutating func keep(_ line: String) {
        guard line.contains(where: { !$0.isWhitespace }) else { return }
        if last.count == Self.keptLines { last.removeFirst() }
        last.append(line)
        if logged < Self.mostLogged {
            logged += 1
            unlogged.append(line)
        } else {
            dropped += 1
        }
    }

    /// The lines for the log that were not taken yet.
    mutating func takeUnlogged() -> [String] {
        defer { unlogged = [] }
        return unlogged
    }

    /// How many lines were left out of the log; from now on lines are logged again.
    mutating func takeDropped() -> Int {
        defer { (dropped, logged) = (0, 0) }
        return dropped
    }

    /// The end of the standard error for a message: `; its standard error ends with: 'a | b'`.
    var quote: String {
        let text = last.joined(separator: " | ")
        guard !text.isEmpty else { return "; it wrote nothing to its standard error" }
        let shown = text.count <= Self.longestQuote ? text : "..." + text.suffix(Self.longestQuote)
        return "; its standard error ends with: '\(shown)'"
    }
}
