public import OCI

/// A manifest in a registry.
public struct RegistryManifest: Hashable, Sendable {
    /// What a manifest is made of.
    public enum Content: Hashable, Sendable {
        /// A configuration and layers: an image or another artifact.
        case image(configuration: RegistryDescriptor)
        /// Other manifests, such as one for each platform.
        case index([RegistryDescriptor])
        /// A form that says neither, such as that of the first registries.
        case other
    }

    /// Its digest, media type and size.
    public let descriptor: RegistryDescriptor
    /// What it is made of.
    public let content: Content
    /// The manifest that it belongs to, such as the image that it signs.
    public let subject: Digest?
    /// The annotations.
    public let annotations: [String: String]

    /// Describes a manifest.
    public init(descriptor: RegistryDescriptor, content: Content, subject: Digest? = nil, annotations: [String: String] = [:]) {
        self.descriptor = descriptor
        self.content = content
        self.subject = subject
        self.annotations = annotations
    }

    /// The digest.
    public var digest: Digest { descriptor.digest }

    /// The manifests of an index; empty for an image.
    public var children: [RegistryDescriptor] {
        if case .index(let children) = content { children } else { [] }
    }

    /// The configuration of an image; `nil` for an index.
    public var configuration: RegistryDescriptor? {
        if case .image(let configuration) = content { configuration } else { nil }
    }
}

/// What an image's configuration says of the image.
public struct RegistryImageConfiguration: Hashable, Sendable {
    /// When the image says that it was made; 1970 or 1980 for builds that are reproducible.
    public let created: Timestamp?
    /// The labels.
    public let labels: [String: String]

    /// Describes a configuration.
    public init(created: Timestamp?, labels: [String: String] = [:]) {
        self.created = created
        self.labels = labels
    }
}
