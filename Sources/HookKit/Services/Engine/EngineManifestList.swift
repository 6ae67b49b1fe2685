public import OCI

/// A list of images for several platforms that an engine keeps under a name of its own, as `podman manifest` makes it.
///
/// Its images need no names, and are needed to push the list.
public struct EngineManifestList: Hashable, Sendable {
    /// What a list names.
    public enum Content: Hashable, Sendable {
        /// These images of the engine; what only a registry has is left out.
        case images(Set<Digest>)
        /// What it names is not known, for this reason.
        case unknown(String)
    }

    /// The ID.
    public let id: Digest
    /// The tags.
    public let references: [ImageReference]
    /// What it names.
    public let content: Content

    /// Describes a list.
    public init(id: Digest, references: [ImageReference], content: Content) {
        self.id = id
        self.references = references
        self.content = content
    }

    /// The first tag, or the short ID.
    public var displayName: String { references.min()?.description ?? id.short }
}
