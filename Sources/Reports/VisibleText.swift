/// Texts from outside, made harmless: what an image's name or label holds must neither steer a terminal nor break a document.
///
/// Control characters become their pictures (`␛`), and what has no picture its number (`\u{9b}`): so do format characters, which turn
/// the direction of a line around or hide in it, and the code points that are no characters. XML 1.0 forbids a part of these.
enum VisibleText {
    /// The text on one line: a line feed is shown as `␊`, a tab as `␉`.
    ///
    /// What is longer than `limit` Unicode scalars is cut, and says how much is missing.
    static func line(_ text: String, limit: Int = 4000) -> String {
        if isPlain(text, limit: limit) { return text }
        let (kept, rest) = bounded(text, limit: limit)
        return visible(kept, tab: "␉") + (rest.map { " " + $0 } ?? "")
    }

    /// The text in its lines, without their ends: each one harmless, and a tab shown as spaces.
    ///
    /// What is longer than `limit` Unicode scalars is cut, and the last line says how much is missing.
    static func lines(_ text: String, limit: Int = 50_000) -> [String] {
        if isPlain(text, limit: limit) { return [text] }
        let (kept, rest) = bounded(text, limit: limit)
        let lines = kept.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            visible(line.last == "\r" ? line.dropLast() : line, tab: "    ")
        }
        return lines + (rest.map { [$0] } ?? [])
    }

    /// How many lines `lines` gives.
    static func lineCount(_ text: String, limit: Int = 50_000) -> Int {
        if text.utf8.count > limit { return lines(text, limit: limit).count }
        let count = { (bytes: UnsafeBufferPointer<UInt8>) in bytes.reduce(1) { $0 &+ ($1 == 0x0A ? 1 : 0) } }
        // A text of another kind than Swift's own may lie in pieces.
        return text.utf8.withContiguousStorageIfAvailable(count) ?? text.utf8.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    }

    private static func bounded(_ text: String, limit: Int) -> (kept: Substring.UnicodeScalarView, rest: String?) {
        let kept = text.unicodeScalars.prefix(limit)
        // Bytes, because counting the characters of a hundred megabytes would take longer than the rest of the report.
        let rest = text.utf8.distance(from: kept.endIndex, to: text.utf8.endIndex)
        return (kept, rest == 0 ? nil : "… \(rest) more bytes")
    }

    private static func visible(_ scalars: Substring.UnicodeScalarView, tab: String) -> String {
        // A mark without a letter would sit on whatever stands before the text; a dotted circle is its customary place.
        var out = scalars.first.map(isMark) == true ? "◌" : ""
        for scalar in scalars {
            if scalar == "\t" { out += tab } else { append(scalar, to: &out) }
        }
        return out
    }

    /// Says whether a scalar is no sign on paper: a control or format character, or no character at all.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20..<0x7F: return false
        // Zero-width joiners make emoji, and letters in several scripts.
        case 0x200C, 0x200D: return false
        // The last two code points of every plane, and 32 in the middle of the first, are no characters.
        case let value where value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(value): return true
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
            default: return false
            }
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: true
        default: scalar.value == 0x200C || scalar.value == 0x200D
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
        switch scalar.value {
        case 0..<0x20: picture(0x2400 + scalar.value, to: &out)
        case 0x7F: picture(0x2421, to: &out)
        default: if isHidden(scalar) { number(scalar, to: &out) } else { out.unicodeScalars.append(scalar) }
        }
    }

    private static func picture(_ value: UInt32, to out: inout String) {
        if let scalar = Unicode.Scalar(value) { out.unicodeScalars.append(scalar) }
    }

    private static func number(_ scalar: Unicode.Scalar, to out: inout String) {
        out += "\\u{" + String(scalar.value, radix: 16) + "}"
    }

    /// Says whether the text is short, printable ASCII, as nearly every text is.
    private static func isPlain(_ text: String, limit: Int) -> Bool {
        text.utf8.count <= limit && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }
}
