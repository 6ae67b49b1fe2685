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
        var invalid: UInt64 = 0
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
    package init?(text: UnsafeRawBufferPointer) {
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

    /// Sixteen digits, eight at a time: every byte of a word is checked and turned at once.
    @inline(__always)
    private static func word(_ hex: UnsafeRawBufferPointer, _ start: Int, _ invalid: inout UInt64) -> UInt64 {
        half(hex, start, &invalid) &<< 32 | half(hex, start + 8, &invalid)
    }

    @inline(__always)
    private static func half(_ hex: UnsafeRawBufferPointer, _ start: Int, _ invalid: inout UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let text = UInt64(bigEndian: hex.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        let letters = text &>> 6 & ones
        let low = text & (ones &* 0x0f)
        // A digit is 3x with x up to 9, a letter 6x with x from 1 to 6.
        invalid |= (text & (ones &* 0xf0)) ^ (ones &* 0x30 &+ letters &* 0x30)
        invalid |= (low &+ ones &* 6 &+ letters &* 3) & (ones &* 0xf0)
        invalid |= (letters &<< 4) & ~(low &+ ones &* 0x0f)
        var value = low &+ letters &* 9
        value = (value | value &>> 4) & 0x00ff_00ff_00ff_00ff
        value = (value | value &>> 8) & 0x0000_ffff_0000_ffff
        return (value | value &>> 16) & 0xffff_ffff
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
        writeHalf(word &>> 32, to: target)
        writeHalf(word & 0xffff_ffff, to: target + 8)
    }

    @inline(__always)
    private static func writeHalf(_ word: UInt64, to target: UnsafeMutablePointer<CChar>) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var value = (word | word &<< 16) & 0x0000_ffff_0000_ffff
        value = (value | value &<< 8) & 0x00ff_00ff_00ff_00ff
        value = (value | value &<< 4) & (ones &* 0x0f)
        let letters = (value &+ ones &* 6) &>> 4 & ones
        let text = value &+ ones &* 0x30 &+ letters &* 0x27
        UnsafeMutableRawPointer(target).storeBytes(of: text.bigEndian, as: UInt64.self)
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
