public import HookKit
import OCI

/// Everything that a `FakeEngine` holds, to be compared before and after.
public struct FakeEngineState: Hashable, Sendable {
    /// The images in the engine's order.
    public var images: [EngineImage]
    /// The details of images that differ from what the listing lets expect.
    public var imageDetails: [EngineImageDetails]
    /// The containers.
    public var containers: [EngineContainer]
    /// The details of containers that differ from what the listing lets expect.
    public var containerDetails: [EngineContainerDetails]
    /// The image references of Swarm services.
    public var serviceImages: [String]
    /// The lists of images for several platforms that the engine keeps apart from its images.
    public var manifestLists: [EngineManifestList] = []
    /// The networks.
    public var networks: [EngineNetwork]
    /// The volumes.
    public var volumes: [EngineVolume]
    /// The build cache.
    public var buildCache: [BuildCacheRecord]
    /// The events that the engine remembers, in the order in which they came.
    public var events: [EngineEvent]

    /// Takes what a world says of its engine.
    public init(_ world: ExampleWorld, serviceImages: [String] = []) {
        images = world.images
        imageDetails = world.imageDetails
        containers = world.containers
        containerDetails = world.containerDetails
        self.serviceImages = serviceImages
        networks = world.networks
        volumes = world.volumes
        buildCache = world.buildCache
        events = world.events
    }
}
