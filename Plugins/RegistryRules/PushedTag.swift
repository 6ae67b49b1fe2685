import HookKit

/// A tag of the engine that would be pushed.
struct PushedTag: Sendable {
    /// The tag as the engine has it.
    let local: ImageReference
    /// The tag as the registry would have it.
    let target: ImageReference
    /// The image that it names.
    let image: EngineImage

    /// Says whether the engine knows the image by the digest of a manifest in the registry's repository.
    ///
    /// The digest of an index does not count: an engine that keeps images by their configurations has one image of it, and would push that alone.
    func wasSeen(as descriptor: RegistryDescriptor) -> Bool {
        guard !descriptor.isIndex else { return false }
        return image.repositoryDigests.contains { $0.name == target.name && $0.digest == descriptor.digest }
    }
}
