/// The content address of a blob, a manifest or an image: `<algorithm>:<lower-case hex>`.
///
/// Source: OCI Image Format Specification, "Descriptors", section "Digests". Only the two registered algorithms are accepted, with the exact
/// number of lower-case hexadecimal digits, so that a digest can take part in a path without further checks.
///
/// A digest is kept as its bytes: thousands of them are read, compared and looked up in every run.
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

    /// The first 32 bytes, eight in a word, the first of them in its highest part.
    private let words: (UInt64, UInt64, UInt64, UInt64)
    /// The other 32 bytes of SHA-512; `nil` for SHA-256.
    private let rest: [UInt64]?

    /// The algorithm that made the digest.
    public var algorithm: Algorithm { rest == nil ? .sha256 : .sha512 }

    /// The digest in lower-case hexadecimal.
    public var hex: String { text(prefix: "") }

    /// Takes exactly `<algorithm>:<hex>`; anything else, white space and upper case included, is `nil`.
    public init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// Takes exactly `<algorithm>:<hex>`; anything else, white space and upper case included, is `nil`.
    public init?(_ text: String) {
        var text = text
        guard let read = text.withUTF8({ Digest(utf8: $0) }) else { return nil }
        self = read
    }

    /// Takes exactly `<algorithm>:<hex>` in UTF-8; anything else is `nil`.
    package init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        let algorithm: Algorithm
        if Self.begins(text, with: "sha256:") {
            algorithm = .sha256
        } else if Self.begins(text, with: "sha512:") {
            algorithm = .sha512
        } else {
            return nil
        }
        self.init(algorithm: algorithm, digits: UnsafeBufferPointer(rebasing: text[7...]))
    }

    /// Takes the hexadecimal digits of a digest whose algorithm is known.
    public init?(algorithm: Algorithm, hex: some StringProtocol) {
        var hex = String(hex)
        guard let read = hex.withUTF8({ Digest(algorithm: algorithm, digits: $0) }) else { return nil }
        self = read
    }

    /// Takes the hexadecimal digits of a digest, in ASCII.
    package init?(algorithm: Algorithm, digits: UnsafeBufferPointer<UInt8>) {
        guard digits.count == algorithm.hexCount, let first = Self.word(digits, 0), let second = Self.word(digits, 16),
            let third = Self.word(digits, 32), let fourth = Self.word(digits, 48)
        else { return nil }
        words = (first, second, third, fourth)
        guard algorithm == .sha512 else {
            rest = nil
            return
        }
        guard let fifth = Self.word(digits, 64), let sixth = Self.word(digits, 80), let seventh = Self.word(digits, 96),
            let eighth = Self.word(digits, 112)
        else { return nil }
        rest = [fifth, sixth, seventh, eighth]
    }

    /// Takes the bytes that a digest stands for: 32 are SHA-256, 64 are SHA-512, any other number is `nil`.
    package init?(bytes: UnsafeRawBufferPointer) {
        func word(_ index: Int) -> UInt64 { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)) }
        guard bytes.count == 32 || bytes.count == 64 else { return nil }
        words = (word(0), word(1), word(2), word(3))
        rest = bytes.count == 32 ? nil : [word(4), word(5), word(6), word(7)]
    }

    /// The bytes that the digest stands for: 32 for SHA-256, 64 for SHA-512.
    package var rawBytes: [UInt8] {
        let count = algorithm.hexCount / 2
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count {
                buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: word(index / 8) >> (56 - index % 8 * 8)))
            }
            initialized = count
        }
    }

    /// `<algorithm>:<hex>`.
    public var description: String { text(prefix: rest == nil ? "sha256:" : "sha512:") }

    /// The first twelve digits, as `docker images` prints an ID.
    public var short: String {
        String(unsafeUninitializedCapacity: 12) { buffer in
            for index in 0..<12 { buffer.initializeElement(at: index, to: digit(index)) }
            return 12
        }
    }

    /// Orders by algorithm, then by digits.
    public static func < (left: Digest, right: Digest) -> Bool {
        let (one, other) = (left.words, right.words)
        switch (left.rest, right.rest) {
        case (nil, _?): return true
        case (_?, nil): return false
        case (let rest?, let otherRest?) where one == other: return rest.lexicographicallyPrecedes(otherRest)
        default: return one < other
        }
    }

    /// Says whether two digests are the same.
    public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words && left.rest == right.rest }

    /// Hashes a part: what is a hash already is spread well enough.
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    static func isLowerHex(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, with prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        for index in 0..<prefix.utf8CodeUnitCount where bytes[index] != prefix.utf8Start[index] { return false }
        return true
    }

    /// The value of sixteen digits; `nil` where one is none.
    private static func word(_ digits: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt64? {
        var word: UInt64 = 0
        for index in start..<(start + 16) {
            let byte = digits[index]
            guard isLowerHex(byte) else { return nil }
            word = word << 4 | UInt64(byte < 0x3A ? byte - 0x30 : byte - 0x57)
        }
        return word
    }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        case 3: words.3
        default: rest?[index - 4] ?? 0
        }
    }

    private func digit(_ index: Int) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: word(index / 16) >> (60 - index % 16 * 4)) & 0xF
        return value < 10 ? 0x30 + value : 0x57 + value
    }

    private func text(prefix: StaticString) -> String {
        let start = prefix.utf8CodeUnitCount
        let count = start + algorithm.hexCount
        return String(unsafeUninitializedCapacity: count) { buffer in
            for index in 0..<start { buffer.initializeElement(at: index, to: prefix.utf8Start[index]) }
            for index in start..<count { buffer.initializeElement(at: index, to: digit(index - start)) }
            return count
        }
    }
}
