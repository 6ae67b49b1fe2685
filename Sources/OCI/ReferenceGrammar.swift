/// What a part of a reference may be, as an automaton that stands in several states at once.
///
/// It tells patterns that match something from those that never can. Where it does not count (ports, digests), it allows more than the grammar
/// does, and never less. Source: the same grammar as `ImageReference`.
struct ReferenceGrammar: Sendable {
    /// States, a bit each; none where nothing can stand.
    typealias States = UInt32

    /// Where a reading begins.
    let start: States
    /// Where a reading may end.
    let accepting: States
    /// The most bytes that a text may have.
    let longest: Int
    /// For every byte of ASCII, the states that follow each state.
    private let table: [[States]]
    /// The states that follow each state after one character, whichever it is.
    private let anyCharacter: [States]

    private init(stateCount: Int, start: States, accepting: States, longest: Int, next: (Int, UInt8) -> States) {
        self.start = start
        self.accepting = accepting
        self.longest = longest
        let table = (0..<128).map { byte in (0..<stateCount).map { next($0, byte) } }
        self.table = table
        anyCharacter = (0..<stateCount).map { state in table.reduce(0) { $0 | $1[state] } }
    }

    /// The same with another beginning.
    private init(_ other: ReferenceGrammar, start: States) {
        self.start = start
        (accepting, longest, table, anyCharacter) = (other.accepting, other.longest, other.table, other.anyCharacter)
    }

    /// The states after a character.
    func after(_ scalar: Unicode.Scalar, _ states: States) -> States {
        scalar.isASCII ? Self.union(table[Int(scalar.value)], of: states) : 0
    }

    /// The states after any character that is wanted.
    func after(_ states: States, where isWanted: (Unicode.Scalar) -> Bool) -> States {
        var result: States = 0
        for byte in 0..<UInt8(128) where isWanted(Unicode.Scalar(byte)) { result |= Self.union(table[Int(byte)], of: states) }
        return result
    }

    /// The states after one character, whichever it is.
    func afterOne(_ states: States) -> States { Self.union(anyCharacter, of: states) }

    /// The states after any number of any characters.
    func afterAnything(_ states: States) -> States {
        var states = states
        while true {
            let more = states | afterOne(states)
            if more == states { return states }
            states = more
        }
    }

    /// What follows any of these states.
    private static func union(_ next: [States], of states: States) -> States {
        var (result, rest): (States, States) = (0, states)
        while rest != 0 {
            result |= next[rest.trailingZeroBitCount]
            rest &= rest - 1
        }
        return result
    }

    // MARK: The parts of a reference

    private enum Name: Int, CaseIterable {
        /// Of a path's component: its begin, within a word, and after what may separate two words.
        case component, word, dot, underscore, underscores, dash
        /// Of a host's label.
        case label, labelWord, labelDash
        /// After a host's colon, and how many digits of the port there are.
        case port, digit1, digit2, digit3, digit4, digit5
        /// Of an address in brackets.
        case address, bracket, number, closed

        var bit: States { 1 << rawValue }

        /// The states after a byte.
        func after(_ byte: UInt8) -> States {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit
            let isAlphanumeric = isLower || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            let isNumber = Digest.isLowerHex(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte) || byte == UInt8(ascii: ":")
            let next: Name? =
                switch (self, byte) {
                case (.component, _) where isLower, (.word, _) where isLower, (.dot, _) where isLower, (.underscore, _) where isLower,
                    (.underscores, _) where isLower, (.dash, _) where isLower:
                    .word
                case (.word, UInt8(ascii: ".")): .dot
                case (.word, UInt8(ascii: "_")): .underscore
                case (.underscore, UInt8(ascii: "_")): .underscores
                case (.word, UInt8(ascii: "-")), (.dash, UInt8(ascii: "-")): .dash
                case (.label, _) where isAlphanumeric, (.labelWord, _) where isAlphanumeric, (.labelDash, _) where isAlphanumeric:
                    .labelWord
                case (.labelWord, UInt8(ascii: "-")), (.labelDash, UInt8(ascii: "-")): .labelDash
                case (.labelWord, UInt8(ascii: ".")): .label
                case (.labelWord, UInt8(ascii: ":")), (.closed, UInt8(ascii: ":")): .port
                case (.port, _) where isDigit, (.digit1, _) where isDigit, (.digit2, _) where isDigit, (.digit3, _) where isDigit,
                    (.digit4, _) where isDigit:
                    Name(rawValue: rawValue + 1)
                case (.address, UInt8(ascii: "[")): .bracket
                case (.bracket, _) where isNumber, (.number, _) where isNumber: .number
                case (.number, UInt8(ascii: "]")): .closed
                case (.word, UInt8(ascii: "/")), (.labelWord, UInt8(ascii: "/")), (.digit1, UInt8(ascii: "/")),
                    (.digit2, UInt8(ascii: "/")),
                    (.digit3, UInt8(ascii: "/")), (.digit4, UInt8(ascii: "/")), (.digit5, UInt8(ascii: "/")), (.closed, UInt8(ascii: "/")):
                    .component
                default: nil
                }
            return next?.bit ?? 0
        }
    }

    /// A name with or without a registry: `shop/api`, `registry.local:5000/shop/api`.
    static let name = ReferenceGrammar(
        stateCount: Name.allCases.count,
        start: Name.component.bit | Name.label.bit | Name.address.bit,
        accepting: Name.word.bit,
        longest: 254,
        next: { state, byte in Name(rawValue: state)?.after(byte) ?? 0 }
    )

    /// A repository as its registry calls it: `shop/api`.
    static let path = ReferenceGrammar(name, start: Name.component.bit)

    /// A tag.
    static let tag = ReferenceGrammar(stateCount: 2, start: 0b01, accepting: 0b10, longest: 128) { state, byte in
        let isWord = "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8.contains(byte)
        return isWord || (state == 1 && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-"))) ? 0b10 : 0
    }

    /// A digest, of whatever length.
    static let digest: ReferenceGrammar = {
        let words = Digest.Algorithm.allCases.map { Array("\($0.rawValue):".utf8) }
        // One state before each byte of each word, and one in the digits that follow.
        let digits = words.reduce(0) { $0 + $1.count }
        let starts = words.indices.map { number in words[..<number].reduce(0) { $0 + $1.count } }
        return ReferenceGrammar(
            stateCount: digits + 1,
            start: starts.reduce(0) { $0 | 1 << $1 },
            accepting: 1 << digits,
            longest: Digest.Algorithm.allCases.map { $0.rawValue.utf8.count + 1 + $0.hexCount }.max() ?? 0
        ) { state, byte in
            if state == digits { return Digest.isLowerHex(byte) ? 1 << digits : 0 }
            guard let word = words.indices.last(where: { starts[$0] <= state }), words[word][state - starts[word]] == byte else { return 0 }
            return 1 << (state - starts[word] == words[word].count - 1 ? digits : state + 1)
        }
    }()
}
