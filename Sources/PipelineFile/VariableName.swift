/// The names that `${NAME}` can stand for.
enum VariableName {
    /// The same as a regular expression, for the JSON Schema.
    static let pattern = "^[A-Za-z_][A-Za-z0-9_]*$"

    /// Says whether a text is such a name, as POSIX has it for the shell: letters, digits and `_`, no digit first.
    static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, isStart(first) else { return false }
        return text.utf8.allSatisfy(isPart)
    }

    /// Says whether a name can begin with this byte.
    static func isStart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_")
    }

    /// Says whether a name can hold this byte.
    static func isPart(_ byte: UInt8) -> Bool {
        isStart(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
