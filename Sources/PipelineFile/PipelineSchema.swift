package import HookKit

/// The JSON Schema (draft 2020-12) of the pipeline file, for editors; derived from the parser's keys and the registered rules' settings.
package enum PipelineSchema {
    /// The schema for a registry's rules.
    ///
    /// A file that names plugins may use rules that are not known here; in any other file, only registered rules are.
    package static func document(for registry: RuleRegistry) -> JSONValue {
        let rules = registry.rules
        let known: JSONValue = ["anyOf": [["enum": .array(rules.map { .string($0.name) })], interpolation]]
        let knownRules: JSONValue = [
            "properties": ["stages": ["items": ["properties": [StageKey.rule.rawValue: known]]]]
        ]
        var members = members(of: mapping(of: TopLevelKey.self))
        members.append(.init("patternProperties", ["^x-": true]))
        members.append(.init("if", ["not": ["required": [.string(TopLevelKey.plugins.rawValue)]]]))
        members.append(.init("then", knownRules))
        members.append(.init("$defs", .object([.init("stage", stage(rules))] + rules.map { .init("rule-" + $0.name, settings(of: $0)) })))
        return .object(
            [
                .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
                .init("title", "hook pipeline"),
            ] + members
        )
    }

    /// A stage; what stands under `with` depends on the rule.
    private static func stage(_ rules: [RegisteredRule]) -> JSONValue {
        let branches = rules.map { rule -> JSONValue in
            let name = StageKey.rule.rawValue
            var then: [JSONValue.Member] = [
                .init("properties", [StageKey.with.rawValue: ["$ref": .string("#/$defs/rule-" + rule.name)]])
            ]
            if rule.settings.contains(where: \.isRequired) { then.append(.init("required", [.string(StageKey.with.rawValue)])) }
            return [
                "if": ["properties": [name: ["const": .string(rule.name)]], "required": [.string(name)]],
                "then": .object(then),
            ]
        }
        return .object(members(of: mapping(of: StageKey.self)) + (branches.isEmpty ? [] : [.init("allOf", .array(branches))]))
    }

    /// The mapping under `with` for a rule; one without required settings may be left empty.
    private static func settings(of rule: RegisteredRule) -> JSONValue {
        let properties = rule.settings.map { setting -> JSONValue.Member in
            var schema = interpolated(setting.schema.json)
            if let value = setting.defaultValue { schema = with(schema, default: value.json) }
            return .init(setting.key, described(schema, setting.help))
        }
        let required = rule.settings.filter(\.isRequired).map(\.key)
        let type: JSONValue = required.isEmpty ? ["object", "null"] : "object"
        return described(closed(type: type, properties, required: required), rule.abstract)
    }

    // MARK: Parts

    /// A mapping that has these keys and no others.
    static func mapping<Key: PipelineKey>(of _: Key.Type) -> JSONValue {
        let properties = Key.allCases.map { JSONValue.Member($0.rawValue, described(interpolated($0.schema), $0.help)) }
        return closed(type: "object", properties, required: Key.required.map(\.rawValue))
    }

    /// A mapping that has no keys but these.
    private static func closed(type: JSONValue, _ properties: [JSONValue.Member], required: [String]) -> JSONValue {
        var members: [JSONValue.Member] = [.init("type", type), .init("properties", .object(properties))]
        if !required.isEmpty { members.append(.init("required", .array(required.map { .string($0) }))) }
        return .object(members + [.init("additionalProperties", false)])
    }

    /// A mapping of names to values that are read as the text they are written with.
    static func texts(named pattern: String) -> JSONValue {
        [
            "type": "object",
            "propertyNames": ["pattern": .string(pattern)],
            "additionalProperties": ["type": ["string", "number", "boolean"]],
        ]
    }

    /// One value, or a list of at least one.
    static func oneOrMore(_ schema: JSONValue) -> JSONValue {
        ["anyOf": [schema, ["type": "array", "items": interpolated(schema), "minItems": 1]]]
    }

    /// A schema with a default.
    static func with(_ schema: JSONValue, default value: JSONValue) -> JSONValue {
        .object(members(of: schema) + [.init("default", value)])
    }

    /// What a text with a variable in it looks like: it may stand wherever a scalar may.
    private static let interpolation: JSONValue = ["type": "string", "pattern": "\\$\\{"]

    /// A schema that takes a text with a variable in it as well, wherever a scalar or a list of scalars is asked for.
    private static func interpolated(_ schema: JSONValue) -> JSONValue {
        guard case .object(let members) = schema, schema["$ref"] == nil else { return schema }
        switch schema["type"] {
        case .string("string") where schema["pattern"] == nil: return schema
        case .string("object"):
            return .object(members.map { $0.name == "additionalProperties" ? .init($0.name, interpolated($0.value)) : $0 })
        case .array(let types) where types.contains("string") || types.contains("object"): return schema
        case .string("array"):
            let items = members.map { JSONValue.Member($0.name, $0.name == "items" ? interpolated($0.value) : $0.value) }
            // A list of mappings cannot be written as a text.
            guard schema["items"]?["$ref"] == nil, schema["items"]?["type"] != .string("object") else { return .object(items) }
            return alternatives(.object(items))
        default: return alternatives(schema)
        }
    }

    /// A schema or a text with a variable; the default stays outside, where editors look for it.
    private static func alternatives(_ schema: JSONValue) -> JSONValue {
        let outside = members(of: schema).filter { $0.name == "default" }
        if case .array(let existing) = schema["anyOf"] { return .object([.init("anyOf", .array(existing + [interpolation]))] + outside) }
        let own = members(of: schema).filter { $0.name != "default" }
        return .object([.init("anyOf", [.object(own), interpolation])] + outside)
    }

    private static func described(_ schema: JSONValue, _ help: String) -> JSONValue {
        .object([.init("description", .string(help))] + members(of: schema))
    }

    private static func members(of schema: JSONValue) -> [JSONValue.Member] {
        guard case .object(let members) = schema else { return [] }
        return members
    }
}
