import HookKit
import OCI

/// An event as the ledger keeps it.
///
/// Kept are events that tell something about an image: everything that happens to images but mounts, and of containers their beginning,
/// their end and what was committed from them, and of volumes their use. An event's labels are left out: they can be large, can hold secrets, and
/// name nothing.
struct StoredEvent {
    /// What an event is about.
    enum Kind: Int64, CaseIterable {
        case image = 0
        case container = 1
        case volume = 2

        /// The word that the engine uses.
        var word: String {
            switch self {
            case .image: "image"
            case .container: "container"
            case .volume: "volume"
            }
        }
    }

    /// What it is about.
    let kind: Kind
    /// When, in nanoseconds since 1970.
    let time: Int64
    /// What happened.
    let action: String
    /// The image or the container; nothing for a volume, which is the subject.
    let actor: EventName
    /// The attribute `name`; `nil` where there is none, or an empty one.
    let name: EventLabel?
    /// The attribute `image`, and the attribute `imageID` of a container that was committed.
    let image: EventLabel?
    /// What it names besides its actor, for looking it up: a reference in full, a digest, or a volume's name.
    let subject: EventName?

    /// Actions of containers that say that an image was used, as SQL has a list.
    ///
    /// Podman has words of its own for some.
    static let uses = "('create', 'start', 'die', 'died')"

    private static let containerActions: Set<String> = ["create", "start", "die", "died", "destroy", "remove", "commit"]
    private static let mounts: Set<String> = ["mount", "unmount"]
    private static let volumeActions: Set<String> = ["create", "mount", "unmount", "destroy"]

    /// Takes what is worth keeping of an event; `nil` where that is nothing.
    init?(_ event: EngineEvent) {
        switch event.kind {
        case Kind.image.word:
            guard !Self.mounts.contains(event.action) else { return nil }
            kind = .image
            let text = event.attributes["name"] ?? ""
            actor = Self.actor(event.actor, kind: .image)
            // Tags name the image as actor and the reference as name; pulls and pushes the reference as actor and its repository as name.
            if Self.digest(event.actor) == nil {
                subject = Self.subject(event.actor)
            } else {
                subject = Self.digest(text) == nil ? Self.subject(text) : nil
            }
            name = text.isEmpty ? nil : EventLabel(text, beside: actor)
            image = event.attributes["image"].map { [subject] in EventLabel($0, beside: subject) }
        case Kind.container.word:
            guard Self.containerActions.contains(event.action) else { return nil }
            kind = .container
            let text = event.attributes["name"] ?? ""
            let typed = event.attributes[event.action == "commit" ? "imageID" : "image"]
            actor = Self.actor(event.actor, kind: .container)
            subject = typed.flatMap(Self.subject)
            name = text.isEmpty ? nil : .name(.text(text))
            image = typed.map { [subject] in EventLabel($0, beside: subject) }
        case Kind.volume.word:
            guard Self.volumeActions.contains(event.action), !event.actor.isEmpty else { return nil }
            kind = .volume
            actor = Self.actor(event.actor, kind: .volume)
            subject = .text(event.actor)
            name = nil
            image = nil
        default:
            return nil
        }
        time = event.time.nanoseconds
        action = event.action
    }

    /// The columns in the order in which `LedgerTransaction.event(_:)` takes them, after the id.
    static let columns = "kind, time, action, actor, name, image, subject"

    // MARK: What a text names

    /// The digest that a text is, with or without its algorithm.
    static func digest(_ text: String) -> Digest? { Digest(text) ?? Digest(algorithm: .sha256, hex: text) }

    /// An actor as it is stored.
    static func actor(_ text: String, kind: Kind) -> EventName {
        switch kind {
        case .image:
            if let digest = Digest(text) { return .bytes(digest.bytes) }
            // BuildKit and Podman leave the algorithm out.
            return digest(text) == nil ? .shared(text) : .text(text)
        case .container: return Digest(algorithm: .sha256, hex: text).map { .bytes($0.bytes) } ?? .text(text)
        // No question about an image or a container may come upon a volume of that name.
        case .volume: return .text("")
        }
    }

    /// What a text names, as it is stored: a digest, or a reference in full with the tag that the engine would add; `nil` for no text.
    static func subject(_ text: String) -> EventName? {
        guard !text.isEmpty else { return nil }
        if let digest = digest(text) { return .bytes(digest.bytes) }
        guard let reference = ImageReference(text) else { return .shared(text) }
        return subject(reference)
    }

    /// What a reference names, as it is stored.
    static func subject(_ reference: ImageReference) -> EventName {
        if let digest = reference.digest { return .bytes(digest.bytes) }
        return .shared("\(reference.name):\(reference.tag ?? "latest")")
    }
}
