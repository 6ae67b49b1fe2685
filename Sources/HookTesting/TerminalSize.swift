/// The size of a terminal.
package struct TerminalSize: Hashable, Sendable {
    /// How many columns.
    package let columns: Int
    /// How many rows.
    package let rows: Int

    /// Makes a size.
    package init(columns: Int, rows: Int = 24) {
        self.columns = columns
        self.rows = rows
    }
}
