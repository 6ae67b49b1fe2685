import HookKit

extension EngineEvent {
    /// What is done to an image that comes to be on the engine, or that a tag is put on, in Docker's words and Podman's.
    private static let arrivals = [
        "tag": "tagged", "load": "loaded", "loadfromarchive": "loaded", "pull": "pulled", "import": "imported", "build": "built",
        "commit": "committed", "create": "built",
    ]

    /// What was done, as `tagged` or `loaded`, where an image came to be on the engine or a tag was put on it; `nil` for any other event.
    var arrival: String? { kind == "image" ? Self.arrivals[action] : nil }

    /// The image that the event says it is about, by its ID.
    ///
    /// Observed with Podman 4.3.1: of a build the ID stands where the name should be, beside an empty one.
    var imageID: Digest? {
        if let id = Digest(actor) { return id }
        guard actor.isEmpty, let name = attributes["name"] else { return nil }
        return Digest(algorithm: .sha256, hex: name)
    }

    /// What was pulled, where the event is about a pull: Docker gives the reference instead of an ID, and Podman beside an empty one.
    var pulledName: ImageReference? {
        guard kind == "image", action == "pull" else { return nil }
        return ImageReference(actor.isEmpty ? attributes["name"] ?? "" : actor)
    }

    /// The name that the event gives to its image; `nil` where it gives an ID for a name, or nothing.
    var givenName: ImageReference? {
        guard let name = attributes["name"], Digest(name) == nil, Digest(algorithm: .sha256, hex: name) == nil else { return nil }
        return ImageReference(name)
    }
}
