/// A scalar's text, taken apart into what stands for itself and what stands for a variable.
///
/// `${NAME}`, `${NAME:-default}`, `${NAME:?message}` as in the shell and in Compose files; `$$` is a `$`, and so is a `$` before anything else.
struct Interpolation: Hashable, Sendable {
    /// A part of a text.
    indirect enum Segment: Hashable, Sendable {
        /// A text that stands for itself.
        case text(String)
        /// A variable.
        case reference(Reference)
    }

    /// A variable in a text.
    struct Reference: Hashable, Sendable {
        /// What to take when the variable is not set, or empty.
        enum Alternative: Hashable, Sendable {
            /// Nothing: a variable that is not set is a mistake, an empty one is empty.
            case none
            /// A default.
            case fallback([Segment])
            /// A mistake, with this message.
            case refusal([Segment])
        }

        /// The variable's name.
        let name: String
        /// What to take instead.
        let alternative: Alternative
        /// Which `$` of the text it is, counted from 0.
        let dollar: Int
    }

    /// A `${` that is not understood.
    struct Mistake: Hashable {
        /// One line, lower case, without a full stop.
        let message: String
        /// Which `$` of the text it is, counted from 0.
        let dollar: Int
    }

    /// How deep defaults may lie in one another.
    private static let deepest = 16

    /// The text's parts, in order.
    let segments: [Segment]
    /// The names of all variables in it, those in defaults included.
    let names: [String]

    /// What is not understood, in order; without it the text is only what is left.
    let mistakes: [Mistake]

    /// Takes a text apart, to its end even where something in it is not understood.
    init(_ text: String) {
        var scanner = Scanner(bytes: Array(text.utf8))
        segments = scanner.segments(depth: 0)
        names = scanner.names
        mistakes = scanner.mistakes
    }

    private struct Scanner {
        let bytes: [UInt8]
        var names: [String] = []
        var mistakes: [Mistake] = []
        private var index = 0
        private var dollars = 0
        private var hasGivenUp = false

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// Reads to the end, or inside of `${` to the `}` that ends it.
        mutating func segments(depth: Int) -> [Segment] {
            var result: [Segment] = []
            var literal: [UInt8] = []
            func flush() {
                guard !literal.isEmpty else { return }
                result.append(.text(String(decoding: literal, as: UTF8.self)))
                literal = []
            }
            while index < bytes.count {
                let byte = bytes[index]
                if byte == UInt8(ascii: "}"), depth > 0 { break }
                index += 1
                guard byte == UInt8(ascii: "$") else {
                    literal.append(byte)
                    continue
                }
                dollars += 1
                if index < bytes.count, bytes[index] == UInt8(ascii: "{") {
                    flush()
                    if let reference = reference(depth: depth + 1) { result.append(.reference(reference)) }
                } else {
                    if index < bytes.count, bytes[index] == UInt8(ascii: "$") {
                        index += 1
                        dollars += 1
                    }
                    literal.append(byte)
                }
            }
            flush()
            return result
        }

        /// Reads a reference from its `{` on; one that is not understood is passed over, and said so.
        private mutating func reference(depth: Int) -> Reference? {
            let dollar = dollars - 1
            let start = index - 1
            index += 1
            guard depth <= Interpolation.deepest else {
                return giveUp("more than \(Interpolation.deepest) '${' lie in one another", dollar)
            }
            let name = String(decoding: bytes[index...].prefix(while: VariableName.isPart), as: UTF8.self)
            index += name.utf8.count
            let operation = String(decoding: bytes[index...].prefix(2), as: UTF8.self)
            guard VariableName.isValid(name), operation.hasPrefix("}") || operation == ":-" || operation == ":?" || operation.isEmpty else {
                return passOver(from: start, dollar: dollar)
            }
            names.append(name)
            var alternative = Reference.Alternative.none
            if operation == ":-" || operation == ":?" {
                index += 2
                let segments = segments(depth: depth)
                alternative = operation == ":-" ? .fallback(segments) : .refusal(segments)
            }
            guard index < bytes.count else {
                return giveUp("'${\(name)' has no '}'; write '$$' for a '$' that stands for itself", dollar)
            }
            index += 1
            return Reference(name: name, alternative: alternative, dollar: dollar)
        }

        /// Leaves the rest of the text alone, of which nothing can be said any more; those that lie around say nothing of it either.
        private mutating func giveUp(_ message: String, _ dollar: Int) -> Reference? {
            if !hasGivenUp { mistakes.append(Mistake(message: message, dollar: dollar)) }
            hasGivenUp = true
            index = bytes.count
            return nil
        }

        private mutating func passOver(from start: Int, dollar: Int) -> Reference? {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "}"))
            let written = String(decoding: bytes[start...(end ?? bytes.count - 1)], as: UTF8.self)
            let shown = written.count <= 40 ? written : written.prefix(37) + "..."
            let message = "'\(shown)' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
            guard let end else { return giveUp(message, dollar) }
            mistakes.append(Mistake(message: message, dollar: dollar))
            dollars += bytes[index..<end].count { $0 == UInt8(ascii: "$") }
            index = end + 1
            return nil
        }
    }
}
