/// A shell pattern over a text: `*`, `?`, `[a-c]`, `[!a-c]`, and a backslash before a character that stands for itself.
///
/// `*` crosses every character, `/` included. Matching takes time proportional to the product of the two lengths at the worst.
/// Source of the notation: POSIX.1-2017, Shell Command Language, section 2.13 "Pattern Matching Notation".
public struct Glob: Hashable, Sendable, CustomStringConvertible {
    /// A part of a glob.
    enum Part: Hashable, Sendable {
        case anything
        case one
        case scalar(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], negated: Bool)
    }

    /// The pattern as it was written.
    public let description: String
    /// What the glob is made of, in order.
    let parts: [Part]

    /// Takes a pattern; `nil` where a set is not closed, a range runs backwards, or the pattern ends in a backslash.
    public init?(_ text: String) {
        description = text
        var parts: [Part] = []
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*":
                if parts.last != .anything { parts.append(.anything) }
            case "?": parts.append(.one)
            case "\\":
                guard index < scalars.count else { return nil }
                parts.append(.scalar(scalars[index]))
                index += 1
            case "[":
                guard let (part, end) = Self.set(in: scalars, from: index) else { return nil }
                parts.append(part)
                index = end
            default: parts.append(.scalar(scalar))
            }
        }
        self.parts = parts
    }

    /// Says whether the whole text matches.
    public func matches(_ text: String) -> Bool {
        var text = text
        // Names of images are ASCII, of which each byte is a scalar.
        let matches = text.withUTF8 { bytes -> Bool? in
            guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
            return self.matches(bytes.count) { Unicode.Scalar(bytes[$0]) }
        }
        if let matches { return matches }
        let scalars = Array(text.unicodeScalars)
        return self.matches(scalars.count) { scalars[$0] }
    }

    private func matches(_ count: Int, _ scalar: (Int) -> Unicode.Scalar) -> Bool {
        var part = 0
        var position = 0
        var star: (part: Int, position: Int)?
        while position < count {
            if part < parts.count, parts[part] == .anything {
                star = (part, position)
                part += 1
            } else if part < parts.count, Self.matches(parts[part], scalar(position)) {
                part += 1
                position += 1
            } else if let last = star {
                // The last star takes one character more; earlier stars never need to be tried again.
                star = (last.part, last.position + 1)
                part = last.part + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        while part < parts.count, parts[part] == .anything { part += 1 }
        return part == parts.count
    }

    private static func matches(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .anything: false
        case .one: true
        case .scalar(let own): own == scalar
        case .set(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
        }
    }

    private static func set(in scalars: [Unicode.Scalar], from start: Int) -> (Part, end: Int)? {
        var index = start
        var negated = false
        if index < scalars.count, scalars[index] == "!" || scalars[index] == "^" {
            negated = true
            index += 1
        }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while index < scalars.count {
            // A closing bracket directly after the opening one stands for itself.
            if scalars[index] == "]", !ranges.isEmpty { return (.set(ranges, negated: negated), index + 1) }
            let low = scalars[index]
            if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index + 2] != "]" {
                guard low <= scalars[index + 2] else { return nil }
                ranges.append(low...scalars[index + 2])
                index += 3
            } else {
                ranges.append(low...low)
                index += 1
            }
        }
        return nil
    }
}
