/// Something that the engine did to an image, a container, a volume or a service of its swarm.
public struct EngineEvent: Hashable, Sendable {
    /// When, by the engine's clock.
    public let time: Timestamp
    /// `image`, `container`, `volume` or `service`.
    public let kind: String
    /// `tag`, `untag`, `load`, `pull`, `import`, `save`, `delete`, `create`, `destroy` and so on.
    public let action: String
    /// The image's, container's or service's ID, the volume's name, or for some actions the reference.
    public let actor: String
    /// What came with it: `name` is the reference, `image` the reference that a container was created from.
    public let attributes: [String: String]

    /// Describes an event.
    public init(time: Timestamp, kind: String, action: String, actor: String, attributes: [String: String] = [:]) {
        self.time = time
        self.kind = kind
        self.action = action
        self.actor = actor
        self.attributes = attributes
    }
}
