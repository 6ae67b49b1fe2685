/// Writes tar archives by hand, right and wrong ones.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    /// The archive with its end.
    var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// Adds a member.
    mutating func add(_ name: String, _ content: String = "", type: Character = "0", size: Int? = nil) {
        add(name, Array(content.utf8), type: type, size: size.map { Self.octal($0, width: 12) })
    }

    /// Adds a member whose field for the size is given as it stands.
    mutating func add(_ name: String, _ content: [UInt8], type: Character, size: [UInt8]? = nil) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ field: [UInt8], at offset: Int) { block.replaceSubrange(offset..<offset + field.count, with: field) }
        put(Array(name.utf8.prefix(100)), at: 0)
        put(Self.octal(0o644, width: 8), at: 100)
        put(size ?? Self.octal(content.count, width: 12), at: 124)
        put(Self.octal(0, width: 12), at: 136)
        block[156] = type.asciiValue ?? 0
        put(Array("ustar\u{0}00".utf8), at: 257)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        put(Self.octal(block.reduce(0) { $0 + Int($1) }, width: 7), at: 148)
        bytes += block + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// Adds a pax header for the member that follows.
    mutating func addRecords(_ records: [(String, String)]) {
        let text = records.map { key, value in
            var length = key.utf8.count + value.utf8.count + 3
            while "\(length) \(key)=\(value)\n".utf8.count != length { length = "\(length) \(key)=\(value)\n".utf8.count }
            return "\(length) \(key)=\(value)\n"
        }
        add("PaxHeaders/x", text.joined(), type: "x")
    }

    private static func octal(_ number: Int, width: Int) -> [UInt8] {
        let digits = String(number, radix: 8)
        return Array((String(repeating: "0", count: width - 1 - digits.count) + digits + "\u{0}").utf8)
    }
}
