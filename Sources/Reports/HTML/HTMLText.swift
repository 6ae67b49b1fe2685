/// Texts within HTML, between tags or in an attribute's quotes.
enum HTMLText {
    /// The text with what HTML reads as markup escaped.
    ///
    /// Scalar by scalar, as a browser reads it: within one Swift character a `<` may stand behind a letter that joins what follows.
    static func escaped(_ text: String) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "&": out += "&amp;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// Values for a template, with every text in them escaped.
    static func escaped(_ values: [String: Any]) -> [String: Any] { values.mapValues { escapedValue($0) } }

    private static func escapedValue(_ value: Any) -> Any {
        switch value {
        case let text as String: escaped(text)
        case let values as [String: Any]: escaped(values)
        case let list as [Any]: list.map { escapedValue($0) }
        default: value
        }
    }
}
