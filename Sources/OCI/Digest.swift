/// The content address of a blob, a manifest or an image: `<algorithm>:<lower-case hex>`.
///
/// Source: OCI Image Format Specification, "Descriptors", section "Digests". Only the two registered algorithms are accepted, with the exact
/// number of lower-case hexadecimal digits, so that a digest can take part in a path without further checks.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A registered digest algorithm.
    public enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// SHA-256, 64 hexadecimal digits.
        case sha256
        /// SHA-512, 128 hexadecimal digits.
        case sha512

        /// How many hexadecimal digits a digest of this algorithm has.
        public var hexCount: Int { self == .sha256 ? 64 : 128 }
    }

    /// The algorithm that made the digest.
    public let algorithm: Algorithm
    /// The digest in lower-case hexadecimal.
    public let hex: String

    /// Takes exactly `<algorithm>:<hex>`; anything else, white space and upper case included, is `nil`.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            let algorithm = Algorithm(rawValue: String(text[..<colon]))
        else { return nil }
        self.init(algorithm: algorithm, hex: text[text.index(after: colon)...])
    }

    /// Takes the hexadecimal digits of a digest whose algorithm is known.
    public init?(algorithm: Algorithm, hex: some StringProtocol) {
        guard hex.utf8.count == algorithm.hexCount, hex.utf8.allSatisfy(Self.isLowerHex) else { return nil }
        self.algorithm = algorithm
        self.hex = String(hex)
    }

    /// `<algorithm>:<hex>`.
    public var description: String { "\(algorithm.rawValue):\(hex)" }

    /// The first twelve digits, as `docker images` prints an ID.
    public var short: String { String(hex.prefix(12)) }

    /// Orders by algorithm, then by digits.
    public static func < (left: Digest, right: Digest) -> Bool {
        (left.algorithm.rawValue, left.hex) < (right.algorithm.rawValue, right.hex)
    }

    static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
