extension String {
    /// A text from outside as part of a message: white space and control characters become single spaces, a full stop at the end goes, and 400
    /// characters are enough.
    package var oneLine: String {
        let words = split { $0.isWhitespace || $0.unicodeScalars.contains { $0.properties.generalCategory == .control } }
        var line = words.joined(separator: " ")
        if line.hasSuffix("."), !line.hasSuffix("..") { line.removeLast() }
        return line.count <= 400 ? line : line.prefix(400) + "…"
    }
}
