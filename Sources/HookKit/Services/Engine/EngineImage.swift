public import OCI

/// An image in the engine's listing.
public struct EngineImage: Hashable, Sendable {
    /// The ID.
    public let id: Digest
    /// The image that the classic builder made this one from.
    public let parent: Digest?
    /// The tags.
    public let references: [ImageReference]
    /// Tags whose text is no valid reference; an image that has one is never removed.
    public let unreadableReferences: [String]
    /// `name@digest` for each repository that the image was pulled from or pushed to, the store's own included.
    public let repositoryDigests: [ImageReference]
    /// When the image says that it was made; 1970 or 1980 for builds that are reproducible.
    public let created: Timestamp
    /// The size of all its layers, shared ones included.
    public let size: ByteSize
    /// What the engine shared with other images when it was asked; `nil` where it was not.
    public let sharedSize: ByteSize?
    /// The labels.
    public let labels: [String: String]

    /// Describes an image.
    public init(
        id: Digest,
        parent: Digest? = nil,
        references: [ImageReference] = [],
        unreadableReferences: [String] = [],
        repositoryDigests: [ImageReference] = [],
        created: Timestamp,
        size: ByteSize,
        sharedSize: ByteSize? = nil,
        labels: [String: String] = [:]
    ) {
        self.id = id
        self.parent = parent
        self.references = references
        self.unreadableReferences = unreadableReferences
        self.repositoryDigests = repositoryDigests
        self.created = created
        self.size = size
        self.sharedSize = sharedSize
        self.labels = labels
    }

    /// Says whether the engine shows it as `<none>`.
    public var isUntagged: Bool { references.isEmpty && unreadableReferences.isEmpty }
}

/// What only the inspection of an image says.
public struct EngineImageDetails: Hashable, Sendable {
    /// The ID.
    public let id: Digest
    /// When a tag was last put on it on this engine, where that ever happened.
    ///
    /// A name that came with `docker load` or `docker pull` does not count on the classic store; with the containerd store the load itself does.
    public let lastTagged: Timestamp?
    /// The digests of the layers' uncompressed content, the lowest first.
    public let layers: [Digest]
    /// The parent that the classic builder recorded.
    public let parent: Digest?

    /// Describes an image.
    public init(id: Digest, lastTagged: Timestamp?, layers: [Digest], parent: Digest?) {
        self.id = id
        self.lastTagged = lastTagged
        self.layers = layers
        self.parent = parent
    }
}

/// What became of an image that was to be removed.
public struct ImageRemoval: Hashable, Sendable {
    /// References that are gone.
    public let untagged: [String]
    /// Images and layers that are gone.
    public let deleted: [String]

    /// Describes a removal.
    public init(untagged: [String], deleted: [String]) {
        self.untagged = untagged
        self.deleted = deleted
    }
}
