/// An amount of bytes: `500MB`, `1.5GiB`.
///
/// Decimal units are powers of 1,000 and binary units powers of 1,024, as `docker system df` prints the first and `--filter` reads both.
/// Never negative.
public struct ByteSize: Hashable, Sendable, Comparable, CustomStringConvertible, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// How many bytes.
    public let bytes: Int64

    /// Nothing.
    public static let zero = ByteSize(bytes: 0)

    /// Makes an amount; a negative number is taken as zero.
    public init(bytes: Int64) { self.bytes = max(0, bytes) }

    /// Takes a number with an optional fraction and a unit (`B`, `kB`, `MB`, `GB`, `TB`, `KiB`, `MiB`, `GiB`, `TiB`, in any case).
    ///
    /// `nil` where the text is anything else, or the amount does not fit.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard !digits.isEmpty, digits.first != ".", digits.last != ".", let factor = Self.factor(unit.lowercased()) else { return nil }
        if digits.contains(".") {
            guard let value = Double(digits), value * Double(factor) < 9e18 else { return nil }
            bytes = Int64((value * Double(factor)).rounded())
        } else {
            guard let value = Int64(digits) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            bytes = product
        }
    }

    /// Makes an amount from a number of bytes.
    public init(integerLiteral value: Int64) { self.init(bytes: value) }

    /// Makes an amount from a text such as `500MB`; a text that is none is a mistake in the program.
    public init(stringLiteral value: String) {
        guard let size = ByteSize(value) else { preconditionFailure("'\(value)' in the program is not a size") }
        self = size
    }

    /// The amount as `docker` prints it: four significant digits and a decimal unit, `1.563MB`.
    public var description: String {
        var value = Double(bytes)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 { return "\(bytes)B" }
        let decimals = value >= 100 ? 1 : value >= 10 ? 2 : 3
        let scale = [1.0, 10, 100, 1000][decimals]
        let rounded = (value * scale).rounded() / scale
        var text = String(rounded)
        if text.hasSuffix(".0") { text.removeLast(2) }
        return text + units[unit]
    }

    /// The sum, at the most what 64 bits hold.
    public static func + (left: ByteSize, right: ByteSize) -> ByteSize {
        let (sum, overflow) = left.bytes.addingReportingOverflow(right.bytes)
        return ByteSize(bytes: overflow ? .max : sum)
    }

    /// The difference, at the least zero.
    public static func - (left: ByteSize, right: ByteSize) -> ByteSize { ByteSize(bytes: left.bytes - right.bytes) }

    /// Adds in place.
    public static func += (left: inout ByteSize, right: ByteSize) { left = left + right }

    /// Orders by amount.
    public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    private static func factor(_ unit: String) -> Int64? {
        switch unit {
        case "", "b": 1
        case "k", "kb": 1000
        case "m", "mb": 1_000_000
        case "g", "gb": 1_000_000_000
        case "t", "tb": 1_000_000_000_000
        case "kib", "ki": 1 << 10
        case "mib", "mi": 1 << 20
        case "gib", "gi": 1 << 30
        case "tib", "ti": 1 << 40
        default: nil
        }
    }
}
