/// Texts set to a number of terminal columns.
extension String {
    /// The text with spaces behind it up to a number of columns.
    func padded(toColumns columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - ColumnWidth.of(self)))
    }

    /// The text with spaces before it up to a number of columns.
    func leftPadded(toColumns columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - ColumnWidth.of(self))) + self
    }

    /// The text, cut with an ellipsis where it takes more than a number of columns.
    func cut(toColumns columns: Int) -> String {
        guard columns > 0 else { return "" }
        guard ColumnWidth.of(self) > columns else { return self }
        var out = ""
        var used = 0
        for character in self {
            let width = ColumnWidth.of(character)
            guard used + width <= columns - 1 else { break }
            out.append(character)
            used += width
        }
        return out + "…"
    }

    /// The text in lines of at most a number of columns: broken at spaces, and within a word that is longer than a line.
    ///
    /// `nil` columns leave it on one line.
    func wrapped(toColumns columns: Int?) -> [String] {
        guard let columns = columns.map({ max(2, $0) }), ColumnWidth.of(self) > columns else { return [self] }
        var lines: [String] = []
        var line = ""
        var used = 0
        var isFresh = true
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            let width = ColumnWidth.of(String(word))
            if !isFresh, used + 1 + width > columns {
                lines.append(line)
                (line, used) = ("", 0)
            } else if !isFresh {
                line += " "
                used += 1
            }
            isFresh = false
            if width <= columns {
                line += word
                used += width
                continue
            }
            for character in word {
                let width = ColumnWidth.of(character)
                if used + width > columns {
                    lines.append(line)
                    (line, used) = ("", 0)
                }
                line.append(character)
                used += width
            }
        }
        lines.append(line)
        return lines
    }
}
