import HookKit

/// A time as engines write it: RFC 3339, with the year 1 or an empty text for none.
struct WireTime: Decodable {
    /// The moment; `nil` for none.
    let moment: Timestamp?

    /// Decodes a time; throws for a text that is none.
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        moment = Timestamp(rfc3339: text)
        guard moment != nil || text.isEmpty || text.hasPrefix("0001-01-01T00:00:00") else {
            throw WireFailure("'\(EngineAnswer.oneLine(text))' where a time belongs")
        }
    }
}
