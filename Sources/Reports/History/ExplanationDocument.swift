import HookKit
import OCI

/// An explanation as one JSON document, for programs; every member is there in every document, and what is not known is `null`.
///
///     {
///       "version": 1, "hook": "1.0.0", "ledger": "/srv/ci/.hook/ledger.sqlite",
///       "engine": { "identifier", "name", "product", "apiVersion", "imageStore", "endpoint" },
///       "image": { "id": "sha256:...", "tags": [], "repositoryDigests": [], "created": "...", "size": 80000000 },
///       "cause": {                              null for an image that has a name
///         "name": "overwritten", "message": "...", "lostTag": "shop/api:v1", "holder": "sha256:...", "time": "...",
///         "build": { ... } or null, "evidence": ["..."], "waysOut": "..." or null, "remedy": "docker tag ..."
///       },
///       "moments": [{ "time": "...", "text": "..." }],          oldest first
///       "containers": [{ "id", "name", "state" }],
///       "children": [{ "id": "sha256:...", "tags": ["..."] }],
///       "ownBytes": 12300000, "sharedBytes": 67700000,
///       "generations": [{ as in a history, up to "lastBuild", with "reference" before it }],
///       "removal": ["docker rmi ..."],          empty where it cannot be removed by itself
///       "notes": ["..."]
///     }
package enum ExplanationDocument {
    /// The document in bytes.
    package static func bytes(_ report: ExplanationReport) -> [UInt8] {
        let image = report.image
        return JSONReporter.bytes([
            "version": 1, "hook": .string(report.version), "ledger": .string(report.ledger), "engine": JSONReporter.engine(report.engine),
            "image": [
                "id": .string(image.id.description), "tags": texts(image.references.map(\.description) + image.unreadableReferences),
                "repositoryDigests": texts(image.repositoryDigests.map(\.description)), "created": .string(image.created.description),
                "size": .integer(Int(image.size.bytes)),
            ],
            "cause": report.cause.map(cause) ?? .null,
            "moments": .array(report.moments.map { ["time": .string($0.time.description), "text": .string($0.text)] }),
            "containers": .array(report.containers.map(HistoryDocument.container)),
            "children": .array(
                report.children.map { ["id": .string($0.id.description), "tags": texts($0.references.map(\.description))] }
            ),
            "ownBytes": report.ownSize.map { .integer(Int($0.bytes)) } ?? .null,
            "sharedBytes": report.ownSize.map { .integer(Int((image.size - $0).bytes)) } ?? .null,
            "generations": .array(
                report.generations.map { generation in
                    .object([.init("reference", .string(generation.reference.description))] + HistoryDocument.members(generation))
                }
            ),
            "removal": texts(report.removal), "notes": texts(report.notes),
        ])
    }

    private static func cause(_ cause: ExplanationReport.Cause) -> JSONValue {
        [
            "name": .string(cause.name), "message": .string(cause.message), "lostTag": text(cause.lostTag?.description),
            "holder": text(cause.holder?.description), "time": text(cause.time?.description),
            "build": cause.build.map(JSONReporter.build) ?? .null, "evidence": texts(cause.evidence), "waysOut": text(cause.waysOut),
            "remedy": text(cause.remedy),
        ]
    }

    private static func texts(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    private static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
