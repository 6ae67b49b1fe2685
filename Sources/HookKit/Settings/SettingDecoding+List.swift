extension SettingDecoding {
    /// The entries of a list that is given as a text, from the command line or with an interpolation: what its commas part; `nil` where it is refused.
    ///
    /// One that is empty is refused, since where a variable is not set nobody chose the empty list, and so is one in JSON's or YAML's notation, whose
    /// brackets a pattern would take for a set of characters.
    package mutating func entries(of text: String, _ value: ConfigValue) -> [ConfigValue]? {
        let entries = Self.entries(of: text)
        guard !entries.isEmpty else {
            // Left out it may be everything, which whoever gives an empty list does not expect.
            refuse(value, because: "is empty\(leftOut.map { "; left out, \($0)" } ?? "")")
            return nil
        }
        guard !Self.isBracketed(text) else {
            refuse(value, because: "is written with commas where it is a text: \(key)=\(entries.joined(separator: ","))")
            return nil
        }
        return entries.map { ConfigValue(.text($0), at: value.position) }
    }

    /// The entries of a text, without the signs of another notation around them.
    private static func entries(of text: String) -> [String] {
        guard isBracketed(text) else { return text.split(separator: ",").map(String.init) }
        return text.split { $0 == "," || $0 == "[" || $0 == "]" || $0 == "\"" || $0 == "'" || $0 == " " }.map(String.init)
    }

    /// Says whether a text is a list as JSON and YAML write it: `[a-z]*` is a pattern.
    private static func isBracketed(_ text: String) -> Bool {
        text.hasPrefix("[\"") || text.hasPrefix("['")
            || text.hasPrefix("[") && text.firstIndex(of: "]") == text.index(before: text.endIndex)
    }
}
