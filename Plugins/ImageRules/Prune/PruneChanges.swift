import HookKit

/// What has changed on the engine since a plan was made, so that some of what the plan names must not be touched any more.
actor PruneChanges {
    /// How old a look may be at what the engine tells of by no event.
    private static let surveyAge = Duration.seconds(1)

    /// How many times as long as the last look at manifest lists took the next one waits: an engine with many images takes long for it.
    private static let listPause = 4

    private let engine: any ContainerEngine
    private let watch: any EngineWatch
    private let plan: PrunePlan
    /// What the names in a container's events may mean; `nil` where it does not matter when an image was last used.
    private let names: ImageNames?
    private let mounts: ImageMounts
    /// What is known to be images, and no manifest lists.
    private let knownImages: Set<Digest>
    /// What the plan was made from: the watch began a moment before, and tells of it again.
    private let knownArrivals: Set<EngineEvent>
    /// What arrived and was not looked at to the end.
    private var unseen: [EngineEvent] = []
    private var services = ServiceUses()
    private var manifestLists = ManifestListUses()
    private var nextListLook: ContinuousClock.Instant?
    private var images: [Digest: String] = [:]
    /// Why any image may have come to the engine again.
    private var doubt: String?
    /// Containers by ID, networks by name and ID.
    private var things: [String: String] = [:]
    private var volumes: [String: String] = [:]
    /// The images of which some tags may be off already.
    private var untagged: Set<Digest> = []
    private var surveyed: ContinuousClock.Instant?
    private var look: Task<Void, any Error>?

    /// Prepares to look; the watch must have begun before the plan was made.
    init(since plan: PrunePlan, engine: any ContainerEngine, watch: any EngineWatch, names: ImageNames?, world: PruneWorld) {
        self.plan = plan
        self.engine = engine
        self.watch = watch
        self.names = names
        mounts = ImageMounts(world)
        knownImages = Set(world.images.map(\.id))
        knownArrivals = world.knownArrivals
    }

    /// Looks again; why something is not as it was when the plan was made.
    ///
    /// A look that has begun is finished, whether or not the task is cancelled: an image must not stay without some of its tags for that.
    func reason(toKeep item: PrunePlan.Item) async throws -> String? {
        try await lookInTurn { changes in
            try await changes.lookAtEvents()
            // No event of a container tells that one was connected to a network, and the engine removes it from under one that stands still.
            if case .network = item { try await changes.lookAtContainers() }
            if case .image = item { try await changes.lookAtManifestLists() }
        }
        return known(item)
    }

    /// Looks again before the first of several tags is taken off an image; why the image is not as it was when the plan was made.
    ///
    /// An engine checks containers and children only with the last tag, and tells of a build on an image by no event that names it.
    func reason(toKeepTagsOf image: EngineImage) async throws -> String? {
        try await lookInTurn { changes in
            try await changes.lookAtEvents()
            try await changes.survey()
            try await changes.lookAtManifestLists()
        }
        let reason = known(.image(image))
        if reason == nil { untagged.insert(image.id) }
        return reason
    }

    /// Makes each look wait for the one before: who looks next must not take the events for all that there is.
    private func lookInTurn(_ body: @escaping @Sendable (isolated PruneChanges) async throws -> Void) async throws {
        let previous = look
        let next = Task {
            _ = await previous?.result
            try await body(self)
        }
        look = next
        try await next.value
    }

    private func known(_ item: PrunePlan.Item) -> String? {
        switch item {
        case .container(let container, _): things[container.id]
        case .network(let network): things[network.name] ?? things[network.id]
        case .volume(let volume): volumes[volume.name]
        case .image(let image): images[image.id] ?? serviceReason(image) ?? doubt ?? manifestLists.reason(toKeep: image.id)
        case .buildCache: nil
        }
    }

    private func serviceReason(_ image: EngineImage) -> String? {
        services.reason(toKeep: image).map { "\($0) since the plan was made" }
    }

    // MARK: Looks

    /// What happens to an image without giving it a name.
    ///
    /// All else may: Podman tells of a build or a commit that takes a tag by the words `build` and `commit` alone.
    private static let harmlessActions: Set = ["delete", "remove", "untag", "push", "save"]

    /// What makes a container of an image, or sets one going.
    private static let usingActions: Set = ["create", "start"]

    private func lookAtEvents() async throws {
        unseen += try await watch.arrived()
        let events = unseen
        for event in events where event.kind == "volume" {
            // One that was unmounted again was used a moment ago all the same.
            if event.action == "create" { volumes[event.actor] = "a volume of this name was made since the stage began" }
            if event.action == "mount" { volumes[event.actor] = "a container mounted it since the stage began" }
        }
        let uses = events.filter { $0.kind == "container" && Self.usingActions.contains($0.action) }
        for event in uses {
            // One that was started may have stopped again, and one that was made may be gone.
            things[event.actor] = "it was started since the plan was made"
            guard let names, let text = event.attributes["image"] else { continue }
            for image in names.images(meantBy: text) { images[image] = "a container was made of it since the plan was made" }
        }
        if !uses.isEmpty { try await lookAtContainers() }
        // Podman's word for an image that a container, a build or a person has as a directory from now on.
        for event in events where event.kind == "image" && event.action == "mount" {
            if let image = Digest(event.actor) { images[image] = "it was mounted since the plan was made" }
        }
        if events.contains(where: { $0.kind == "service" && $0.action != "remove" }) { try await lookAtServices() }
        if events.contains(where: { $0.kind == "image" && !Self.harmlessActions.contains($0.action) }) {
            let current = try await engine.images(.current)
            keepArrivals(events.filter { $0.arrival != nil && !knownArrivals.contains($0) }, among: current)
            // What this finds tells more.
            lookAtTags(of: current)
            // A build may have found that what it made for a list was there already.
            nextListLook = nil
        }
        unseen = []
    }

    /// Keeps the images that came to the engine again, or got a tag that they had: no listing shows a difference.
    private func keepArrivals(_ events: [EngineEvent], among current: [EngineImage]) {
        for event in events {
            guard let arrival = event.arrival else { continue }
            let name = event.action == "tag" ? event.givenName.map { " '\($0)'" } ?? "" : ""
            let reason = "it was \(arrival)\(name) since the plan was made"
            if let id = event.imageID {
                images[id] = reason
            } else if let pulled = event.pulledName {
                for image in current where (image.references + image.repositoryDigests).contains(where: { Self.isPart($0, of: pulled) }) {
                    images[image.id] = reason
                }
            } else if event.action == "load" {
                // Podman names the archive.
                doubt = "an image was loaded since the plan was made, and the engine does not say which"
            }
        }
    }

    /// Says whether a name is what was pulled, or one of all tags of a repository that were pulled at once.
    private static func isPart(_ name: ImageReference, of pulled: ImageReference) -> Bool {
        if pulled.tag == nil, pulled.digest == nil { return name.name == pulled.name }
        return pulled.digest.map { name.name == pulled.name && name.digest == $0 } ?? (name == pulled)
    }

    private func lookAtServices() async throws { services = ServiceUses(try await engine.serviceImages()) }

    /// Looks at the lists of images for several platforms: the engine tells by no event that an image came into one.
    private func lookAtManifestLists() async throws {
        let begin = ContinuousClock.now
        if let nextListLook, begin < nextListLook { return }
        manifestLists = ManifestListUses(try await engine.manifestLists(besides: knownImages))
        let end = ContinuousClock.now
        nextListLook = end + max(Self.surveyAge, begin.duration(to: end) * Self.listPause)
    }

    /// Looks at what no event need tell of.
    private func survey() async throws {
        if let surveyed, surveyed.duration(to: .now) < Self.surveyAge { return }
        let begin = ContinuousClock.now
        try await lookAtContainers()
        try await lookAtServices()
        let current = try await engine.images(.current)
        lookAtTags(of: current)
        let planned = Set(
            plan.removals.compactMap { removal -> Digest? in if case .image(let image) = removal.item { image.id } else { nil } }
        )
        for image in current where !planned.contains(image.id) {
            guard let parent = image.parent else { continue }
            images[parent] = "\(image.references.first.map { "'\($0)'" } ?? "'\(image.id.short)'") is built on it since the plan was made"
        }
        surveyed = begin
    }

    /// Keeps the images, networks and volumes of containers that the plan did not know, or that run now: the engine takes a tag off such an image,
    /// and a network from a container that waits for its start.
    private func lookAtContainers() async throws {
        let going = Set(
            plan.removals.compactMap { removal -> String? in
                guard case .container(let container, _) = removal.item, things[container.id] == nil else { return nil }
                return container.id
            }
        )
        for container in try await engine.containers() where !(container.isStopped && going.contains(container.id)) {
            let reason = "\(container.asHolder) uses it since the plan was made"
            images[container.image] = reason
            for image in mounts.images(mountedBy: container) { images[image] = "\(container.asHolder) mounts it since the plan was made" }
            for network in container.networks { things[network] = reason }
            for volume in container.volumes { volumes[volume] = reason }
        }
    }

    /// The tags that an image lost or got otherwise than by the plan.
    static let otherTags = "its tags changed since the plan was made"

    private func lookAtTags(of current: [EngineImage]) {
        let now = Dictionary(current.map { ($0.id, $0) }) { first, _ in first }
        for removal in plan.removals {
            guard case .image(let planned) = removal.item, let image = now[planned.id] else { continue }
            // An image with one tag is removed by its ID, so a tag that it lost is nobody's loss; several are removed by name, and a name that
            // moved is another image's now.
            let tags = Set(image.references)
            let losesTags = planned.references.count <= 1 || untagged.contains(planned.id)
            let isAsPlanned = losesTags ? tags.isSubset(of: planned.references) : tags == Set(planned.references)
            if !isAsPlanned || image.unreadableReferences != planned.unreadableReferences {
                let added = image.references.first { !planned.references.contains($0) }
                images[planned.id] = added.map { "it was tagged '\($0)' since the plan was made" } ?? Self.otherTags
            }
        }
    }
}
