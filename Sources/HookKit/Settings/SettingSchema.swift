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
    /// A list, since a structure cannot hold one of its own kind.
    private let elements: [SettingSchema]

    /// What each entry of a list, or each value of a mapping, takes.
    public var element: SettingSchema? { elements.first }

    /// The short name of several: words to choose from stand as they are.
    var pluralTypeName: String {
        json["enum"] != nil || json["type"] == "boolean" ? typeName : "\(typeName)s"
    }

    /// Makes a schema; `element` is what each entry of a list, or each value of a mapping, takes.
    public init(expectation: String, typeName: String, json: JSONValue, isOptional: Bool = false, element: SettingSchema? = nil) {
        self.expectation = expectation
        self.typeName = typeName
        self.json = json
        self.isOptional = isOptional
        elements = element.map { [$0] } ?? []
    }
}
