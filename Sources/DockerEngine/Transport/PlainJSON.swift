/// Reads JSON as engines write it, several times as fast as a decoder that takes everything, and gives up on anything else.
///
/// What it reads, a `JSONDecoder` reads alike. What it does not read may still be right, and the decoder then says what it is, or what is wrong with
/// it: an unusual number, an escape of a surrogate, a member that is there twice, bytes that are no UTF-8, a nesting that is deep.
struct PlainJSON {
    /// The document, or what is asked of it, is out of the ordinary.
    struct NotPlain: Error {}

    /// The name of a member.
    struct Name {
        fileprivate let bytes: UnsafeBufferPointer<UInt8>

        /// Compares a name with one that is known.
        static func ~= (known: StaticString, name: Name) -> Bool {
            guard name.bytes.count == known.utf8CodeUnitCount else { return false }
            for index in 0..<name.bytes.count where name.bytes[index] != known.utf8Start[index] { return false }
            return true
        }
    }

    /// How many levels of values that are passed over.
    private static let deepest = 32

    /// Not freed while this reads: see `read`.
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Reads a whole document; `nil` where it is not plain.
    ///
    /// The reader does not leave `body`, and so does not outlive the bytes.
    static func read<Result>(
        _ document: UnsafeRawBufferPointer,
        _ body: (inout PlainJSON) throws(NotPlain) -> Result
    ) -> Result? {
        document.withMemoryRebound(to: UInt8.self) { bytes in
            var reader = PlainJSON(bytes)
            do throws(NotPlain) {
                let result = try body(&reader)
                reader.skipSpace()
                return reader.position == bytes.count ? result : nil
            } catch {
                return nil
            }
        }
    }

    // MARK: Containers

    /// Reads an object; `body` has to read, or pass over, the value of each member.
    mutating func object(_ body: (inout PlainJSON, Name) throws(NotPlain) -> Void) throws(NotPlain) {
        try take(UInt8(ascii: "{"))
        if next() == UInt8(ascii: "}") {
            position += 1
            return
        }
        while true {
            try take(UInt8(ascii: "\""))
            let start = position
            while let byte = current, byte != UInt8(ascii: "\"") {
                guard byte >= 0x20, byte != UInt8(ascii: "\\") else { throw NotPlain() }
                position += 1
            }
            let name = Name(bytes: UnsafeBufferPointer(rebasing: bytes[start..<position]))
            try take(UInt8(ascii: "\""))
            try take(UInt8(ascii: ":"))
            try body(&self, name)
            if try isLast(before: UInt8(ascii: "}")) { return }
        }
    }

    /// Reads an array; `body` has to read, or pass over, each element.
    mutating func array(_ body: (inout PlainJSON) throws(NotPlain) -> Void) throws(NotPlain) {
        try take(UInt8(ascii: "["))
        if next() == UInt8(ascii: "]") {
            position += 1
            return
        }
        while true {
            try body(&self)
            if try isLast(before: UInt8(ascii: "]")) { return }
        }
    }

    /// Reads `null`, or what `body` reads.
    mutating func optional<Value>(_ body: (inout PlainJSON) throws(NotPlain) -> Value) throws(NotPlain) -> Value? {
        guard next() == UInt8(ascii: "n") else { return try body(&self) }
        try literal("null")
        return nil
    }

    /// Reads an array of texts.
    mutating func texts() throws(NotPlain) -> [String] {
        var texts: [String] = []
        try array { reader throws(NotPlain) in texts.append(try reader.text()) }
        return texts
    }

    /// Reads an object whose members are texts.
    mutating func textByName() throws(NotPlain) -> [String: String] {
        var texts: [String: String] = [:]
        try object { reader, name throws(NotPlain) in
            guard let name = String(validating: name.bytes, as: UTF8.self),
                texts.updateValue(try reader.text(), forKey: name) == nil
            else { throw NotPlain() }
        }
        return texts
    }

    // MARK: Values

    /// Reads a text.
    mutating func text() throws(NotPlain) -> String {
        let (raw, hasEscapes) = try rawText()
        if hasEscapes { return try Self.unescaped(raw) }
        guard let text = String(validating: raw, as: UTF8.self) else { throw NotPlain() }
        return text
    }

    /// Reads a text without escapes as the bytes that it has.
    mutating func unescapedBytes() throws(NotPlain) -> UnsafeBufferPointer<UInt8> {
        let (raw, hasEscapes) = try rawText()
        guard !hasEscapes else { throw NotPlain() }
        return raw
    }

    /// Reads a whole number.
    mutating func integer() throws(NotPlain) -> Int64 {
        let isNegative = next() == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let start = position
        var value: Int64 = 0
        while let byte = current, let digit = Self.digit(byte) {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(digit)
            guard !overflow, !carry else { throw NotPlain() }
            value = sum
            position += 1
        }
        guard position > start, position == start + 1 || bytes[start] != UInt8(ascii: "0") else { throw NotPlain() }
        return isNegative ? -value : value
    }

    /// Passes over a value; its bytes.
    @discardableResult
    mutating func skip(depth: Int = 0) throws(NotPlain) -> UnsafeRawBufferPointer {
        guard depth < Self.deepest else { throw NotPlain() }
        let first = next()
        let start = position
        switch first {
        case UInt8(ascii: "\""): _ = try rawText()
        case UInt8(ascii: "{"): try object { reader, _ throws(NotPlain) in try reader.skip(depth: depth + 1) }
        case UInt8(ascii: "["): try array { reader throws(NotPlain) in try reader.skip(depth: depth + 1) }
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default:
            _ = try integer()
            if current == UInt8(ascii: ".") {
                position += 1
                guard let byte = current, Self.digit(byte) != nil else { throw NotPlain() }
                while let byte = current, Self.digit(byte) != nil { position += 1 }
            }
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<position])
    }

    // MARK: Bytes

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// The next byte that is no white space, which is not taken.
    private mutating func next() -> UInt8? {
        skipSpace()
        return current
    }

    private mutating func take(_ byte: UInt8) throws(NotPlain) {
        guard next() == byte else { throw NotPlain() }
        position += 1
    }

    private mutating func literal(_ text: StaticString) throws(NotPlain) {
        for index in 0..<text.utf8CodeUnitCount {
            guard current == text.utf8Start[index] else { throw NotPlain() }
            position += 1
        }
    }

    /// Takes a comma, or the end of a container.
    private mutating func isLast(before end: UInt8) throws(NotPlain) -> Bool {
        let byte = next()
        guard byte == end || byte == UInt8(ascii: ",") else { throw NotPlain() }
        position += 1
        return byte == end
    }

    /// Takes a text with its quotes; the bytes between them.
    private mutating func rawText() throws(NotPlain) -> (bytes: UnsafeBufferPointer<UInt8>, hasEscapes: Bool) {
        try take(UInt8(ascii: "\""))
        let start = position
        var hasEscapes = false
        while let byte = current {
            position += 1
            if byte == UInt8(ascii: "\"") {
                return (UnsafeBufferPointer(rebasing: bytes[start..<(position - 1)]), hasEscapes)
            }
            guard byte >= 0x20 else { throw NotPlain() }
            guard byte == UInt8(ascii: "\\") else { continue }
            hasEscapes = true
            guard let escaped = current else { throw NotPlain() }
            position += 1
            if escaped == UInt8(ascii: "u") {
                guard position + 4 <= bytes.count, Self.scalar(bytes[position..<(position + 4)]) != nil else { throw NotPlain() }
                position += 4
            } else if Self.character(escaped) == nil {
                throw NotPlain()
            }
        }
        throw NotPlain()
    }

    /// Resolves escapes that `rawText` has looked at.
    private static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) throws(NotPlain) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                text.append(raw[index])
                index += 1
                continue
            }
            if raw[index + 1] == UInt8(ascii: "u") {
                guard let scalar = scalar(raw[(index + 2)..<(index + 6)]), let encoded = UTF8.encode(scalar) else { throw NotPlain() }
                text += encoded
                index += 6
            } else {
                guard let character = character(raw[index + 1]) else { throw NotPlain() }
                text.append(character)
                index += 2
            }
        }
        guard let result = String(validating: text, as: UTF8.self) else { throw NotPlain() }
        return result
    }

    /// What a byte behind a backslash stands for.
    private static func character(_ escaped: UInt8) -> UInt8? {
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): escaped
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The scalar that four hexadecimal digits number; `nil` for a surrogate.
    private static func scalar(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Unicode.Scalar? {
        var value: UInt32 = 0
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return Unicode.Scalar(value)
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int64(byte - UInt8(ascii: "0")) : nil
    }
}
