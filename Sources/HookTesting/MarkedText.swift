/// A text in which `▲` marks places: the places are known without counting, and stay right when the text is edited.
package struct MarkedText {
    /// A marked place.
    package struct Place: Hashable, Sendable {
        /// The line, from 1.
        package let line: Int
        /// The column in Unicode scalars, from 1.
        package let column: Int

        /// Names a place.
        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    /// The text without the marks.
    package private(set) var text = ""
    /// The marked places, in order.
    package private(set) var places: [Place] = []

    /// Takes the marks out of a text.
    package init(_ marked: String) {
        var line = 1
        var column = 1
        for scalar in marked.unicodeScalars {
            if scalar == "▲" {
                places.append(Place(line: line, column: column))
                continue
            }
            text.unicodeScalars.append(scalar)
            column += 1
            if scalar == "\n" { (line, column) = (line + 1, 1) }
        }
    }
}
