/// Why a text is no JSON.
public struct JSONMistake: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and at which byte, counted from 0.
    public let description: String
}

extension JSONValue {
    /// Reads one JSON document and nothing after it.
    public init(reading text: String) throws(JSONMistake) {
        var text = text
        // The closure of `withUTF8` cannot throw a type of its own.
        let result = text.withUTF8 { bytes in
            Result { () throws(JSONMistake) in try JSONValue(reading: UnsafeRawBufferPointer(bytes)) }
        }
        self = try result.get()
    }

    /// Reads one JSON document and nothing after it.
    ///
    /// Source: RFC 8259. Bytes that are no UTF-8 are replaced by U+FFFD; values may lie 128 deep in one another; of two members of one name the
    /// first is found.
    package init(reading bytes: UnsafeRawBufferPointer) throws(JSONMistake) {
        var reader = JSONReader(bytes)
        self = try reader.document()
    }
}

/// Reads JSON from bytes.
private struct JSONReader {
    private static let deepest = 128

    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func document() throws(JSONMistake) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw mistake("there is more after the value") }
        return result
    }

    private func mistake(_ text: String) -> JSONMistake { JSONMistake(description: "\(text), at byte \(index)") }

    private mutating func skipSpace() {
        while index < bytes.count, bytes[index] <= 0x20 {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONMistake) -> JSONValue {
        guard depth <= Self.deepest else { throw mistake("values lie more than \(Self.deepest) deep in one another") }
        skipSpace()
        guard index < bytes.count else { throw mistake("a value is missing") }
        switch bytes[index] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw mistake("this is no value")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONMistake) -> JSONValue {
        guard bytes.count - index >= text.utf8CodeUnitCount else { throw mistake("this is no value") }
        for offset in 0..<text.utf8CodeUnitCount where bytes[index + offset] != text.utf8Start[offset] {
            throw mistake("this is no value")
        }
        index += text.utf8CodeUnitCount
        return value
    }

    private mutating func object(depth: Int) throws(JSONMistake) -> JSONValue {
        index += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw mistake("a member's name is missing") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw mistake("a ':' is missing") }
            // Most objects of the protocol have some members more than the first growth of an array holds.
            if members.isEmpty { members.reserveCapacity(8) }
            members.append(.init(name, try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw mistake("a ',' or '}' is missing") }
            return .object(members)
        }
    }

    private mutating func array(depth: Int) throws(JSONMistake) -> JSONValue {
        index += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw mistake("a ',' or ']' is missing") }
            return .array(elements)
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    // MARK: Texts

    private mutating func string() throws(JSONMistake) -> String {
        index += 1
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                defer { index += 1 }
                return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw mistake("a control character stands in a text")
            default: index += 1
            }
        }
        throw mistake("a text has no end")
    }

    private mutating func escapedString(from start: Int) throws(JSONMistake) -> String {
        var text = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &text)
            case 0..<0x20: throw mistake("a control character stands in a text")
            default:
                text.append(byte)
                index += 1
            }
        }
        throw mistake("a text has no end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONMistake) {
        guard index < bytes.count else { throw mistake("a text has no end") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "u"):
            let scalar = try unicodeEscape()
            text += Array(String(Character(scalar)).utf8)
        default: throw mistake("'\\\(Unicode.Scalar(byte))' is no escape")
        }
    }

    /// The scalar of `\uXXXX`, or of two of them that make a surrogate pair; half a pair stands for U+FFFD.
    private mutating func unicodeEscape() throws(JSONMistake) -> Unicode.Scalar {
        let first = try hexadecimal()
        guard (0xd800...0xdbff).contains(first) else { return Unicode.Scalar(first) ?? "\u{fffd}" }
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else { return "\u{fffd}" }
        let before = index
        index += 2
        let second = try hexadecimal()
        guard (0xdc00...0xdfff).contains(second) else {
            index = before
            return "\u{fffd}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func hexadecimal() throws(JSONMistake) -> UInt32 {
        guard bytes.count - index >= 4 else { throw mistake("'\\u' wants four hexadecimal digits") }
        var result: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[index] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[index] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[index] - UInt8(ascii: "A") + 10
            default: throw mistake("'\\u' wants four hexadecimal digits")
            }
            result = result << 4 + UInt32(digit)
            index += 1
        }
        return result
    }

    // MARK: Numbers

    private mutating func number() throws(JSONMistake) -> JSONValue {
        let start = index
        let isNegative = take(UInt8(ascii: "-"))
        var magnitude = 0
        var fits = true
        let digits = index
        while index < bytes.count, let digit = digit(at: index) {
            // Negative sums reach one further than positive ones.
            let (scaled, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = isNegative ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
            fits = fits && !overflow && !carry
            magnitude = sum
            index += 1
        }
        guard index > digits else { throw mistake("a number has no digits") }
        guard bytes[digits] != UInt8(ascii: "0") || index == digits + 1 else { throw mistake("a number begins with 0") }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try skipDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
        if isWhole, fits { return .integer(magnitude) }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw mistake("the number \(text) is too large") }
        return .number(value)
    }

    private mutating func skipDigits() throws(JSONMistake) {
        let start = index
        while index < bytes.count, digit(at: index) != nil { index += 1 }
        guard index > start else { throw mistake("a number has no digits") }
    }

    private func digit(at index: Int) -> Int? {
        let value = bytes[index] &- UInt8(ascii: "0")
        return value < 10 ? Int(value) : nil
    }
}
