/// A JSON value, as the checker reads it.
///
/// The marker reads manifests in another way, on purpose.
enum CheckedJSON {
    case object([String: CheckedJSON])
    case array([CheckedJSON])
    case string(String)
    case number(Double)
    case other

    struct Malformed: Error {}

    subscript(name: String) -> CheckedJSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    var list: [CheckedJSON] { if case .array(let elements) = self { elements } else { [] } }

    var text: String? { if case .string(let text) = self { text } else { nil } }

    var integer: Int64? { if case .number(let number) = self { Int64(exactly: number) } else { nil } }

    /// Every text in the value, at any depth.
    var texts: [String] {
        switch self {
        case .object(let members): members.flatMap { [$0.key] + $0.value.texts }
        case .array(let elements): elements.flatMap(\.texts)
        case .string(let text): [text]
        case .number, .other: []
        }
    }

    /// Reads a text that is one value.
    init(_ bytes: [UInt8]) throws(Malformed) {
        var reader = Reader(bytes: bytes)
        self = try reader.value(0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw Malformed() }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func skipSpace() {
            while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func value(_ depth: Int) throws(Malformed) -> CheckedJSON {
            guard depth < 512 else { throw Malformed() }
            if take("{") { return try object(depth) }
            if take("[") { return try array(depth) }
            if take("\"") { return .string(try string()) }
            let start = position
            while position < bytes.count, ![0x2c, 0x5d, 0x7d, 0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) { position += 1 }
            let word = String(decoding: bytes[start..<position], as: UTF8.self)
            if ["true", "false", "null"].contains(word) { return .other }
            guard let number = Double(word) else { throw Malformed() }
            return .number(number)
        }

        private mutating func object(_ depth: Int) throws(Malformed) -> CheckedJSON {
            var members: [String: CheckedJSON] = [:]
            if take("}") { return .object(members) }
            repeat {
                guard take("\"") else { throw Malformed() }
                let name = try string()
                guard take(":") else { throw Malformed() }
                members[name] = try value(depth + 1)
            } while take(",")
            guard take("}") else { throw Malformed() }
            return .object(members)
        }

        private mutating func array(_ depth: Int) throws(Malformed) -> CheckedJSON {
            var elements: [CheckedJSON] = []
            if take("]") { return .array(elements) }
            repeat { elements.append(try value(depth + 1)) } while take(",")
            guard take("]") else { throw Malformed() }
            return .array(elements)
        }

        private mutating func string() throws(Malformed) -> String {
            let start = position
            while position < bytes.count, bytes[position] != 0x22 {
                if bytes[position] == 0x5c { return try escapedString(from: start) }
                position += 1
            }
            guard position < bytes.count else { throw Malformed() }
            position += 1
            return String(decoding: bytes[start..<position - 1], as: UTF8.self)
        }

        private mutating func escapedString(from start: Int) throws(Malformed) -> String {
            var text = Array(bytes[start..<position])
            while position < bytes.count, bytes[position] != 0x22 {
                let byte = bytes[position]
                position += 1
                guard byte == 0x5c else {
                    text.append(byte)
                    continue
                }
                guard position < bytes.count else { throw Malformed() }
                let kind = bytes[position]
                position += 1
                switch Unicode.Scalar(kind) {
                case "n": text.append(0x0a)
                case "t": text.append(0x09)
                case "r": text.append(0x0d)
                case "b": text.append(0x08)
                case "f": text.append(0x0c)
                case "u":
                    guard position + 4 <= bytes.count,
                        let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
                    else { throw Malformed() }
                    position += 4
                    text += Array(String(Unicode.Scalar(code).map(Character.init) ?? "?").utf8)
                default: text.append(kind)
                }
            }
            guard position < bytes.count else { throw Malformed() }
            position += 1
            return String(decoding: text, as: UTF8.self)
        }
    }
}
