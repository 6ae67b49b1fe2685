/// A header of a tar archive: a block of 512 bytes.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format"; the GNU tar manual, "Basic Tar Format", for numbers in base 256 and long names.
struct TarHeader: Hashable {
    /// The length of a block, which every part of an archive is filled up to.
    static let blockLength = 512

    /// What a header announces.
    enum Kind: Hashable {
        /// A file.
        case file
        /// Something else: a directory, a link, a device.
        case other
        /// A name that is longer than the next header can hold.
        case longName
        /// Records that change what the next header says.
        case records
        /// Something that changes nothing that matters here.
        case annotation
    }

    /// The name as it stands.
    let name: [UInt8]
    /// How many bytes follow.
    let size: Int64
    /// What it announces.
    let kind: Kind

    /// Reads a block; `nil` where it is no header.
    init?(_ block: ArraySlice<UInt8>) {
        let bytes = Array(block)
        guard bytes.count == Self.blockLength, Self.hasRightChecksum(bytes), let size = Self.number(bytes[124..<136]), size >= 0,
            // Room for the sum of sizes in a file.
            size < 1 << 60
        else { return nil }
        let name = bytes[0..<100].prefix { $0 != 0 }
        let isPOSIX = bytes[257..<263].elementsEqual(Array("ustar\0".utf8))
        let prefix = isPOSIX ? bytes[345..<500].prefix { $0 != 0 } : []
        self.name = prefix.isEmpty ? Array(name) : Array(prefix) + [UInt8(ascii: "/")] + name
        self.size = size
        kind =
            switch bytes[156] {
            case UInt8(ascii: "0"), 0, UInt8(ascii: "7"): .file
            case UInt8(ascii: "L"): .longName
            case UInt8(ascii: "x"): .records
            case UInt8(ascii: "K"), UInt8(ascii: "g"), UInt8(ascii: "V"), UInt8(ascii: "X"): .annotation
            default: .other
            }
    }

    /// Says whether a block holds only zeros; two of them end an archive.
    static func isZero(_ block: ArraySlice<UInt8>) -> Bool { block.allSatisfy { $0 == 0 } }

    /// The sum of all bytes, those of the sum itself taken as spaces; some old programs added them as signed numbers.
    private static func hasRightChecksum(_ bytes: [UInt8]) -> Bool {
        guard let expected = number(bytes[148..<156]) else { return false }
        var unsigned: Int64 = 0
        var signed: Int64 = 0
        for (index, byte) in bytes.enumerated() {
            let value = (148..<156).contains(index) ? UInt8(ascii: " ") : byte
            unsigned += Int64(value)
            signed += Int64(Int8(bitPattern: value))
        }
        return expected == unsigned || expected == signed
    }

    /// A number in octal digits between spaces and zeros, or in base 256 where the first bit is set.
    static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            // A set second bit makes a negative number, which no field here can be.
            guard first & 0x40 == 0 else { return nil }
            var value = Int64(first & 0x3f)
            for byte in field.dropFirst() {
                guard value < 1 << 54 else { return nil }
                value = value << 8 | Int64(byte)
            }
            return value
        }
        var value: Int64 = 0
        var digits = field.drop { $0 == UInt8(ascii: " ") }
        while let digit = digits.first, digit != 0, digit != UInt8(ascii: " ") {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            value = value << 3 | Int64(digit - UInt8(ascii: "0"))
            digits = digits.dropFirst()
        }
        return digits.allSatisfy { $0 == 0 || $0 == UInt8(ascii: " ") } ? value : nil
    }
}
