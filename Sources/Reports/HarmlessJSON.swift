import HookKit

/// JSON in which nothing steers a terminal, hides from a person, or, where that is asked for, is markup.
enum HarmlessJSON {
    /// The document with what a terminal obeys or hides escaped, which JSON itself allows to stand as it is.
    ///
    /// With `withinMarkup`, `<`, `>` and `&` are escaped too, so that no HTML parser finds the end of a script or a comment in it. All of these occur
    /// only within texts, because everything else in a JSON document is other printable ASCII and white space.
    static func bytes(_ value: JSONValue, indent: Int = 0, withinMarkup: Bool = false) -> [UInt8] {
        let bytes = Array(value.text(indent: indent).utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 16)
        var index = 0
        func needsCare(_ byte: UInt8) -> Bool {
            byte >= 0x7F || withinMarkup && (byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "&"))
        }
        while index < bytes.count {
            let plainEnd = bytes[index...].firstIndex(where: needsCare) ?? bytes.count
            out += bytes[index..<plainEnd]
            index = bytes[plainEnd...].firstIndex { !needsCare($0) } ?? bytes.count
            for scalar in String(decoding: bytes[plainEnd..<index], as: UTF8.self).unicodeScalars {
                if scalar.value < 0x7F || VisibleText.isHidden(scalar) {
                    escape(scalar, to: &out)
                } else {
                    out += String(Character(scalar)).utf8
                }
            }
        }
        return out
    }

    private static func escape(_ scalar: Unicode.Scalar, to out: inout [UInt8]) {
        for unit in String(Character(scalar)).utf16 {
            let hex = String(unit, radix: 16)
            out += "\\u".utf8
            out += repeatElement(UInt8(ascii: "0"), count: 4 - hex.utf8.count)
            out += hex.utf8
        }
    }
}
