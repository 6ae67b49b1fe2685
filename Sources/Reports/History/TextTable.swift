/// Rows of cells under headings, in columns that align for wide characters too.
///
/// Where the columns do not fit the terminal, the last ones of each row stand beneath it, wrapped.
struct TextTable {
    /// A row; each cell is harmless text on one line.
    struct Row {
        let cells: [String]
        /// How the first cell is coloured.
        var attribute: TextStyle.Attribute?
    }

    private let headings: [String]
    private let rows: [Row]
    private let options: TextOptions
    private let style: TextStyle

    /// Sets a table.
    init(_ headings: [String], _ rows: [Row], options: TextOptions) {
        self.headings = headings
        self.rows = rows
        self.options = options
        style = TextStyle(usesColour: options.usesColour)
    }

    /// The lines, without spaces at their ends.
    var lines: [String] {
        let widths = headings.indices.map { column in
            max(ColumnWidth.of(headings[column]), rows.map { ColumnWidth.of($0.cells[column]) }.max() ?? 0)
        }
        var inline = headings.count
        if let width = options.width {
            // Two columns at least stay side by side: the thing and one word of it.
            while inline > 2, widths.prefix(inline).reduce(2, +) + (inline - 1) * 2 > width { inline -= 1 }
        }
        var lines = [style(.dim, line(Array(headings.prefix(inline)), widths, nil))]
        for row in rows {
            lines.append(line(Array(row.cells.prefix(inline)), widths, row.attribute))
            for (heading, cell) in zip(headings, row.cells).dropFirst(inline) where !cell.isEmpty {
                let label = heading.lowercased() + ": "
                let wrapped = (label + cell).wrapped(toColumns: options.width.map { $0 - 6 })
                for (index, part) in wrapped.enumerated() { lines.append((index == 0 ? "    " : "      ") + part) }
            }
        }
        return lines
    }

    private func line(_ cells: [String], _ widths: [Int], _ attribute: TextStyle.Attribute?) -> String {
        var line = "  "
        for (column, cell) in cells.enumerated() {
            let shown = attribute.map { column == 0 ? style($0, cell) : cell } ?? cell
            let isLast = column == cells.count - 1
            line += shown + (isLast ? "" : String(repeating: " ", count: widths[column] - ColumnWidth.of(cell) + 2))
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
