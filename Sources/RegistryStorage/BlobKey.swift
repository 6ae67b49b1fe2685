package import OCI

/// A SHA-256 digest in 32 bytes.
package struct BlobKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// How many hexadecimal digits a key has.
    package static let hexCount = 64
    /// How many bytes `sha256:<hex>` has.
    package static let textCount = 71

    let first: UInt64
    let second: UInt64
    let third: UInt64
    let fourth: UInt64

    /// Takes 64 lower-case hexadecimal digits; `nil` for anything else.
    @inline(__always)
    init?(hex: UnsafeRawBufferPointer) {
        guard hex.count == Self.hexCount else { return nil }
        var invalid: UInt8 = 0
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        words.0 = Self.word(hex, 0, &invalid)
        words.1 = Self.word(hex, 16, &invalid)
        words.2 = Self.word(hex, 32, &invalid)
        words.3 = Self.word(hex, 48, &invalid)
        guard invalid == 0 else { return nil }
        (first, second, third, fourth) = words
    }

    /// Takes exactly `sha256:<hex>`; `nil` for anything else.
    @inline(__always)
    init?(text: UnsafeRawBufferPointer) {
        guard text.count == Self.textCount, Self.beginsWithAlgorithm(text) else { return nil }
        self.init(hex: UnsafeRawBufferPointer(rebasing: text[7...]))
    }

    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (first, second, third, fourth) = words
    }

    /// Takes a digest; `nil` where its algorithm is another.
    package init?(_ digest: Digest) {
        guard digest.algorithm == .sha256 else { return nil }
        let bytes = Array(digest.hex.utf8)
        guard let key = bytes.withUnsafeBytes({ BlobKey(hex: $0) }) else { return nil }
        self = key
    }

    @inline(__always)
    private static func beginsWithAlgorithm(_ text: UnsafeRawBufferPointer) -> Bool {
        // "sha256:" byte by byte: a call of `memcmp` costs more than the seven comparisons, of which one mostly decides.
        text[0] == 0x73 && text[1] == 0x68 && text[2] == 0x61 && text[3] == 0x32 && text[4] == 0x35 && text[5] == 0x36 && text[6] == 0x3a
    }

    @inline(__always)
    private static func word(_ hex: UnsafeRawBufferPointer, _ start: Int, _ invalid: inout UInt8) -> UInt64 {
        var word: UInt64 = 0
        for index in start..<start + 16 {
            let byte = hex[index]
            let digit = byte &- 0x30
            let letter = byte &- 0x61
            let value = digit < 10 ? digit : letter &+ 10
            invalid |= (digit < 10 || letter < 6) ? 0 : 1
            word = word &<< 4 | UInt64(value & 15)
        }
        return word
    }

    /// The first byte, which names the directory that the blob lies in.
    var prefix: UInt8 { UInt8(truncatingIfNeeded: first &>> 56) }

    /// Writes the 64 digits.
    @inline(__always)
    func writeHex(to target: UnsafeMutablePointer<CChar>) {
        Self.write(first, to: target)
        Self.write(second, to: target + 16)
        Self.write(third, to: target + 32)
        Self.write(fourth, to: target + 48)
    }

    @inline(__always)
    private static func write(_ word: UInt64, to target: UnsafeMutablePointer<CChar>) {
        for index in 0..<16 {
            let value = UInt8(truncatingIfNeeded: word &>> UInt64(60 - 4 * index)) & 15
            target[index] = CChar(value < 10 ? 0x30 + value : 0x57 + value)
        }
    }

    /// The 64 hexadecimal digits.
    package var hex: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.hexCount + 1) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            writeHex(to: base)
            base[Self.hexCount] = 0
            return String(cString: base)
        }
    }

    /// The digest with its algorithm: `sha256:<hex>`.
    package var description: String { "sha256:" + hex }

    /// Mixes in the first eight bytes: they are spread evenly already.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(first)
    }

    /// Orders as the digits do.
    package static func < (left: BlobKey, right: BlobKey) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        if left.third != right.third { return left.third < right.third }
        return left.fourth < right.fourth
    }
}
