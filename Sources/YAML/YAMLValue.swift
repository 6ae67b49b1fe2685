/// What a scalar stands for, by the core schema of YAML 1.2 (section 10.3.2 of the specification).
///
/// `yes`, `on`, `0777` and `12:30:45` are what they look like: three texts, and the number 777.
package enum YAMLValue: Hashable, Sendable {
    /// `null`, `Null`, `NULL`, `~` or nothing.
    case null
    /// `true` or `false`, also capitalised.
    case boolean(Bool)
    /// A whole number, decimal, `0o17` or `0x1F`.
    case integer(Int)
    /// A number with a fraction or an exponent, or a whole one that is too large for `Int`.
    case float(Double)
    /// Everything else.
    case text

    /// Resolves the text of a plain scalar.
    package init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .boolean(true)
        case "false", "False", "FALSE": self = .boolean(false)
        default: self = Self.number(text) ?? .text
        }
    }

    private static func number(_ text: String) -> YAMLValue? {
        let bytes = Array(text.utf8)
        if bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "o")]) { return whole(bytes.dropFirst(2), radix: 8) }
        if bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) { return whole(bytes.dropFirst(2), radix: 16) }
        let isSigned = bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+")
        let isNegative = bytes.first == UInt8(ascii: "-")
        let unsigned = isSigned ? bytes.dropFirst() : bytes[...]
        switch String(decoding: unsigned, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": return .float(isNegative ? -.infinity : .infinity)
        case ".nan", ".NaN", ".NAN": return isSigned ? nil : .float(.nan)
        default: break
        }
        var rest = unsigned
        let digits = takeDigits(&rest)
        if !digits.isEmpty, rest.isEmpty, let value = Int(text) { return .integer(value) }
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = takeDigits(&rest)
        }
        guard !digits.isEmpty || !fraction.isEmpty else { return nil }
        var exponent: [UInt8] = []
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
                exponent.append(sign)
                rest = rest.dropFirst()
            }
            let power = takeDigits(&rest)
            guard !power.isEmpty else { return nil }
            exponent += power
        }
        guard rest.isEmpty else { return nil }
        // Written again in the one form that every reader of floating-point numbers takes: `1.` and `.5` become `1.0` and `0.5`.
        let power = exponent.isEmpty ? "" : "e" + String(decoding: exponent, as: UTF8.self)
        let canonical = (isNegative ? "-" : "") + written(digits) + "." + written(fraction) + power
        return Double(canonical).map { .float($0) }
    }

    private static func whole(_ digits: ArraySlice<UInt8>, radix: Int) -> YAMLValue? {
        let text = String(decoding: digits, as: UTF8.self)
        // `Int.init(_:radix:)` takes a sign, the schema does not after `0o` and `0x`.
        guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        if let value = Int(text, radix: radix) { return .integer(value) }
        var sum = 0.0
        for byte in digits {
            guard let digit = Int(String(UnicodeScalar(byte)), radix: radix) else { return nil }
            sum = sum * Double(radix) + Double(digit)
        }
        return .float(sum)
    }

    private static func written(_ digits: ArraySlice<UInt8>) -> String {
        digits.isEmpty ? "0" : String(decoding: digits, as: UTF8.self)
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }
}
