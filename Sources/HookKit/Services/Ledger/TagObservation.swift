public import OCI

/// A tag with the image that it names at one moment.
public struct TagObservation: Hashable, Sendable {
    /// The tag.
    public let reference: ImageReference
    /// The image's ID on its engine.
    public let image: Digest
    /// The digest of the manifest or index in a registry, where the engine knows it.
    public let manifestDigest: Digest?

    /// Makes an observation.
    public init(reference: ImageReference, image: Digest, manifestDigest: Digest? = nil) {
        self.reference = reference
        self.image = image
        self.manifestDigest = manifestDigest
    }
}

/// A stretch of time during which every look found a tag on one image.
public struct TagGeneration: Hashable, Sendable {
    /// The tag.
    public let reference: ImageReference
    /// The image.
    public let image: Digest
    /// The digest of the manifest or index in a registry, where it was known.
    public let manifestDigest: Digest?
    /// When it was first seen there, and by which build.
    public let firstSeen: Timestamp
    /// The build that saw it first, which is the build that made it where `track-tags` runs after every build.
    public let firstBuild: BuildRecord
    /// When it was last seen there.
    public let lastSeen: Timestamp
    /// The build that saw it last.
    public let lastBuild: BuildRecord
    /// How often it was seen there.
    public let sightings: Int

    /// Describes a generation.
    public init(
        reference: ImageReference,
        image: Digest,
        manifestDigest: Digest? = nil,
        firstSeen: Timestamp,
        firstBuild: BuildRecord,
        lastSeen: Timestamp,
        lastBuild: BuildRecord,
        sightings: Int
    ) {
        self.reference = reference
        self.image = image
        self.manifestDigest = manifestDigest
        self.firstSeen = firstSeen
        self.firstBuild = firstBuild
        self.lastSeen = lastSeen
        self.lastBuild = lastBuild
        self.sightings = sightings
    }
}

/// What an observation means against what the ledger knew.
public struct TagChange: Hashable, Sendable {
    /// The kind of change.
    public enum Kind: Hashable, Sendable {
        /// The ledger did not know the tag.
        case new
        /// The tag names the image that it named when it was last seen.
        case unchanged
        /// The tag named another image when it was last seen.
        case moved(from: TagGeneration)
    }

    /// The observation.
    public let observation: TagObservation
    /// What it means.
    public let kind: Kind

    /// Makes a change.
    public init(observation: TagObservation, kind: Kind) {
        self.observation = observation
        self.kind = kind
    }
}
