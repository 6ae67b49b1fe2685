/// A mapping to texts, of which what is no text is left out.
struct LooseTexts: Decodable {
    private struct Value: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            // Whatever else stands there says nothing to anybody.
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    /// The texts by name.
    let texts: [String: String]

    init(from decoder: any Decoder) throws {
        texts = try decoder.singleValueContainer().decode([String: Value].self).compactMapValues(\.text)
    }
}
