/// What a setting takes: for messages, for `hook rules show`, and as JSON Schema for editors.
public struct SettingSchema: Hashable, Sendable {
    /// What to write there, with an article, as in «must be a duration such as '24h'».
    public let expectation: String
    /// A short name for a table: `duration`, `list of patterns`.
    public let typeName: String
    /// The JSON Schema (draft 2020-12) of the value.
    public let json: JSONValue
    /// Says whether the setting may be left out without a default.
    public let isOptional: Bool

    /// Makes a schema.
    public init(expectation: String, typeName: String, json: JSONValue, isOptional: Bool = false) {
        self.expectation = expectation
        self.typeName = typeName
        self.json = json
        self.isOptional = isOptional
    }
}
