/// Why a text is no pattern: it cannot match any reference.
public struct InvalidReferencePattern: Error, Hashable, Sendable, CustomStringConvertible {
    /// One clause: what is wrong, and what to write instead where that is known.
    public let description: String

    init(_ description: String) { self.description = description }

    static let noRegularExpression = InvalidReferencePattern(
        "a pattern is no regular expression; '*' stands for any characters, '?' for one, and it matches the whole reference"
    )

    /// For a character that neither a reference nor a glob holds.
    static func holding(_ scalar: Unicode.Scalar) -> InvalidReferencePattern {
        if "$()|".unicodeScalars.contains(scalar) { return noRegularExpression }
        if scalar.properties.isWhitespace { return InvalidReferencePattern("a reference holds no white space") }
        if scalar.value < 0x20 || scalar.value == 0x7F { return InvalidReferencePattern("a reference holds no control characters") }
        let entry = "'\",{}".unicodeScalars.contains(scalar) ? "; each pattern is an entry of its own" : ""
        return InvalidReferencePattern("a reference holds no '\(scalar)'\(entry)")
    }

    /// For a name that no image has.
    static func name(_ name: String, _ mismatch: Glob.Mismatch, rest: String) -> InvalidReferencePattern {
        // What is proposed is a pattern, or it is not proposed.
        func proposal(_ name: some StringProtocol, _ words: String = "; write") -> String {
            ReferencePattern("\(name)\(rest)") == nil ? "" : "\(words) '\(name)\(rest)'"
        }
        if let scheme = name.firstRange(of: "://") {
            let rest = name[scheme.upperBound...]
            // Of a registry alone, the port would be a tag.
            let own = rest.contains("/") ? proposal(rest) : ""
            return InvalidReferencePattern("a reference has no '\(name[..<scheme.upperBound])' in front\(own)")
        }
        if mismatch == .character("!") {
            return InvalidReferencePattern(
                "a pattern has no negation; what must stay, or may move, is named in 'protect', 'keep' or 'allow'"
            )
        }
        // A set may begin with this sign; elsewhere it is an anchor.
        let hasAnchor = name.replacing("[^", with: "[").contains("^")
        if hasAnchor || [".*", ".+", "\\."].contains(where: name.contains) { return noRegularExpression }
        if name.hasPrefix("/") { return InvalidReferencePattern("a reference does not begin with '/'\(proposal(name.dropFirst()))") }
        if name.hasSuffix("/") {
            return InvalidReferencePattern("a name does not end with '/'\(proposal("\(name)*", "; what lies below is"))")
        }
        if name.contains("//") { return InvalidReferencePattern("a name does not have two '/' in a row") }
        if name != name.lowercased(), !proposal(name.lowercased()).isEmpty {
            return InvalidReferencePattern("a repository's name has no capitals\(proposal(name.lowercased()))")
        }
        return InvalidReferencePattern("no image can have such a name\(reason(mismatch))")
    }

    /// For a tag that no image has.
    static func tag(_ tag: String, _ mismatch: Glob.Mismatch, name: String) -> InvalidReferencePattern {
        if tag.isEmpty { return InvalidReferencePattern("the tag after ':' is empty; '\(name)' names every tag") }
        if mismatch == .character("^") || [".*", ".+"].contains(where: tag.contains) { return noRegularExpression }
        return InvalidReferencePattern("no image can have such a tag\(reason(mismatch))")
    }

    /// For a digest that no image has.
    static let digest = InvalidReferencePattern("a digest is 'sha256:' and 64 hexadecimal digits; '*' stands for those that are left out")

    private static func reason(_ mismatch: Glob.Mismatch) -> String {
        switch mismatch {
        case .character(let scalar): ": '\(scalar)' cannot stand there"
        case .choice: ": nothing that a '?' or '[…]' stands for can stand there"
        case .end: ": it cannot end so"
        case .length: ": it is too long"
        }
    }
}
