extension JSONValue {
    /// The JSON text of the value, members in their order; `indent` spaces a level, or everything on one line for 0.
    ///
    /// Source: RFC 8259. Characters below U+0020 are escaped; everything else stands as UTF-8.
    public func text(indent: Int = 0) -> String {
        var out = ""
        write(to: &out, indent: indent, level: 0)
        return out
    }

    private func write(to out: inout String, indent: Int, level: Int) {
        switch self {
        case .null: out += "null"
        case .boolean(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .number(let value): out += value.isFinite ? String(value) : "null"
        case .string(let value): Self.writeQuoted(value, to: &out)
        case .array(let elements):
            Self.writeList(elements, brackets: ("[", "]"), to: &out, indent: indent, level: level) { element, out in
                element.write(to: &out, indent: indent, level: level + 1)
            }
        case .object(let members):
            Self.writeList(members, brackets: ("{", "}"), to: &out, indent: indent, level: level) { member, out in
                Self.writeQuoted(member.name, to: &out)
                out += indent > 0 ? ": " : ":"
                member.value.write(to: &out, indent: indent, level: level + 1)
            }
        }
    }

    private static func writeList<Element>(
        _ elements: [Element],
        brackets: (open: String, close: String),
        to out: inout String,
        indent: Int,
        level: Int,
        element write: (Element, inout String) -> Void
    ) {
        out += brackets.open
        for (index, element) in elements.enumerated() {
            if index > 0 { out += "," }
            if indent > 0 { out += "\n" + String(repeating: " ", count: indent * (level + 1)) }
            write(element, &out)
        }
        if indent > 0, !elements.isEmpty { out += "\n" + String(repeating: " ", count: indent * level) }
        out += brackets.close
    }

    private static func writeQuoted(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
