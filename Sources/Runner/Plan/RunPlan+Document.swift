import HookKit
package import PluginWire

/// A plan as one JSON document.
///
/// A member may be added without a new version; one that is removed, or means something else, raises `version`.
///
///     {
///       "version": 1,
///       "hook": "1.0.0",
///       "created": "2026-11-01T07:30:00Z",
///       "salt": "5f0c...",                            what every digest here begins with, before it is made
///       "pipeline": "image-hygiene",
///       "file": "/builds/shop/hook.yml",
///       "engine": { "identifier", "name", "product", "apiVersion", "imageStore", "endpoint" },     or null
///       "stages": [{
///         "number": 1, "name": "prune", "rule": "prune",
///         "settings": { "older-than": "24h" },        ${NAME} stands for what came from --set or the environment
///         "fingerprint": "sha256:...",                of the rule and its settings, with all values
///         "time": "2026-11-01T07:30:00.5Z",           ages are counted from here
///         "skipped": null,                            why it was not run
///         "looks": ["sha256:..."],                    commands that the rule ran to look
///         "changes": [{
///           "action": "remove-image",
///           "target": "sha256:...",                   of run-command, a digest of the command
///           "subject": "shop/api:v1",
///           "state": { "tags": ["shop/api:v1"] }      what must still be so
///         }]
///       }]
///     }
extension RunPlan {
    /// The version of the document that is written and read.
    package static let version = 1

    /// The document, with a line feed at the end.
    package var document: String { json.text(indent: 2) + "\n" }

    private var json: JSONValue {
        [
            "version": .integer(Self.version),
            "hook": .string(hook),
            "created": created.wire,
            "salt": .string(salt),
            "pipeline": .string(pipeline),
            "file": .string(file),
            "engine": engine?.wire ?? .null,
            "stages": stages.wire,
        ]
    }

    /// Reads a document.
    package init(reading text: String) throws(InvalidPlan) {
        let object: WireObject
        let version: Int
        do {
            object = try WireObject(try JSONValue(reading: text), "the document")
            version = try object.integer("version")
        } catch {
            throw InvalidPlan("it is damaged, or no plan: \(error)")
        }
        guard version == Self.version else {
            throw InvalidPlan(
                "it has version \(version), and this hook reads version \(Self.version): make the plan anew, or use the hook that made it"
            )
        }
        do throws(WireMistake) {
            self.init(
                hook: try object.string("hook"),
                created: try object.value("created"),
                salt: try object.string("salt"),
                pipeline: try object.string("pipeline"),
                file: try object.string("file"),
                engine: try object.optionalValue("engine"),
                stages: try object.value("stages")
            )
        } catch {
            throw InvalidPlan("it is damaged, or no plan: \(error)")
        }
    }
}

extension PlannedStage: WireValue {
    /// Reads a stage of a plan.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a stage")
        self.init(
            number: try object.integer("number"),
            name: try object.string("name"),
            rule: try object.string("rule"),
            settings: object["settings"] ?? .object([]),
            fingerprint: try object.string("fingerprint"),
            time: try object.value("time"),
            skipped: try object.optionalString("skipped"),
            looks: try object.strings("looks"),
            changes: try object.value("changes")
        )
    }

    /// The stage as an object.
    package var wire: JSONValue {
        [
            "number": .integer(number),
            "name": .string(name),
            "rule": .string(rule),
            "settings": settings,
            "fingerprint": .string(fingerprint),
            "time": time.wire,
            "skipped": skipped.map { .string($0) } ?? .null,
            "looks": looks.wire,
            "changes": changes.wire,
        ]
    }
}
