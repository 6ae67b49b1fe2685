public import OCI

/// A container engine: Docker, or one that answers like it.
///
/// Every call has a time limit of its own and throws `EngineError`. In a dry run every call that would change something throws, whatever a
/// rule does.
public protocol ContainerEngine: Sendable {
    /// Which engine this is.
    var identity: EngineIdentity { get async throws }

    /// The earliest and the latest that the engine's clock can show now; `nil` where that is not known.
    func timeNow() async throws -> ClosedRange<Timestamp>?

    /// Every image, intermediate ones included, in the engine's order.
    func images(_ freshness: ListingFreshness) async throws -> [EngineImage]

    /// What images, layers and the build cache take on disk. Slow on engines that measure every volume for it.
    func diskUsage() async throws -> EngineDiskUsage

    /// What the listing does not say of some images; an image that is gone is missing from the result.
    func inspectImages(_ identifiers: [Digest]) async throws -> [Digest: EngineImageDetails]

    /// The tags that an image has now, as the engine writes them; `nil` where it is gone.
    func tags(of image: Digest) async throws -> [String]?

    /// Every container, in any state.
    func containers() async throws -> [EngineContainer]

    /// What the listing does not say of some containers; a container that is gone is missing from the result.
    func inspectContainers(_ identifiers: [String]) async throws -> [String: EngineContainerDetails]

    /// The image references that Swarm services hold; empty where the engine manages no swarm.
    func serviceImages() async throws -> [String]

    /// The lists of images for several platforms, where the engine keeps them apart from its images, as Podman does; empty on others.
    ///
    /// - Parameter images: the IDs that are known to be images: what else the engine has is looked at.
    func manifestLists(besides images: Set<Digest>) async throws -> [EngineManifestList]

    /// Every network.
    func networks() async throws -> [EngineNetwork]

    /// Every volume.
    func volumes() async throws -> [EngineVolume]

    /// The volume that has a name now; `nil` where none has.
    func volume(named name: String) async throws -> EngineVolume?

    /// What the engine remembers of images, containers, volumes and services since a moment (a short buffer in its memory), oldest first.
    func events(since: Timestamp?) async throws -> [EngineEvent]

    /// What the engine remembers of images, containers, volumes and services, oldest first; with `.sharedByObservers`, as it was when an earlier stage asked.
    func recentEvents(_ freshness: ListingFreshness) async throws -> [EngineEvent]

    /// Begins to follow the events of images, containers, volumes and services.
    func watch() async throws -> any EngineWatch

    /// Removes an image that has at most one tag, without force and without its parents; what the engine untagged and deleted.
    ///
    /// - Warning: an image that got its first tag a moment ago is removed with that tag; look at a `watch` before.
    func removeImage(_ identifier: Digest) async throws -> ImageRemoval

    /// Removes a tag from the image that it still names, and with the last one the image, without force and without its parents.
    ///
    /// A tag that names another image by now stays, and that is `EngineError.Code.changed`.
    /// - Warning: a moment remains between the look at the tag and its removal; look at a `watch` before.
    func removeTag(_ reference: ImageReference, of image: Digest) async throws -> ImageRemoval

    /// Removes a container that does not run, without force; its anonymous volumes stay.
    func removeContainer(_ identifier: String) async throws

    /// Removes a network that nothing is connected to.
    func removeNetwork(_ identifier: String) async throws

    /// Removes a volume that no container uses, without force.
    ///
    /// - Warning: a volume that was made anew under the name goes with its data; look at `volume(named:)` before.
    func removeVolume(_ name: String) async throws

    /// Removes one record of the build cache; the bytes that it freed.
    func removeBuildCache(_ identifier: String) async throws -> ByteSize
}

extension ContainerEngine {
    /// What the engine remembers of images, containers, volumes and services, asked for now.
    public func recentEvents(_ freshness: ListingFreshness) async throws -> [EngineEvent] { try await events(since: nil) }

    /// There are no lists apart from the images.
    public func manifestLists(besides images: Set<Digest>) async throws -> [EngineManifestList] { [] }

    /// Nothing is known of the engine's clock.
    public func timeNow() async throws -> ClosedRange<Timestamp>? { nil }

    /// The tags that an image has in the listing.
    public func tags(of image: Digest) async throws -> [String]? {
        try await images(.current).first { $0.id == image }.map { $0.references.map(\.description) + $0.unreadableReferences }
    }

    /// The volume that has a name in the listing.
    public func volume(named name: String) async throws -> EngineVolume? { try await volumes().first { $0.name == name } }
}

/// How new a listing must be.
public enum ListingFreshness: Sendable {
    /// Asked for now. What leads to a deletion must be.
    case current
    /// The listing that an earlier stage of this run took may serve, as long as no stage that may change something came between.
    case sharedByObservers
}

/// The events of images, containers, volumes and services that came since a watch began.
public protocol EngineWatch: Sendable {
    /// The events that arrived since the last call; throws when the stream broke, since silence then says nothing.
    func arrived() async throws -> [EngineEvent]

    /// Ends the stream.
    func stop() async
}
