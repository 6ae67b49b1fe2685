/// The bytes of JSON on one line, written as they are made, without a tree of values in between.
package struct JSONLine: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []

    /// Makes an empty line.
    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Ends the line.
    package mutating func end() { bytes.append(UInt8(ascii: "\n")) }

    /// Writes text that is JSON already: brackets, names and commas.
    package mutating func append(literal text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes a whole number.
    package mutating func append(number: Int) {
        if number >= 0, number < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    /// Writes a text in quotes.
    package mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: utf8[start..<index])
                start = index + 1
                escape(byte)
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes any value.
    package mutating func append(value: JSONValue) {
        switch value {
        case .string(let text): append(quoted: text)
        case .integer(let number): append(number: number)
        case .null: append(literal: "null")
        case .boolean(let flag): append(literal: flag ? "true" : "false")
        case .number(let number):
            if number.isFinite { bytes.append(contentsOf: String(number).utf8) } else { append(literal: "null") }
        case .array(let elements):
            append(literal: "[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(literal: ",") }
                append(value: element)
            }
            append(literal: "]")
        case .object(let members):
            append(literal: "{")
            for (index, member) in members.enumerated() {
                if index > 0 { append(literal: ",") }
                append(quoted: member.name)
                append(literal: ":")
                append(value: member.value)
            }
            append(literal: "}")
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(literal: "\\\"")
        case UInt8(ascii: "\\"): append(literal: "\\\\")
        case 0x0a: append(literal: "\\n")
        case 0x0d: append(literal: "\\r")
        case 0x09: append(literal: "\\t")
        default:
            append(literal: "\\u00")
            for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10) }
        }
    }
}
