package import PluginWire

/// A rule as a plugin declares it when it is initialized.
package struct RuleDeclaration: Sendable {
    /// The name in a pipeline.
    package let name: String
    /// One sentence.
    package let abstract: String
    /// Paragraphs of documentation.
    package let discussion: String
    /// What the rule may change.
    package let effect: RuleConfiguration.Effect
    /// The JSON Schema of the mapping under `with`.
    package let settings: JSONValue
    /// Examples to print.
    package let examples: [RuleExample]

    /// Declares a Swift type.
    package init(_ rule: RegisteredRule) {
        name = rule.name
        abstract = rule.abstract
        discussion = rule.discussion
        effect = rule.effect
        settings = Self.schema(of: rule.settings)
        examples = rule.examples
    }

    /// Reads a declaration from the answer to `initialize`.
    package init(wire value: JSONValue) throws(WireMistake) {
        var object = try WireObject(value, "a rule")
        name = try object.string("name")
        object = try WireObject(value, "the rule '\(name)'")
        try object.allowOnly(["name", "abstract", "discussion", "effect", "settings", "examples"])
        abstract = try object.string("abstract")
        discussion = try object.optionalString("discussion") ?? ""
        let word = try object.optionalString("effect") ?? RuleConfiguration.Effect.changes.rawValue
        guard let effect = RuleConfiguration.Effect(rawValue: word) else {
            throw WireMistake("'\(word)' is no effect of a rule; valid: observes, changes")
        }
        self.effect = effect
        settings = object["settings"] ?? ["type": "object", "additionalProperties": false]
        examples = try object.list("examples") { (value) throws(WireMistake) in try RuleExample(wire: value) }
    }

    /// The declaration as an object.
    package var wire: JSONValue {
        .wire([
            "name": name, "abstract": abstract, "discussion": discussion.isEmpty ? nil : discussion, "effect": effect.rawValue,
            "settings": settings, "examples": examples.isEmpty ? nil : examples.map(\.wire),
        ])
    }

    /// The schema of a rule's settings; what messages say of a value stands beside its schema.
    private static func schema(of settings: [SettingDescription]) -> JSONValue {
        let properties = settings.map { setting -> JSONValue.Member in
            var members: [JSONValue.Member] = [.init("description", .string(setting.help))]
            members += annotated(setting.schema)
            if let value = setting.defaultValue { members.append(.init("default", value.json)) }
            return .init(setting.key, .object(members))
        }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(settings.filter(\.isRequired).map { .string($0.key) }), "additionalProperties": false,
        ]
    }

    private static func annotated(_ schema: SettingSchema) -> [JSONValue.Member] {
        guard case .object(var members) = schema.json else { return [] }
        if let element = schema.element {
            let inner = JSONValue.object(annotated(element))
            members = members.map { ["items", "additionalProperties"].contains($0.name) ? .init($0.name, inner) : $0 }
        }
        return members + [
            .init(SchemaAnnotation.expected, .string(schema.expectation)), .init(SchemaAnnotation.type, .string(schema.typeName)),
        ]
    }
}

/// What a schema may say for messages; JSON Schema lets such members pass.
package enum SchemaAnnotation {
    /// What to write there, with an article: `a size such as 500MB or 1.5GiB`.
    package static let expected = "x-hook-expected"
    /// A short name for the documentation: `size`.
    package static let type = "x-hook-type"
}

extension RuleExample {
    /// Reads an example without its world.
    fileprivate init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an example")
        let title = try object.string("title")
        let settings = ConfigValue(object["settings"] ?? .object([]))
        if let message = try object.optionalString("refused") {
            self.init(title, settings: settings, isRefused: message)
            return
        }
        let findings = try object.list("finds") { (value) throws(WireMistake) -> ExpectedFinding in
            let finding = try WireObject(value, "a finding of an example")
            let word = try finding.string("outcome")
            guard let outcome = Finding.Outcome(rawValue: word) else { throw WireMistake("'\(word)' is no outcome of a finding") }
            return ExpectedFinding(outcome, try finding.string("type"), try finding.string("subject"))
        }
        self.init(title, settings: settings, finds: findings)
    }

    /// The example without its world, as an object.
    fileprivate var wire: JSONValue {
        switch expectation {
        case .refusal(let message): .wire(["title": title, "settings": settings.json, "refused": message])
        case .findings(let findings):
            .wire([
                "title": title, "settings": settings.json,
                "finds": findings.map { JSONValue.wire(["outcome": $0.outcome.rawValue, "type": $0.type, "subject": $0.subject]) },
            ])
        }
    }
}
