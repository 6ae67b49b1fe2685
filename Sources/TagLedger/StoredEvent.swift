import GRDB
import HookKit
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An event as the ledger keeps it.
///
/// Kept are events that tell something about an image: everything that happens to images but mounts, and of containers their beginning,
/// their end and what was committed from them. An event's labels are left out: they can be large, can hold secrets, and name nothing.
struct StoredEvent {
    /// What an event is about.
    enum Kind: Int64, CaseIterable {
        case image = 0
        case container = 1

        /// The word that the engine uses.
        var word: String { self == .image ? "image" : "container" }
    }

    /// What it is about.
    let kind: Kind
    /// When, in nanoseconds since 1970.
    let time: Int64
    /// What happened.
    let action: String
    /// Bytes for a digest of an image or an ID of a container, text for anything else.
    let actor: DatabaseValue
    /// The attribute `name`; empty where there is none.
    let name: String
    /// The attribute `image`, and the attribute `imageID` of a container that was committed.
    let image: String?
    /// What it names besides its actor, for looking it up: a reference in full, or a digest.
    let subject: DatabaseValue

    /// Actions of containers that say that an image was used, as SQL has a list.
    ///
    /// Podman has words of its own for some.
    static let uses = "('create', 'start', 'die', 'died')"

    private static let containerActions: Set<String> = ["create", "start", "die", "died", "destroy", "remove", "commit"]
    private static let mounts: Set<String> = ["mount", "unmount"]

    /// Takes what is worth keeping of an event; `nil` where that is nothing.
    init?(_ event: EngineEvent) {
        switch event.kind {
        case Kind.image.word:
            guard !Self.mounts.contains(event.action) else { return nil }
            kind = .image
            image = event.attributes["image"]
            name = event.attributes["name"] ?? ""
            // Tags name the image as actor and the reference as name; pulls and pushes the reference as actor and its repository as name.
            if Self.digest(event.actor) == nil {
                subject = Self.subject(event.actor)
            } else {
                subject = Self.digest(name) == nil ? Self.subject(name) : .null
            }
        case Kind.container.word:
            guard Self.containerActions.contains(event.action) else { return nil }
            kind = .container
            name = event.attributes["name"] ?? ""
            image = event.attributes[event.action == "commit" ? "imageID" : "image"]
            subject = image.map(Self.subject) ?? .null
        default:
            return nil
        }
        time = event.time.nanoseconds
        action = event.action
        actor = Self.actor(event.actor, kind: kind)
    }

    /// The columns in the order in which `event(_:)` takes them, after the id.
    static let columns = "kind, time, action, actor, name, image"

    /// The event of a row whose first column is its id.
    static func event(_ row: Row) throws -> EngineEvent {
        guard let kind = Kind(rawValue: try row.decode(Int64.self, atIndex: 1)) else { throw LedgerDamage(cause: "an event is of no kind") }
        let action = try row.decode(String.self, atIndex: 3)
        let actor: String
        switch (row[4] as DatabaseValue).storage {
        case .string(let text): actor = text
        case .blob(let bytes) where kind == .image:
            guard let digest = Digest(bytes: bytes) else { throw LedgerDamage(cause: "an event names no image") }
            actor = digest.description
        case .blob(let bytes): actor = bytes.hex
        default: throw LedgerDamage(cause: "an event has no actor")
        }
        var attributes: [String: String] = [:]
        let name = try row.decode(String.self, atIndex: 5)
        if !name.isEmpty { attributes["name"] = name }
        if let image = try row.decode(String?.self, atIndex: 6) {
            attributes[kind == .container && action == "commit" ? "imageID" : "image"] = image
        }
        return EngineEvent(
            time: Timestamp(nanoseconds: try row.decode(Int64.self, atIndex: 2)),
            kind: kind.word,
            action: action,
            actor: actor,
            attributes: attributes
        )
    }

    // MARK: What a text names

    /// The digest that a text is, with or without its algorithm.
    static func digest(_ text: String) -> Digest? { Digest(text) ?? Digest(algorithm: .sha256, hex: text) }

    /// An actor as it is stored.
    static func actor(_ text: String, kind: Kind) -> DatabaseValue {
        switch kind {
        case .image: Digest(text)?.bytes.databaseValue ?? text.databaseValue
        case .container: Digest(algorithm: .sha256, hex: text)?.bytes.databaseValue ?? text.databaseValue
        }
    }

    /// What a text names, as it is stored: a digest, or a reference in full with the tag that the engine would add.
    static func subject(_ text: String) -> DatabaseValue {
        guard !text.isEmpty else { return .null }
        if let digest = digest(text) { return digest.bytes.databaseValue }
        guard let reference = ImageReference(text) else { return text.databaseValue }
        return subject(reference)
    }

    /// What a reference names, as it is stored.
    static func subject(_ reference: ImageReference) -> DatabaseValue {
        if let digest = reference.digest { return digest.bytes.databaseValue }
        return "\(reference.name):\(reference.tag ?? "latest")".databaseValue
    }
}
