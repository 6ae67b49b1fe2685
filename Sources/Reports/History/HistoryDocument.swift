import History
import HookKit
import OCI

/// A history as one JSON document, for programs.
///
/// Every member is there in every document, and in this order; what does not apply, or is not known, is `null`. A member may be added without
/// a new version; one that is removed, or means something else, raises `version`. Times are RFC 3339 in UTC.
///
///     {
///       "version": 1,
///       "hook": "1.0.0",
///       "ledger": "/srv/ci/.hook/ledger.sqlite",
///       "time": "2026-11-01T07:30:00Z",
///       "engine": {
///         "asked": true,
///         "identifier": "...",                  of the engine that answered, or null
///         "problem": null                       why none did
///       },
///       "engines": [{ "identifier", "name", "product", "imageStore", "endpoint" }],      those that appear below
///       "tags": [{                              without REFERENCE; else null
///         "reference": "shop/api:v1", "engine": "...", "generationCount": 3,
///         "latest": { as in a history, up to "lastBuild" }
///       }],
///       "tagCount": 1,                          how many tags the ledger has; null with REFERENCE
///       "reference": "shop/api:v1",             as it was typed; null without
///       "histories": [{                         with REFERENCE, one per engine; else null
///         "reference": "shop/api:v1", "engine": "...", "generationCount": 3,
///         "present": { "known": true, "image": "sha256:..." },      where the tag points now; "image" is null for nowhere
///         "generations": [{                     the newest first, as many as --limit says
///           "image": "sha256:...", "manifestDigest": null,
///           "firstSeen", "lastSeen", "sightings": 2,
///           "firstBuild": { "run", "pipeline", "commit", "branch", "system", "buildNumber", "jobURL", "user" },
///           "lastBuild": { ... },
///           "number": 3,                        the first generation of all is 1
///           "livedSeconds": 86400,              up to the first look that found the next one; null for the newest
///           "became": {
///             "state": "untagged",              named, untagged, removed, gone, not-known
///             "tags": [],                       the image's names now
///             "removedAt": null
///           },
///           "containers": [{ "id", "name", "state" }],
///           "pushed": []                        times
///         }]
///       }]
///     }
package enum HistoryDocument {
    /// The document in bytes.
    package static func bytes(_ report: HistoryReport) -> [UInt8] { JSONReporter.bytes(value(report)) }

    private static func value(_ report: HistoryReport) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("version", 1), .init("hook", .string(report.version)), .init("ledger", .string(report.ledger)),
            .init("time", .string(report.now.description)), .init("engine", answer(report.answer)),
        ]
        switch report.subject {
        case .tags(let summaries):
            members += [
                .init("engines", .array(summaries.engines.map(engine))), .init("tags", .array(summaries.tags.map(tag))),
                .init("tagCount", .integer(summaries.total)), .init("reference", .null), .init("histories", .null),
            ]
        case .tag(let typed, let histories):
            members += [
                .init("engines", .array(histories.map { engine($0.engine) })), .init("tags", .null), .init("tagCount", .null),
                .init("reference", .string(typed)), .init("histories", .array(histories.map(history))),
            ]
        }
        return .object(members)
    }

    private static func answer(_ answer: EngineAnswer) -> JSONValue {
        switch answer {
        case .answered(let view): ["asked": true, "identifier": .string(view.identity.identifier), "problem": .null]
        case .silent(let reason): ["asked": true, "identifier": .null, "problem": .string(reason)]
        case .notAsked: ["asked": false, "identifier": .null, "problem": .null]
        }
    }

    private static func engine(_ engine: LedgerEngine) -> JSONValue {
        [
            "identifier": .string(engine.identifier), "name": .string(engine.name), "product": .string(engine.product),
            "imageStore": .string(engine.imageStore), "endpoint": .string(engine.endpoint),
        ]
    }

    private static func tag(_ tag: TagSummary) -> JSONValue {
        [
            "reference": .string(tag.latest.reference.description), "engine": .string(tag.engine.identifier),
            "generationCount": .integer(tag.generationCount), "latest": .object(members(tag.latest)),
        ]
    }

    private static func history(_ history: TagHistory) -> JSONValue {
        let image: Digest? =
            switch history.present {
            case .newest: history.generations.first?.generation.image
            case .unseen(let image): image
            case .nothing, .notKnown: nil
            }
        return [
            "reference": .string(history.reference.description), "engine": .string(history.engine.identifier),
            "generationCount": .integer(history.generationCount),
            "present": ["known": .boolean(history.present != .notKnown), "image": text(image?.description)],
            "generations": .array(history.generations.map(generation)),
        ]
    }

    /// The members that tell what a ledger knows of a generation.
    static func members(_ generation: TagGeneration) -> [JSONValue.Member] {
        [
            .init("image", .string(generation.image.description)), .init("manifestDigest", text(generation.manifestDigest?.description)),
            .init("firstSeen", .string(generation.firstSeen.description)), .init("lastSeen", .string(generation.lastSeen.description)),
            .init("sightings", .integer(generation.sightings)), .init("firstBuild", JSONReporter.build(generation.firstBuild)),
            .init("lastBuild", JSONReporter.build(generation.lastBuild)),
        ]
    }

    private static func generation(_ past: PastGeneration) -> JSONValue {
        var tags: [ImageReference] = []
        var removed: Timestamp?
        let state: String
        switch past.fate {
        case .named(let names): (state, tags) = ("named", names.sorted())
        case .untagged: state = "untagged"
        case .removed(let time): (state, removed) = ("removed", time)
        case .gone: state = "gone"
        case .notKnown: state = "not-known"
        }
        return .object(
            members(past.generation) + [
                .init("number", .integer(past.number)),
                .init("livedSeconds", past.lifetime.map { .integer(Int($0.components.seconds)) } ?? .null),
                .init(
                    "became",
                    [
                        "state": .string(state), "tags": .array(tags.map { .string($0.description) }),
                        "removedAt": text(removed?.description),
                    ]
                ),
                .init("containers", .array(past.containers.map(container))),
                .init("pushed", .array(past.pushes.map { .string($0.description) })),
            ]
        )
    }

    /// A container that holds an image.
    static func container(_ container: EngineContainer) -> JSONValue {
        ["id": .string(container.id), "name": .string(container.displayName), "state": .string(container.state)]
    }

    private static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
