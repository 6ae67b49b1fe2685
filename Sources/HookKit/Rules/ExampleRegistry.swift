public import OCI

/// A registry of a rule's example.
public struct ExampleRegistry: Hashable, Sendable {
    /// Something in the registry.
    public struct Image: Hashable, Sendable {
        /// The manifest.
        public let manifest: RegistryManifest
        /// What its configuration says; `nil` for an index, and where the registry has lost it.
        public let configuration: RegistryImageConfiguration?

        /// Describes something in a registry.
        public init(_ manifest: RegistryManifest, configuration: RegistryImageConfiguration? = nil) {
            self.manifest = manifest
            self.configuration = configuration
        }
    }

    /// What each tag names, by repository and tag: `shop/api:v1`.
    public var tags: [String: Digest]
    /// What there is, in whatever repository.
    public var images: [Image]
    /// What the registry deletes when it is asked.
    public var deletion: RegistryDeletionSupport

    /// Describes a registry.
    public init(tags: [String: Digest], images: [Image], deletion: RegistryDeletionSupport = .manifests) {
        self.tags = tags
        self.images = images
        self.deletion = deletion
    }
}
