public import HookKit
public import OCI
import Synchronization

/// A container engine in memory that refuses what a real one refuses, and remembers what it was asked.
///
/// Its IDs and removals are those of Docker's classic image store.
public final class FakeEngine: ContainerEngine {
    /// What the engine lets its user do.
    public enum Access: Sendable {
        /// Everything.
        case changes
        /// What changes nothing; any other request throws `EngineError.Code.dryRun`.
        case dryRun
    }

    /// A stand-in for other users of the engine, or for its failures: called before each request is carried out.
    ///
    /// What it throws, the request throws. Requests of its own to the engine are not handed to it again.
    public typealias Interception = @Sendable (_ request: FakeEngineRequest, _ engine: FakeEngine) throws -> Void

    /// The identity that an engine has where a test gives no other.
    public static let exampleIdentity = EngineIdentity(
        identifier: "EXAM:PLE0:ENGI:NE00",
        name: "example-host",
        product: "Docker 20.10.24",
        apiVersion: "1.41",
        imageStore: .classic,
        endpoint: "unix:///var/run/docker.sock"
    )

    private struct Inner {
        var state: FakeEngineState
        var requests: [FakeEngineRequest] = []
        var watches: [FakeEngineWatch] = []
    }

    private let inner: Mutex<Inner>
    private let access: Access
    private let ownIdentity: EngineIdentity
    private let interception: Interception?
    private let now: @Sendable () -> Timestamp

    /// Makes an engine.
    ///
    /// - Parameters:
    ///   - state: what it holds.
    ///   - identity: which engine it says it is.
    ///   - access: what it lets its user do.
    ///   - now: its clock.
    ///   - interception: what happens before each request.
    public init(
        _ state: FakeEngineState,
        identity: EngineIdentity = FakeEngine.exampleIdentity,
        access: Access = .changes,
        now: @escaping @Sendable () -> Timestamp = { ExampleWorld.now },
        interception: Interception? = nil
    ) {
        inner = Mutex(Inner(state: state))
        ownIdentity = identity
        self.access = access
        self.now = now
        self.interception = interception
    }

    /// Makes an engine that holds what a world says.
    public convenience init(_ world: ExampleWorld, access: Access = .changes, interception: Interception? = nil) {
        self.init(FakeEngineState(world), access: access, interception: interception)
    }

    /// What the engine holds now.
    public var state: FakeEngineState { inner.withLock { $0.state } }

    /// Every request in order, the refused ones included.
    public var requests: [FakeEngineRequest] { inner.withLock { $0.requests } }

    /// Every request in order that asked for a change, the refused ones included.
    public var changes: [FakeEngineRequest] { requests.filter(\.isChange) }

    // MARK: - Other users of the engine

    /// Changes what the engine holds without an event.
    public func update(_ body: (inout FakeEngineState) -> Void) {
        inner.withLock { body(&$0.state) }
    }

    /// Lets an event happen: the engine remembers it, and every watch sees it.
    public func inject(_ event: EngineEvent) {
        inner.withLock {
            $0.state.events.append(event)
            for watch in $0.watches { watch.deliver([event]) }
        }
    }

    /// Puts a tag on an image, taking it from whichever has it, with the event that the engine sends.
    public func tag(_ identifier: Digest, as reference: ImageReference, at time: Timestamp? = nil) {
        update { state in
            for (index, image) in state.images.enumerated() {
                var references = image.references.filter { $0 != reference }
                if image.id == identifier { references.append(reference) }
                state.images[index] = image.with(references: references, repositoryDigests: image.repositoryDigests)
            }
        }
        let attributes = ["name": reference.description]
        inject(EngineEvent(time: time ?? now(), kind: "image", action: "tag", actor: identifier.description, attributes: attributes))
    }

    /// Breaks every watch: its next `arrived` throws.
    public func breakWatches() {
        let error = EngineError(.unreachable, "the stream of events of \(ownIdentity.endpoint) broke")
        inner.withLock { for watch in $0.watches { watch.break(error) } }
    }

    // MARK: - ContainerEngine

    /// The identity given.
    public var identity: EngineIdentity {
        get async throws {
            try begin(.identity)
            return ownIdentity
        }
    }

    /// Every image.
    public func images(_ freshness: ListingFreshness) async throws -> [EngineImage] {
        try begin(.images(freshness))
        return state.images
    }

    /// The sizes that the images and the build cache say; what images share is counted once, as much as the image that shares most.
    public func diskUsage() async throws -> EngineDiskUsage {
        try begin(.diskUsage)
        let state = self.state
        let parents = Set(state.images.compactMap(\.parent))
        let listed = state.images.filter { !parents.contains($0.id) }
        var layers = listed.compactMap(\.sharedSize).max() ?? .zero
        for image in listed { layers += image.size - (image.sharedSize ?? .zero) }
        let shared = listed.map { ($0.id, $0.sharedSize ?? .zero) }
        return EngineDiskUsage(
            layers: layers,
            sharedSizes: Dictionary(shared) { first, _ in first },
            buildCache: state.buildCache,
            volumeSizes: [:]
        )
    }

    /// The time of its clock.
    public func timeNow() async throws -> ClosedRange<Timestamp>? {
        let time = now()
        return time...time
    }

    /// The tags that an image has.
    public func tags(of image: Digest) async throws -> [String]? {
        try begin(.tags(image))
        return state.images.first { $0.id == image }.map { $0.references.map(\.description) + $0.unreadableReferences }
    }

    /// The details that the world gives, or else those of an image that was tagged when it was made, if it has a tag.
    public func inspectImages(_ identifiers: [Digest]) async throws -> [Digest: EngineImageDetails] {
        try begin(.inspectImages(identifiers))
        let state = self.state
        var found: [Digest: EngineImageDetails] = [:]
        for image in state.images where identifiers.contains(image.id) {
            let lastTagged = image.references.isEmpty ? nil : image.created
            found[image.id] =
                state.imageDetails.first { $0.id == image.id }
                ?? EngineImageDetails(id: image.id, lastTagged: lastTagged, layers: [], parent: image.parent)
        }
        return found
    }

    /// Every container.
    public func containers() async throws -> [EngineContainer] {
        try begin(.containers)
        return state.containers
    }

    /// The details that the world gives, or else those of a container whose listing says what was typed.
    public func inspectContainers(_ identifiers: [String]) async throws -> [String: EngineContainerDetails] {
        try begin(.inspectContainers(identifiers))
        let state = self.state
        var found: [String: EngineContainerDetails] = [:]
        for container in state.containers where identifiers.contains(container.id) {
            found[container.id] =
                state.containerDetails.first { $0.id == container.id }
                ?? EngineContainerDetails(id: container.id, configuredImage: container.imageName, started: nil, finished: nil)
        }
        return found
    }

    /// The images of services.
    public func serviceImages() async throws -> [String] {
        try begin(.serviceImages)
        return state.serviceImages
    }

    /// The lists of images.
    public func manifestLists(besides images: Set<Digest>) async throws -> [EngineManifestList] {
        try begin(.manifestLists)
        return state.manifestLists
    }

    /// Every network.
    public func networks() async throws -> [EngineNetwork] {
        try begin(.networks)
        return state.networks
    }

    /// Every volume.
    public func volumes() async throws -> [EngineVolume] {
        try begin(.volumes)
        return state.volumes
    }

    /// The volume with a name.
    public func volume(named name: String) async throws -> EngineVolume? {
        try begin(.volume(name))
        return state.volumes.first { $0.name == name }
    }

    /// The events that the engine remembers, oldest first.
    public func events(since: Timestamp?) async throws -> [EngineEvent] {
        try begin(.events(since: since))
        // The sort is stable: events of one moment stay in their order.
        return state.events.filter { event in since.map { event.time >= $0 } ?? true }.sorted { $0.time < $1.time }
    }

    /// A watch that sees what is injected and what is removed from now on.
    public func watch() async throws -> any EngineWatch {
        try begin(.watch)
        let watch = FakeEngineWatch()
        inner.withLock { $0.watches.append(watch) }
        return watch
    }

    /// Removes an image as the engine does: not with two tags, with children, or with containers in any state.
    public func removeImage(_ identifier: Digest) async throws -> ImageRemoval {
        let time = now()
        return try change(.removeImage(identifier)) { state throws(EngineError) in try state.removeImage(identifier, at: time) }
    }

    /// Removes a tag as the engine does: not the last one of an image that has containers, and not one that names another image.
    public func removeTag(_ reference: ImageReference, of image: Digest) async throws -> ImageRemoval {
        let time = now()
        return try change(.removeTag(reference)) { state throws(EngineError) in try state.removeTag(reference, of: image, at: time) }
    }

    /// Removes a container that has stopped.
    public func removeContainer(_ identifier: String) async throws {
        let time = now()
        try change(.removeContainer(identifier)) { state throws(EngineError) in try state.removeContainer(identifier, at: time) }
    }

    /// Removes a network that no running container uses.
    public func removeNetwork(_ identifier: String) async throws {
        try change(.removeNetwork(identifier)) { state throws(EngineError) in try state.removeNetwork(identifier) }
    }

    /// Removes a volume that no container mounts.
    public func removeVolume(_ name: String) async throws {
        try change(.removeVolume(name)) { state throws(EngineError) in try state.removeVolume(name) }
    }

    /// Removes a record of the build cache that nothing needs.
    public func removeBuildCache(_ identifier: String) async throws -> ByteSize {
        try change(.removeBuildCache(identifier)) { state throws(EngineError) in state.removeBuildCache(identifier) }
    }

    // MARK: -

    private func begin(_ request: FakeEngineRequest) throws {
        inner.withLock { $0.requests.append(request) }
        try interception?(request, self)
    }

    private func change<Result>(
        _ request: FakeEngineRequest,
        _ body: (inout FakeEngineState) throws(EngineError) -> Result
    ) throws -> Result {
        try begin(request)
        guard access == .changes else {
            throw EngineError(.dryRun, "a dry run asked \(ownIdentity.endpoint) for a change: \(request)")
        }
        return try inner.withLock { inner throws(EngineError) in
            let known = inner.state.events.count
            let result = try body(&inner.state)
            for watch in inner.watches { watch.deliver(inner.state.events[known...]) }
            return result
        }
    }
}
