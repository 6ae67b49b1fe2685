public import OCI

/// A container in the engine's listing.
public struct EngineContainer: Hashable, Sendable {
    /// The ID.
    public let id: String
    /// The names, without the slash in front.
    public let names: [String]
    /// The image it was made from.
    public let image: Digest
    /// What the listing calls the image: the reference, or the ID where the reference names another image now.
    public let imageName: String
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`; other words are kept as they come.
    ///
    /// `storage` is Podman's word for a container that it does not run itself: that of a build, or of another program on its storage.
    public let state: String
    /// When it was made.
    public let created: Timestamp
    /// The labels.
    public let labels: [String: String]
    /// The names of the networks that it is configured for.
    public let networks: [String]
    /// The names of the volumes that it mounts.
    public let volumes: [String]
    /// The images that it mounts, each as the engine says it: as it was typed where it was made.
    public let imageMounts: [String]

    /// Describes a container.
    public init(
        id: String,
        names: [String] = [],
        image: Digest,
        imageName: String,
        state: String,
        created: Timestamp,
        labels: [String: String] = [:],
        networks: [String] = [],
        volumes: [String] = [],
        imageMounts: [String] = []
    ) {
        self.id = id
        self.names = names
        self.image = image
        self.imageName = imageName
        self.state = state
        self.created = created
        self.labels = labels
        self.networks = networks
        self.volumes = volumes
        self.imageMounts = imageMounts
    }

    /// The first name, or the short ID.
    public var displayName: String { names.first ?? shortID }

    /// The first twelve digits of the ID, as `docker ps` prints it.
    public var shortID: String { String(id.prefix(12)) }

    /// Says whether it is a build's, or another program's on the engine's storage: the engine lists it, and neither starts nor inspects it.
    public var isExternal: Bool { state == "storage" }

    /// What the texts of its image mounts may mean.
    public var mountedImages: [TypedImage] { imageMounts.map(TypedImage.init) }

    /// Says whether the container has stopped, or never ran.
    public var isStopped: Bool { state == "exited" || state == "created" || state == "dead" }
}

/// What only the inspection of a container says.
public struct EngineContainerDetails: Hashable, Sendable {
    /// The ID.
    public let id: String
    /// The image reference that the container was created from, as it was typed.
    public let configuredImage: String
    /// When it last started.
    public let started: Timestamp?
    /// When it last stopped.
    public let finished: Timestamp?

    /// Describes a container.
    public init(id: String, configuredImage: String, started: Timestamp?, finished: Timestamp?) {
        self.id = id
        self.configuredImage = configuredImage
        self.started = started
        self.finished = finished
    }
}
