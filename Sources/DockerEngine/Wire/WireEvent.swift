import HookKit

/// An element of `GET /events`.
struct WireEvent: Decodable {
    struct Actor: Decodable {
        let id: String?
        let attributes: [String: String]?

        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
    }

    let kind: String?
    let action: String?
    let actor: Actor?
    let seconds: Int64?
    let nanoseconds: Int64?

    enum CodingKeys: String, CodingKey {
        case kind = "Type"
        case action = "Action"
        case actor = "Actor"
        case seconds = "time"
        case nanoseconds = "timeNano"
    }

    /// The event, in Docker's words; `nil` for one that is about something else than an image, a container, a volume or a service.
    ///
    /// Podman has words of its own (libpod, `events/config.go`), and image IDs without `sha256:`. Observed with Podman 4.3.1: a `delete` of an image is
    /// also sent when only a tag went, and when the removal failed, and events of one moment are not in order.
    func event() throws(WireFailure) -> EngineEvent? {
        guard let kind, Self.kinds.contains(kind), let action else { return nil }
        guard let time = nanoseconds.map(Timestamp.init(nanoseconds:)) ?? seconds.map(Timestamp.init(seconds:)) else {
            throw WireFailure("an event without a time")
        }
        var actor = actor?.id ?? ""
        // Podman says the name of a volume beside an empty ID.
        if actor.isEmpty, kind == "volume" { actor = self.actor?.attributes?["name"] ?? "" }
        return EngineEvent(
            time: time,
            kind: kind,
            action: Self.dockerActions[kind]?[action] ?? action,
            actor: kind == "image" ? WireImageRemoval.prefixed(actor) : actor,
            attributes: self.actor?.attributes ?? [:]
        )
    }

    private static let kinds: Set = ["image", "container", "volume", "service"]

    private static let dockerActions = [
        "image": ["remove": "delete", "loadfromarchive": "load"],
        "container": ["remove": "destroy", "died": "die"],
        "volume": ["remove": "destroy"],
    ]
}
