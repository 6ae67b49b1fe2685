import HookKit

/// What the plan is made from: the engine at one moment, and what the ledger knows of its images.
struct PruneWorld: Sendable {
    var now: Timestamp
    /// How a command for the engine begins that a person may type.
    var docker = "docker"
    var images: [EngineImage] = []
    /// The layers of images, where a disk budget needs them.
    var layers: [Digest: [Digest]] = [:]
    var containers: [EngineContainer] = []
    var containerDetails: [String: EngineContainerDetails] = [:]
    var services = ServiceUses()
    /// The lists of images for several platforms that the engine keeps apart from its images.
    var manifestLists = ManifestListUses()
    var networks: [EngineNetwork] = []
    var volumes: [EngineVolume] = []
    /// What the storage takes; `nil` where the engine did not say in time.
    var usage: EngineDiskUsage?
    /// The tags that each image has or had, by the ledger.
    var generations: [Digest: [TagGeneration]] = [:]
    /// The names that the engine's events give to each image.
    var formerNames: [Digest: [ImageReference]] = [:]
    /// When the ledger or the engine's events last saw each image being used, tagged, loaded or pulled.
    var lastUses: [Digest: Timestamp] = [:]
    /// When they last saw each image being tagged, loaded, pulled or imported; of dangling images alone, only pulls by digest.
    var arrivals: [Digest: Timestamp] = [:]
    /// The events of images that came or were tagged, among those that the engine told of.
    var knownArrivals: Set<EngineEvent> = []
    /// When a tag was last put on each image that was asked about, by what the engine keeps with the image.
    var lastTagged: [Digest: Timestamp] = [:]
    /// When they last saw each volume being made, mounted or unmounted.
    var volumeUses: [String: Timestamp] = [:]
    /// When a container was last removed, where the engine does not say which volumes containers use.
    var lastContainerRemoval: Timestamp?
}

extension PruneWorld {
    /// How long to wait for sizes that a plan can do without.
    private static let sizeLimit = Duration.seconds(30)

    /// How far two clocks may lie apart without a word.
    private static let noticeableSkew = Duration.seconds(60)

    /// Asks the engine for what the policy needs, side by side.
    static func gather(for policy: PrunePolicy, in context: RuleContext) async throws -> PruneWorld {
        let engine = try await context.engine
        let ledger = try await context.ledger
        let actsOnImages = policy.dangling == .remove || policy.unused == .remove
        async let identityAnswer = engine.identity
        async let containersAnswer = engine.containers()
        async let servicesAnswer = engine.serviceImages()
        async let eventsAnswer = engine.events(since: nil)
        async let usageAnswer = usage(of: engine, isNeeded: policy.keepBytes != nil || policy.buildCache == .remove, in: context)
        async let networksAnswer = policy.networks == .remove ? engine.networks() : []
        async let volumesAnswer = policy.volumes.isEmpty ? [] : engine.volumes()
        var world = PruneWorld(now: context.environment.now())
        // What a container is made of may be protected by a name that its image has or had.
        world.images = actsOnImages || policy.containers == .remove ? try await engine.images(.current) : []
        if actsOnImages { world.manifestLists = try await manifestLists(of: engine, besides: world.images, in: context) }
        let identity = try await identityAnswer
        world.docker = identity.docker
        world.now = min(world.now, try await now(of: engine, in: context))
        world.containers = try await containersAnswer
        world.services = ServiceUses(try await servicesAnswer)
        let events = try await eventsAnswer
        world.networks = try await networksAnswer
        world.volumes = try await volumesAnswer
        if policy.containers == .remove {
            world.containerDetails = try await engine.inspectContainers(world.containers.filter(\.isStopped).map(\.id))
        }
        let ids = Array(Set(world.images.map(\.id) + world.containers.map(\.image)))
        world.generations = try await ledger.generations(of: ids, on: identity)
        world.lastUses = try await ledger.lastUses(of: ids, on: identity)
        let named = world.imagesByName
        for event in events where event.kind == "image" && event.action != "delete" && event.action != "save" {
            guard let id = Self.image(of: event, named) else { continue }
            world.use(id, at: event.time)
            // Where an image loses its tag, some engines give its ID for the name.
            guard let reference = event.givenName else { continue }
            if world.formerNames[id]?.contains(reference) != true { world.formerNames[id, default: []].append(reference) }
        }
        world.knownArrivals = Set(events.filter { $0.arrival != nil })
        world.noteContainers(in: events)
        // The engine forgets; which image is the newest, and when it was pulled, must not depend on when it is asked.
        let subjects =
            policy.keepLast != nil || policy.unused == .remove
            ? world.images.map(\.id.description) + named.keys.map(\.description)
            // What was pulled by its digest has no tag, and is as old as its maker says.
            : world.images.filter(\.isUntagged).flatMap(\.repositoryDigests).map(\.description)
        if !subjects.isEmpty { world.noteArrivals(in: events + (try await ledger.events(about: subjects, on: identity)), named) }
        if !world.volumes.isEmpty { try await world.noteVolumes(in: events, ledger, on: identity) }
        world.usage = try await usageAnswer
        var details: [Digest: EngineImageDetails] = [:]
        if policy.keepBytes != nil {
            details = try await engine.inspectImages(world.images.map(\.id))
            world.layers = details.mapValues(\.layers)
        } else if identity.imageStore != .podman, actsOnImages {
            // Podman does not say when a tag was put on.
            let asked = world.identifiersToInspect(for: policy, remembered: events.first?.time)
            if !asked.isEmpty { details = try await engine.inspectImages(asked) }
            world.layers = details.mapValues(\.layers)
        }
        world.noteTaggings(details, isOrdered: identity.imageStore == .classic)
        return world
    }

    /// The images of which the moment of their last tag may decide: of those that would be removed, and that `keep-last` compares with them.
    ///
    /// - Parameters:
    ///   - remembered: since when the engine remembers every event; a tag that was put on since then is known already.
    private func identifiersToInspect(for policy: PrunePolicy, remembered: Timestamp?) -> [Digest] {
        let agesAreKnown = policy.olderThan <= .zero || remembered.map { now.since($0) >= policy.olderThan } ?? false
        guard !agesAreKnown || policy.isNarrow || policy.keepLast != nil else { return [] }
        var all = policy
        all.keepLast = nil
        let candidates = PrunePlanner.plan(all, in: self).removals.compactMap { removal -> EngineImage? in
            if case .image(let image) = removal.item { image } else { nil }
        }
        var asked = Set((agesAreKnown ? [] : candidates).map(\.id))
        if policy.isNarrow {
            let parents = Set(images.compactMap(\.parent))
            asked.formUnion(candidates.filter { $0.isUntagged && parents.contains($0.id) }.map(\.id))
        }
        if policy.keepLast != nil {
            let repositories = Set(candidates.flatMap(countedNames).map(\.familiarName))
            let compared = images.filter { image in countedNames(of: image).contains { repositories.contains($0.familiarName) } }
            asked.formUnion(compared.map(\.id))
        }
        return Array(asked)
    }

    /// No moment before it is that of an image: Docker's first public release was in March 2013.
    static let earliest = Timestamp(seconds: 1_362_096_000)

    /// Takes the moments at which tags were put on, for what no event tells of any more.
    ///
    /// The containerd store writes a moment for other reasons too: that makes an image younger, and none newer than another.
    private mutating func noteTaggings(_ details: [Digest: EngineImageDetails], isOrdered: Bool) {
        for (id, details) in details {
            guard let time = details.lastTagged, time > Self.earliest else { continue }
            lastTagged[id] = time
            use(id, at: time)
            if isOrdered { arrivals[id] = max(arrivals[id] ?? time, time) }
        }
    }

    /// The names that an image had by the ledger or the engine's events, and the repositories that it was pulled from or pushed to.
    func formerNames(of image: EngineImage) -> [ImageReference] {
        (generations[image.id] ?? []).map(\.reference) + (formerNames[image.id] ?? []) + image.repositoryDigests
    }

    /// The names by which `keep-last` counts an image: those that it has, or else those that it had.
    func countedNames(of image: EngineImage) -> [ImageReference] {
        image.references.isEmpty ? formerNames(of: image) : image.references
    }

    /// Events that say that a volume was of use.
    private static let volumeActions: Set = ["create", "mount", "unmount"]

    private mutating func noteVolumes(in events: [EngineEvent], _ ledger: any TagLedger, on engine: EngineIdentity) async throws {
        volumeUses = try await ledger.lastUses(ofVolumes: volumes.map(\.name), on: engine)
        for event in events where event.kind == "volume" && Self.volumeActions.contains(event.action) {
            volumeUses[event.actor] = max(volumeUses[event.actor] ?? event.time, event.time)
        }
        // Podman tells of no mount, and forgets no event.
        guard engine.imageStore == .podman else { return }
        lastContainerRemoval = events.filter { $0.kind == "container" && $0.action == "destroy" }.map(\.time).max()
    }

    /// The manifest lists; where the engine does not say them, each image may be in one.
    private static func manifestLists(
        of engine: any ContainerEngine,
        besides images: [EngineImage],
        in context: RuleContext
    ) async throws -> ManifestListUses {
        do {
            return ManifestListUses(try await engine.manifestLists(besides: Set(images.map(\.id))))
        } catch let error as EngineError {
            context.log(.warning, "which manifest lists there are is not known, so no image is removed: \(error)")
            return ManifestListUses(problem: "which manifest lists there are is not known: \(error)")
        }
    }

    /// The moment that ages are counted from: by this host's clock or by the engine's, whichever makes things younger.
    private static func now(of engine: any ContainerEngine, in context: RuleContext) async throws -> Timestamp {
        let now = context.environment.now()
        guard let time = try await engine.timeNow() else { return now }
        let (behind, ahead) = (now.since(time.upperBound), time.lowerBound.since(now))
        if behind > noticeableSkew {
            context.log(.warning, "the engine's clock is \(behind.approximateText) behind this host's, so ages are counted by the engine's")
        } else if ahead > noticeableSkew {
            context.log(.warning, "the engine's clock is \(ahead.approximateText) ahead of this host's, so ages are counted by this host's")
        }
        return min(now, time.lowerBound)
    }

    private mutating func noteArrivals(in events: [EngineEvent], _ named: [ImageReference: Digest]) {
        for event in events where event.arrival != nil {
            guard let id = Self.image(of: event, named) else { continue }
            arrivals[id] = max(arrivals[id] ?? event.time, event.time)
            use(id, at: event.time)
        }
    }

    /// The image that each tag and each digest of a repository names.
    private var imagesByName: [ImageReference: Digest] {
        let names = images.flatMap { image in (image.references + image.repositoryDigests).map { ($0, image.id) } }
        return Dictionary(names) { first, _ in first }
    }

    /// The image that an event is about; engines tell of a pull by the reference alone, so that is taken for what has the name now.
    private static func image(of event: EngineEvent, _ named: [ImageReference: Digest]) -> Digest? {
        event.imageID ?? event.pulledName.flatMap { named[$0.withTag] }
    }

    private mutating func use(_ image: Digest, at time: Timestamp) { lastUses[image] = max(lastUses[image] ?? time, time) }

    /// Events that say that a container was made, set going or ended, as the ledger counts them; the removal of one is no use of its image.
    private static let uses: Set = ["create", "start", "die", "died"]

    /// Counts what containers did as use of the images that they were made of.
    ///
    /// An event gives the image as it was typed: by a name, which another image may have by now, or by an ID. Whatever it may mean was used.
    private mutating func noteContainers(in events: [EngineEvent]) {
        var latest: [String: Timestamp] = [:]
        for event in events where event.kind == "container" && Self.uses.contains(event.action) {
            guard let text = event.attributes["image"] else { continue }
            latest[text] = max(latest[text] ?? event.time, event.time)
        }
        guard !latest.isEmpty else { return }
        let names = ImageNames(self)
        for (text, time) in latest {
            for image in names.images(meantBy: text) { use(image, at: time) }
        }
    }

    private static func usage(of engine: any ContainerEngine, isNeeded: Bool, in context: RuleContext) async throws -> EngineDiskUsage? {
        if isNeeded { return try await engine.diskUsage() }
        return try await withThrowingTaskGroup(of: EngineDiskUsage?.self) { group in
            group.addTask {
                do {
                    return try await engine.diskUsage()
                } catch let error as EngineError {
                    context.log(.warning, "the space that images share is not known: \(error)")
                    return nil
                }
            }
            group.addTask {
                try await Task.sleep(for: sizeLimit)
                context.log(.warning, "the space that images share is not known: the engine did not say within \(sizeLimit.settingText)")
                return nil
            }
            let first = try await group.next()
            group.cancelAll()
            return first ?? nil
        }
    }
}
