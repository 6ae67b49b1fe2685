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
        // One copy, of which the bytes lie side by side: digests are read by the thousand.
        var text = String(text)
        let found = text.withUTF8 { bytes -> (Algorithm, Int)? in
            let algorithm: Algorithm
            if Self.begins(bytes, with: "sha256:") {
                algorithm = .sha256
            } else if Self.begins(bytes, with: "sha512:") {
                algorithm = .sha512
            } else {
                return nil
            }
            let start = 7
            guard bytes.count == start + algorithm.hexCount else { return nil }
            for index in start..<bytes.count where !Self.isLowerHex(bytes[index]) { return nil }
            return (algorithm, start)
        }
        guard let (algorithm, start) = found else { return nil }
        self.algorithm = algorithm
        hex = String(text.utf8.dropFirst(start)) ?? ""
    }

    /// Takes the hexadecimal digits of a digest whose algorithm is known.
    public init?(algorithm: Algorithm, hex: some StringProtocol) {
        var hex = String(hex)
        let isHex = hex.withUTF8 { bytes in
            guard bytes.count == algorithm.hexCount else { return false }
            for byte in bytes where !Self.isLowerHex(byte) { return false }
            return true
        }
        guard isHex else { return nil }
        self.algorithm = algorithm
        self.hex = hex
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, with prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount, let base = bytes.baseAddress else { return false }
        for index in 0..<prefix.utf8CodeUnitCount where base[index] != prefix.utf8Start[index] { return false }
        return true
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
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
    }
}
