import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A text that is stored as bytes where it is a UUID or a hexadecimal number, which halves it, and as it is otherwise.
///
/// Sixteen bytes are a UUID in lower case with its hyphens; any other number of bytes are lower-case digits.
enum PackedText {
    /// What is stored for a text.
    static func pack(_ text: String) -> DatabaseValue {
        let utf8 = Array(text.utf8)
        if utf8.count == 36, [8, 13, 18, 23].allSatisfy({ utf8[$0] == UInt8(ascii: "-") }) {
            let digits = utf8.filter { $0 != UInt8(ascii: "-") }
            if digits.count == 32, let bytes = bytes(digits) { return bytes.databaseValue }
        }
        // Sixteen bytes would read back as a UUID, and a number shorter than a hash is not worth it.
        if utf8.count >= 20, utf8.count != 32, let bytes = bytes(utf8) { return bytes.databaseValue }
        return text.databaseValue
    }

    /// The text that `pack` was given; `nil` for what it never stores.
    static func unpack(_ value: DatabaseValue) -> String? {
        switch value.storage {
        case .string(let text): return text
        case .blob(let bytes):
            let hex = bytes.hex
            guard bytes.count == 16 else { return hex }
            var text = ""
            for (index, digit) in hex.enumerated() {
                if [8, 12, 16, 20].contains(index) { text.append("-") }
                text.append(digit)
            }
            return text
        default: return nil
        }
    }

    /// What is stored for a text that is mostly a whole number: the number, where reading it back gives the same text.
    static func packNumber(_ text: String) -> DatabaseValue {
        // Of eighteen digits every number fits; a sign or a zero in front would be lost.
        guard text.utf8.count <= 18, let number = Int64(text), number >= 0, String(number) == text else { return text.databaseValue }
        return number.databaseValue
    }

    /// The text that `packNumber` was given; `nil` for none, and for what it never stores.
    static func unpackNumber(_ value: DatabaseValue) -> String? {
        switch value.storage {
        case .int64(let number): String(number)
        case .string(let text): text
        default: nil
        }
    }

    private static func bytes(_ digits: [UInt8]) -> Data? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes = Data(capacity: digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
