public import HookKit
public import OCI

/// A request that a `FakeEngine` got.
public enum FakeEngineRequest: Hashable, Sendable, CustomStringConvertible {
    /// The engine's identity.
    case identity
    /// The listing of images.
    case images(ListingFreshness)
    /// The disk usage.
    case diskUsage
    /// Details of images.
    case inspectImages([Digest])
    /// The tags of an image.
    case tags(Digest)
    /// The listing of containers.
    case containers
    /// Details of containers.
    case inspectContainers([String])
    /// The images of Swarm services.
    case serviceImages
    /// The lists of images for several platforms.
    case manifestLists
    /// The listing of networks.
    case networks
    /// The listing of volumes.
    case volumes
    /// The volume with a name.
    case volume(String)
    /// The events since a moment.
    case events(since: Timestamp?)
    /// A watch.
    case watch
    /// The removal of an image by its ID.
    case removeImage(Digest)
    /// The removal of a tag.
    case removeTag(ImageReference)
    /// The removal of a container.
    case removeContainer(String)
    /// The removal of a network.
    case removeNetwork(String)
    /// The removal of a volume.
    case removeVolume(String)
    /// The removal of a record of the build cache.
    case removeBuildCache(String)

    /// Says whether the request asks the engine to change something.
    public var isChange: Bool {
        switch self {
        case .removeImage, .removeTag, .removeContainer, .removeNetwork, .removeVolume, .removeBuildCache: true
        default: false
        }
    }

    /// The request in a few words: `remove image 1a2b3c4d5e6f`.
    public var description: String {
        switch self {
        case .identity: "identity"
        case .images(.current): "list images"
        case .images(.sharedByObservers): "list images, an earlier listing may serve"
        case .diskUsage: "disk usage"
        case .inspectImages(let identifiers): "inspect images \(identifiers.map(\.short).joined(separator: " "))"
        case .tags(let identifier): "tags of \(identifier.short)"
        case .containers: "list containers"
        case .inspectContainers(let identifiers): "inspect containers \(identifiers.joined(separator: " "))"
        case .serviceImages: "list images of services"
        case .manifestLists: "list manifest lists"
        case .networks: "list networks"
        case .volumes: "list volumes"
        case .volume(let name): "volume \(name)"
        case .events(let since): "events since \(since.map(\.description) ?? "the beginning")"
        case .watch: "watch"
        case .removeImage(let identifier): "remove image \(identifier.short)"
        case .removeTag(let reference): "remove tag \(reference)"
        case .removeContainer(let identifier): "remove container \(identifier)"
        case .removeNetwork(let identifier): "remove network \(identifier)"
        case .removeVolume(let name): "remove volume \(name)"
        case .removeBuildCache(let identifier): "remove build cache \(identifier)"
        }
    }
}
