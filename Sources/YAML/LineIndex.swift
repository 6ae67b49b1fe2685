/// Where the lines of a text begin, found in one walk that also checks the text.
struct LineIndex {
    /// How many scalars lie between two places whose byte offsets are kept.
    static let stride = 256

    /// Byte offset of every scalar whose number is a multiple of `stride`.
    private(set) var checkpoints: [Int] = []
    /// Number of the first scalar of each line.
    private(set) var lineStarts: [Int] = [0]
    /// How many scalars there are.
    private(set) var scalarCount = 0

    /// Reads a text up to its end, or to the first byte or character that cannot be in a YAML file.
    mutating func read(_ bytes: [UInt8]) throws(YAMLProblem) {
        var offset = 0
        while offset < bytes.count {
            if scalarCount % Self.stride == 0 { checkpoints.append(offset) }
            let lead = bytes[offset]
            if lead >= 0x80 {
                guard let scalar = Self.decode(bytes, at: offset) else {
                    let hex = String(lead, radix: 16, uppercase: true)
                    throw YAMLProblem(message: "the byte 0x\(hex) is not UTF-8; save the file as UTF-8", position: here)
                }
                guard Self.isAllowed(scalar) else { throw refusal(of: scalar) }
                offset += Self.width(ofLead: lead)
            } else {
                guard (lead >= 0x20 && lead != 0x7f) || lead == 0x09 || lead == 0x0a || lead == 0x0d else {
                    throw refusal(of: Unicode.Scalar(lead))
                }
                offset += 1
            }
            scalarCount += 1
            if lead == 0x0a || (lead == 0x0d && (offset == bytes.count || bytes[offset] != 0x0a)) { lineStarts.append(scalarCount) }
        }
    }

    /// How many bytes a scalar takes whose first byte this is.
    static func width(ofLead lead: UInt8) -> Int {
        switch lead {
        case 0xf0...: 4
        case 0xe0...: 3
        case 0xc0...: 2
        default: 1
        }
    }

    private var here: YAMLPosition {
        YAMLPosition(line: lineStarts.count, column: scalarCount - (lineStarts.last ?? 0) + 1)
    }

    private static func decode(_ bytes: [UInt8], at offset: Int) -> Unicode.Scalar? {
        let width = width(ofLead: bytes[offset])
        guard width > 1, offset + width <= bytes.count else { return nil }
        // The standard library knows which sequences are overlong, out of range, or half of a surrogate pair.
        return String(validating: bytes[offset..<offset + width], as: UTF8.self)?.unicodeScalars.first
    }

    /// What libyaml's reader lets through (`yaml_parser_update_buffer`), without the byte order mark.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x85, 0xa0...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...0x10ffff: true
        default: false
        }
    }

    private func refusal(of scalar: Unicode.Scalar) -> YAMLProblem {
        let hex = String(scalar.value, radix: 16, uppercase: true)
        let name = "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
        return YAMLProblem(message: "the character \(name) is not allowed in YAML", position: here)
    }
}
