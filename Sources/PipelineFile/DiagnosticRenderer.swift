package import HookKit
import YAML

/// Prints diagnostics in the form that editors read, each with its line of the file and a caret beneath the place.
///
///     pipeline.yml:12:9: error: prune has no setting 'older-then'; did you mean 'older-than'?
///             older-then: 24h
///             ^
package struct DiagnosticRenderer: Sendable {
    /// How many diagnostics are printed.
    private static let most = 100
    /// How long a printed message may be, in scalars.
    private static let longestMessage = 500
    /// How much of a line is printed before and after the place, in scalars.
    private static let window = 100

    /// The file, as the user named it.
    package let file: String
    private let source: YAMLSource?

    /// Prints for a file; without its text, only messages and places are printed.
    init(file: String, source: YAMLSource?) {
        self.file = file
        self.source = source
    }

    /// The diagnostics, one after the other, each ending in a line end.
    package func text(for diagnostics: [Diagnostic]) -> String {
        var result = ""
        for diagnostic in diagnostics.prefix(Self.most) {
            result += line(diagnostic.severity, diagnostic.message, at: diagnostic.position)
            for note in diagnostic.notes { result += line(.note, note.message, at: note.position) }
        }
        let left = diagnostics.count - Self.most
        if left > 0 { result += line(.note, "\(left) more \(left == 1 ? "message is" : "messages are") not shown", at: nil) }
        return result
    }

    private func line(_ severity: Diagnostic.Severity, _ message: String, at position: SourcePosition?) -> String {
        let place = position.map { ":\($0.line):\($0.column)" } ?? ""
        return "\(Self.visible(file, most: .max))\(place): \(severity.rawValue): \(Self.visible(message, most: Self.longestMessage))\n"
            + (position.map(excerpt) ?? "")
    }

    /// The line of the file with a caret beneath the place, or nothing where the line is empty.
    private func excerpt(at position: SourcePosition) -> String {
        let place = position.column - 1
        let first = max(0, place - Self.window)
        let last = place + Self.window
        let part = source?.line(position.line, from: first + 1, upTo: last - first + 1)
        guard let part, part.contains(where: { !$0.isWhitespace }) else { return "" }
        let scalars = Array(part.unicodeScalars)
        var shown = first > 0 ? "..." : ""
        var caret = first > 0 ? "   " : ""
        for (index, scalar) in scalars.prefix(last - first).enumerated() {
            let isShown = !Self.isInvisible(scalar) || scalar == "\t"
            shown.unicodeScalars.append(isShown ? scalar : "\u{fffd}")
            guard first + index < place else { continue }
            // A tab moves the caret as far as it moves the text above, whatever the terminal's tab stops are.
            caret += scalar == "\t" ? "\t" : String(repeating: " ", count: isShown ? TerminalWidth.columns(of: scalar) : 1)
        }
        return shown + (scalars.count > last - first ? "..." : "") + "\n" + caret + "^\n"
    }

    /// A text on one line in which nothing moves the cursor or changes the terminal's state.
    private static func visible(_ text: String, most: Int) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < most else { return result + "..." }
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where isInvisible(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Controls, line and paragraph separators, and what turns the direction of writing around.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
