public import OCI

/// What the engine's storage takes on disk.
public struct EngineDiskUsage: Hashable, Sendable {
    /// All layers of all images, each counted once.
    public let layers: ByteSize
    /// Of each image, the bytes that others have too.
    public let sharedSizes: [Digest: ByteSize]
    /// The build cache.
    public let buildCache: [BuildCacheRecord]
    /// The size of volumes, where the engine measured it.
    public let volumeSizes: [String: ByteSize]

    /// Describes the usage.
    public init(layers: ByteSize, sharedSizes: [Digest: ByteSize], buildCache: [BuildCacheRecord], volumeSizes: [String: ByteSize]) {
        self.layers = layers
        self.sharedSizes = sharedSizes
        self.buildCache = buildCache
        self.volumeSizes = volumeSizes
    }
}

/// A record of BuildKit's cache.
public struct BuildCacheRecord: Hashable, Sendable {
    /// The ID.
    public let id: String
    /// The records that it builds on.
    public let parents: [String]
    /// What it came from, as BuildKit describes it.
    public let description: String
    /// Says whether a build uses it now.
    public let isInUse: Bool
    /// Says whether it shares its content with an image.
    public let isShared: Bool
    /// Its size.
    public let size: ByteSize
    /// When it was made.
    public let created: Timestamp?
    /// When a build last used it.
    public let lastUsed: Timestamp?

    /// Describes a record.
    public init(
        id: String,
        parents: [String],
        description: String,
        isInUse: Bool,
        isShared: Bool,
        size: ByteSize,
        created: Timestamp?,
        lastUsed: Timestamp?
    ) {
        self.id = id
        self.parents = parents
        self.description = description
        self.isInUse = isInUse
        self.isShared = isShared
        self.size = size
        self.created = created
        self.lastUsed = lastUsed
    }
}

/// A network.
public struct EngineNetwork: Hashable, Sendable {
    /// The ID.
    public let id: String
    /// The name.
    public let name: String
    /// `bridge`, `overlay` and so on.
    public let driver: String
    /// `local`, `swarm` or `global`.
    public let scope: String
    /// When it was made, where the engine says so.
    public let created: Timestamp?
    /// The labels.
    public let labels: [String: String]
    /// Says whether the engine itself made it: `bridge`, `host`, `none`, the swarm's ingress, Podman's default.
    public let isPredefined: Bool

    /// Describes a network.
    public init(
        id: String,
        name: String,
        driver: String,
        scope: String,
        created: Timestamp?,
        labels: [String: String],
        isPredefined: Bool
    ) {
        self.id = id
        self.name = name
        self.driver = driver
        self.scope = scope
        self.created = created
        self.labels = labels
        self.isPredefined = isPredefined
    }
}

/// A volume.
public struct EngineVolume: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The driver.
    public let driver: String
    /// When it was made, where the engine says so.
    public let created: Timestamp?
    /// The labels.
    public let labels: [String: String]

    /// Describes a volume.
    public init(name: String, driver: String, created: Timestamp?, labels: [String: String]) {
        self.name = name
        self.driver = driver
        self.created = created
        self.labels = labels
    }
}
