public import OCI

/// A reference to content in a registry.
public struct RegistryDescriptor: Hashable, Sendable {
    /// The digest of the content.
    public let digest: Digest
    /// The media type, without parameters; empty where nothing was said.
    public let mediaType: String
    /// The size of the content.
    public let size: ByteSize
    /// The platform, such as `linux/arm64/v8`, where an index says it.
    public let platform: String?
    /// The annotations.
    public let annotations: [String: String]

    /// Describes content.
    public init(
        digest: Digest,
        mediaType: String,
        size: ByteSize = .zero,
        platform: String? = nil,
        annotations: [String: String] = [:]
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.platform = platform
        self.annotations = annotations
    }

    /// Says whether the content lists manifests, such as one for each platform.
    public var isIndex: Bool { mediaType == MediaType.ociIndex || mediaType == MediaType.dockerManifestList }

    /// Says whether an index has it beside the images, such as a build's attestation.
    public var isAttestation: Bool { annotations["vnd.docker.reference.type"] != nil || platform == "unknown/unknown" }
}
