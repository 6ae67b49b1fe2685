public import OCI

/// An image as somebody typed it: by a name or the end of one, by an ID or the beginning of one.
///
/// Podman takes `set:v1` for `localhost/data/set:v1` as well, where no nearer name is there. Whatever may be meant counts here.
public struct TypedImage: Hashable, Sendable {
    private let reference: ImageReference?
    /// How the names end that may be meant besides; `nil` where a registry was typed.
    private let ending: String?
    private let digits: String?

    /// Takes a text; one that is no name and no ID means nothing.
    public init(_ text: String) {
        let read = ImageReference(text)
        reference = read?.tag == nil && read?.digest == nil ? ImageReference("\(text):latest") : read
        let namesRegistry = reference.map { $0.registry != ImageReference.defaultRegistry } ?? true
        ending =
            namesRegistry || text.hasPrefix("docker.io/") || text.hasPrefix("index.docker.io/")
            ? nil : reference.map { "/\($0.familiarName)" }
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst("sha256:".count)) : text
        self.digits = !digits.isEmpty && digits.allSatisfy(\.isHexDigit) ? digits : nil
    }

    /// Says whether a name of an image may be meant: a tag, or a name with a digest.
    public func mayMean(_ name: ImageReference) -> Bool {
        guard let reference else { return false }
        guard reference.digest.map({ name.digest == $0 }) ?? (name.digest == nil && name.tag == reference.tag) else { return false }
        return name.name == reference.name || ending.map(name.name.hasSuffix) ?? false
    }

    /// Says whether an image may be meant by its ID.
    public func mayMean(_ identifier: Digest) -> Bool { digits.map(identifier.hex.hasPrefix) ?? false }

    /// Says whether an image may be meant, by its ID or by a name that it has.
    public func mayMean(_ image: EngineImage) -> Bool {
        mayMean(image.id) || image.references.contains(where: mayMean) || image.repositoryDigests.contains(where: mayMean)
    }
}
