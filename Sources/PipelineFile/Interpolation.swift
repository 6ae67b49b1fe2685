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
    struct Mistake: Error, Hashable {
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

    /// Takes a text apart.
    init(_ text: String) throws(Mistake) {
        var scanner = Scanner(bytes: Array(text.utf8))
        segments = try scanner.segments(depth: 0)
        names = scanner.names
    }

    private struct Scanner {
        let bytes: [UInt8]
        var names: [String] = []
        private var index = 0
        private var dollars = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// Reads to the end, or inside of `${` to the `}` that ends it.
        mutating func segments(depth: Int) throws(Mistake) -> [Segment] {
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
                    result.append(.reference(try reference(depth: depth + 1)))
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

        /// Reads a reference from its `{` on.
        private mutating func reference(depth: Int) throws(Mistake) -> Reference {
            let dollar = dollars - 1
            let start = index - 1
            index += 1
            guard depth <= Interpolation.deepest else {
                throw Mistake(message: "more than \(Interpolation.deepest) '${' lie in one another", dollar: dollar)
            }
            let name = String(decoding: bytes[index...].prefix(while: VariableName.isPart), as: UTF8.self)
            index += name.utf8.count
            let operation = String(decoding: bytes[index...].prefix(2), as: UTF8.self)
            guard VariableName.isValid(name), operation.hasPrefix("}") || operation == ":-" || operation == ":?" || operation.isEmpty else {
                throw notUnderstood(from: start, dollar: dollar)
            }
            names.append(name)
            var alternative = Reference.Alternative.none
            if operation == ":-" || operation == ":?" {
                index += 2
                let segments = try segments(depth: depth)
                alternative = operation == ":-" ? .fallback(segments) : .refusal(segments)
            }
            guard index < bytes.count else {
                throw Mistake(message: "'${\(name)' has no '}'; write '$$' for a '$' that stands for itself", dollar: dollar)
            }
            index += 1
            return Reference(name: name, alternative: alternative, dollar: dollar)
        }

        private func notUnderstood(from start: Int, dollar: Int) -> Mistake {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "}")) ?? bytes.count - 1
            let written = String(decoding: bytes[start...end], as: UTF8.self)
            let shown = written.count <= 40 ? written : written.prefix(37) + "..."
            return Mistake(
                message: "'\(shown)' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself",
                dollar: dollar
            )
        }
    }
}
