import HookKit
import PluginWire

/// The JSON Schema of a rule's settings, as far as hook understands it; what it does not understand is refused, not passed over.
struct SettingsSchema: Sendable {
    /// The settings in the order in which they are declared.
    let settings: [(description: SettingDescription, schema: ValueSchema)]

    /// Understands the schema of the mapping under `with`.
    init(_ schema: JSONValue) throws(WireMistake) {
        let object = try WireObject(schema, "the schema of its settings")
        try object.allowOnly(["$schema", "title", "description", "type", "properties", "required", "additionalProperties"])
        if let type = object["type"], type != "object" { throw WireMistake("the schema of its settings is not of type 'object'") }
        // A setting that is not known is always refused: a misspelt one would be passed over.
        if let additional = object["additionalProperties"], additional != false {
            throw WireMistake("the schema of its settings allows settings that it does not name")
        }
        let required = try object.strings("required")
        var settings: [(description: SettingDescription, schema: ValueSchema)] = []
        if let properties = object["properties"] {
            guard case .object(let members) = properties else { throw WireMistake("the 'properties' of its settings are no object") }
            for member in members {
                settings.append(try Self.setting(member.name, member.value, isRequired: required.contains(member.name)))
            }
        }
        for name in required where !settings.contains(where: { $0.description.key == name }) {
            throw WireMistake("the required setting '\(name)' is not among its 'properties'")
        }
        self.settings = settings
    }

    private static func setting(
        _ key: String,
        _ json: JSONValue,
        isRequired: Bool
    ) throws(WireMistake) -> (description: SettingDescription, schema: ValueSchema) {
        let schema = try ValueSchema(json, of: "the setting '\(key)'")
        let object = try WireObject(json, "the setting '\(key)'")
        let annotations: Set<String> = ["description", "default", "title", SchemaAnnotation.expected, SchemaAnnotation.type]
        var plain: [JSONValue.Member] = []
        if case .object(let members) = json { plain = members.filter { !annotations.contains($0.name) } }
        let description = SettingDescription(
            key: key,
            help: try object.optionalString("description") ?? "",
            schema: SettingSchema(
                expectation: schema.expectation,
                typeName: schema.typeName,
                json: ValueSchema.withoutAnnotations(.object(plain)),
                isOptional: !isRequired
            ),
            defaultValue: object["default"].map { ConfigValue($0) }
        )
        if let value = description.defaultValue {
            var decoding = SettingDecoding(key: key, directory: "/")
            guard schema.read(value, in: &decoding) != nil else {
                throw WireMistake("the default of the setting '\(key)' does not agree with its schema")
            }
        }
        return (description, schema)
    }
}
