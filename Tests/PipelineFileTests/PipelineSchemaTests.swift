import HookKit
import PipelineFile
import Testing

@Suite struct PipelineSchemaTests {
    private func schema() throws -> JSONValue { try PipelineSchema.document(for: .forTests()) }

    private func keys(_ value: JSONValue?) -> [String] {
        guard case .object(let members) = value else { return [] }
        return members.map(\.name)
    }

    private let interpolation: JSONValue = ["type": "string", "pattern": "\\$\\{"]

    @Test func everyMappingHasTheParsersKeysAndNoOthers() throws {
        let schema = try schema()
        let stage = try #require(schema["$defs"]?["stage"])
        #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        #expect(keys(schema["properties"]) == ["name", "plugins", "docker", "ledger", "variables", "reports", "stages"])
        #expect(keys(stage["properties"]) == ["name", "rule", "when", "timeout", "on-failure", "dry-run", "with"])
        #expect(keys(stage["properties"]?["when"]?["properties"]) == ["status", "branch", "event", "env"])
        #expect(keys(schema["properties"]?["reports"]?["properties"]) == ["junit", "json", "html", "markdown", "metrics"])
        #expect(keys(schema["properties"]?["docker"]?["properties"]) == ["host"])
        #expect(schema["required"] == ["stages"])
        #expect(stage["required"] == ["rule"])
        for mapping in [schema, stage, stage["properties"]?["when"], schema["properties"]?["reports"], schema["properties"]?["docker"]] {
            #expect(mapping?["additionalProperties"] == false)
        }
        #expect(schema["patternProperties"] == ["^x-": true])
    }

    @Test func everyKeyOfTheSchemaIsExplained() throws {
        let schema = try schema()
        let mappings = [
            schema, schema["$defs"]?["stage"], schema["$defs"]?["stage"]?["properties"]?["when"], schema["$defs"]?["rule-prune"],
            schema["$defs"]?["rule-check-archive"],
        ]
        for mapping in mappings {
            guard case .object(let members)? = mapping?["properties"] else {
                Issue.record("no properties")
                continue
            }
            for member in members {
                guard case .string(let help)? = member.value["description"] else {
                    Issue.record("\(member.name) has no description")
                    continue
                }
                #expect(help.hasSuffix("."))
            }
        }
    }

    @Test func settingsComeFromTheRegisteredRules() throws {
        let rule = try #require(try schema()["$defs"]?["rule-prune"])
        #expect(
            rule == [
                "description": "Removes images.",
                "type": ["object", "null"],
                "properties": [
                    "images": [
                        "description": "Images to act on.",
                        "anyOf": [["type": "array", "items": ["type": "string", "minLength": 1]], interpolation],
                        "default": [],
                    ],
                    "older-than": [
                        "description": "Smallest age.",
                        "anyOf": [Duration.schema.json, interpolation],
                        "default": "1h",
                    ],
                    "keep-last": ["description": "How many to keep.", "anyOf": [Int.schema.json, interpolation], "default": 0],
                    "dangling": [
                        "description": "Whether to take images without a name.",
                        "anyOf": [["type": "boolean"], interpolation],
                        "default": true,
                    ],
                    "keep-bytes": ["description": "A disk budget.", "anyOf": [ByteSize.schema.json, interpolation]],
                    "labels": [
                        "description": "Labels that images must have.",
                        "type": "object",
                        "additionalProperties": ["type": "string", "minLength": 1],
                        "default": [:],
                    ],
                ],
                "additionalProperties": false,
            ]
        )
    }

    @Test func stageTakesTheSettingsOfItsRule() throws {
        #expect(
            try schema()["$defs"]?["stage"]?["allOf"] == [
                [
                    "if": ["properties": ["rule": ["const": "check-archive"]], "required": ["rule"]],
                    "then": ["properties": ["with": ["$ref": "#/$defs/rule-check-archive"]], "required": ["with"]],
                ],
                [
                    "if": ["properties": ["rule": ["const": "prune"]], "required": ["rule"]],
                    "then": ["properties": ["with": ["$ref": "#/$defs/rule-prune"]]],
                ],
            ]
        )
        #expect(try schema()["$defs"]?["rule-check-archive"]?["required"] == ["archive"])
    }

    @Test func unknownRulesAreForFilesWithPluginsOnly() throws {
        #expect(try schema()["if"] == ["not": ["required": ["plugins"]]])
        #expect(
            try schema()["then"]?["properties"]?["stages"]?["items"]?["properties"]?["rule"] == [
                "anyOf": [["enum": ["check-archive", "prune"]], interpolation]
            ]
        )
    }
}
