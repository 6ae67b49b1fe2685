extension Glob {
    /// Why no text of a grammar matches.
    enum Mismatch: Hashable {
        /// This character cannot stand where it does.
        case character(Unicode.Scalar)
        /// No character that the set or the `?` stands for can stand there.
        case choice
        /// A text cannot end there.
        case end
        /// It would be too long.
        case length
    }

    /// Why the glob matches no text of a grammar; `nil` where it matches some.
    func mismatch(with grammar: ReferenceGrammar) -> Mismatch? {
        var states = grammar.start
        for part in parts {
            let next =
                switch part {
                case .anything: grammar.afterAnything(states)
                case .one: grammar.afterOne(states)
                case .scalar(let scalar): grammar.after(scalar, states)
                case .set(let ranges, let negated): grammar.after(states) { own in ranges.contains { $0.contains(own) } != negated }
                }
            guard next != 0 else {
                if case .scalar(let scalar) = part { return .character(scalar) }
                return .choice
            }
            states = next
        }
        guard states & grammar.accepting != 0 else { return .end }
        return parts.count { $0 != .anything } > grammar.longest ? .length : nil
    }

    /// How many characters every text has that the glob matches; `nil` where they differ.
    var onlyLength: Int? { parts.contains(.anything) ? nil : parts.count }
}
