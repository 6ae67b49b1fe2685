#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a terminal shows after a program has written to it: enough of one to judge what hook writes, and no more.
///
/// How many columns a letter takes is what the C library says (wcwidth(3)), which knows nothing of hook's own table.
struct TerminalScreen {
    private let columns: Int
    private var rows: [[String]] = [[]]
    private var column = 0
    /// What this terminal does not know; a program that keeps to the plainest sequences leaves this empty.
    private(set) var unknown: [String] = []
    /// How many times a text went on in the next row because it was longer than one.
    private(set) var wraps = 0
    /// How many sequences changed colours.
    private(set) var colours = 0

    /// Shows what was written.
    init(_ bytes: [UInt8], columns: Int) {
        self.columns = columns
        var scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": rows.append([])
            case "\u{1B}": sequence(&scalars)
            default: show(scalar)
            }
        }
    }

    /// The rows without the spaces at their ends.
    var lines: [String] {
        rows.map { row in
            var line = Substring(row.joined())
            while line.last == " " { line.removeLast() }
            return String(line)
        }
    }

    /// The rows, each with its end.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// The columns that the rows take, by this terminal's own count.
    var widths: [Int] { rows.map(\.count) }

    /// The column at which a text begins in the row that holds it; `nil` where no row does.
    func column(of text: String) -> Int? {
        for row in rows {
            if let index = row.indices.first(where: { row[$0...].joined().hasPrefix(text) }) { return index }
        }
        return nil
    }

    /// Control sequences of ECMA-48: colours, and the erasing of a line's end.
    private mutating func sequence(_ scalars: inout Substring.UnicodeScalarView) {
        var text = ""
        while let scalar = scalars.popFirst() {
            text.unicodeScalars.append(scalar)
            if text.count > 1, (0x40...0x7E).contains(scalar.value) { break }
        }
        switch text {
        case "[K", "[0K": if column < rows[rows.count - 1].count { rows[rows.count - 1].removeSubrange(column...) }
        case _ where text.hasPrefix("[") && text.hasSuffix("m"): colours += 1
        default: unknown.append(text)
        }
    }

    private mutating func show(_ scalar: Unicode.Scalar) {
        let width = Self.width(scalar)
        if width < 0 { return unknown.append("\\u{\(String(scalar.value, radix: 16))}") }
        if width == 0 {
            // A mark sits on the letter before it; the second cell of a wide letter is empty.
            if let index = rows[rows.count - 1][..<column].lastIndex(where: { !$0.isEmpty }) {
                rows[rows.count - 1][index].unicodeScalars.append(scalar)
            }
            return
        }
        if column + width > columns {
            rows.append([])
            column = 0
            wraps += 1
        }
        let row = rows.count - 1
        while rows[row].count < column + width { rows[row].append(" ") }
        rows[row][column] = String(Character(scalar))
        if width == 2 { rows[row][column + 1] = "" }
        column += width
    }

    private typealias Width = @convention(c) (wchar_t) -> Int32

    /// `wcwidth(3)`, in a locale that knows all letters, for this call and this thread only.
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        guard let wide = dlsym(nil, "wcwidth"), let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else {
            preconditionFailure("this C library has no wcwidth, or no C.UTF-8")
        }
        let before = uselocale(locale)
        defer {
            uselocale(before)
            freelocale(locale)
        }
        // The type is that of the manual page, which the C library shows only under `_XOPEN_SOURCE`.
        return Int(unsafeBitCast(wide, to: Width.self)(wchar_t(scalar.value)))
    }
}
