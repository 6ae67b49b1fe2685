import HookKit

extension EngineSnapshot {
    /// Asks the engine and the ledger for everything that tells why images are untagged: few requests, side by side, and an inspection only of
    /// what neither the listing nor the ledger nor the events explain.
    ///
    /// - Parameters:
    ///   - only: look up the causes of this image alone; `nil` for every untagged image.
    static func gather(in context: RuleContext, only: Digest? = nil) async throws -> (snapshot: EngineSnapshot, listing: [EngineImage]) {
        let engine = try await context.engine
        // The engine works on its answers while the ledger is opened.
        async let identityAnswer = engine.identity
        async let listingAnswer = engine.images(.sharedByObservers)
        async let containersAnswer = engine.containers()
        async let eventsAnswer = engine.recentEvents(.sharedByObservers)
        let ledger = try await context.ledger
        let listing = try await listingAnswer
        let untagged = listing.filter { $0.isUntagged && (only == nil || $0.id == only) }
        let identity = try await identityAnswer
        let engineEvents = try await eventsAnswer
        if !context.isDryRun { try await ledger.record(engineEvents, on: identity) }

        let untaggedIDs = untagged.map(\.id)
        let generations = try await ledger.generations(of: untaggedIDs, on: identity)
        let ledgerEvents = try await ledger.events(about: untaggedIDs.map(\.description), on: identity)
        let events = merged(ledgerEvents, engineEvents)
        let eventsByImage = Dictionary(grouping: events.filter { $0.kind == "image" }) { Digest($0.actor) }
            .reduce(into: [Digest: [EngineEvent]]()) { if let id = $1.key { $0[id] = $1.value } }

        let losses = losses(of: untaggedIDs, generations, eventsByImage)
        // The tags that images have now are asked for with those that were lost: one question serves both causes and moves.
        let holders = listing.reduce(into: [ImageReference: Digest]()) { result, image in
            for reference in image.references { result[reference] = image.id }
        }
        let tagGenerations = try await newestGenerations(of: holders.keys, since: losses, in: ledger, on: identity)
        // Only an image that a registry knows can have been pulled over, and only of that does an older event tell.
        let pullable = untagged.filter { !$0.repositoryDigests.isEmpty || identity.imageStore != .classic }.flatMap { image in
            (generations[image.id] ?? []).map(\.reference) + (eventsByImage[image.id] ?? []).compactMap(\.taggedReference)
        }
        let pulls = pullable.isEmpty ? [] : try await ledger.events(about: Set(pullable).map(\.description), on: identity)
        let eventsByTag = Dictionary(grouping: merged(pulls, events).filter { $0.kind == "image" }) { $0.namedReference }
            .reduce(into: [ImageReference: [EngineEvent]]()) { if let reference = $1.key { $0[reference] = $1.value } }

        let running = try await containersAnswer
        let held = Dictionary(grouping: running, by: \.image)
        let mounted = mounters(running, of: listing)
        let inUse = untaggedIDs.flatMap { held[$0] ?? [] }
        let containerDetails = try await engine.inspectContainers(inUse.map(\.id))
        let children = listing.reduce(into: [Digest: [Digest]]()) { result, image in
            if let parent = image.parent { result[parent, default: []].append(image.id) }
        }
        let details = try await engine.inspectImages(
            needingInspection(untagged, children: children, holders: holders, generations: generations, eventsByImage: eventsByImage)
        )
        let snapshot = EngineSnapshot(
            engine: identity,
            now: context.environment.now(),
            images: Dictionary(listing.map { ($0.id, $0) }) { first, _ in first },
            holders: holders,
            children: children,
            containers: held.mapValues { $0.map { ($0, containerDetails[$0.id]?.configuredImage) } }.merging(mounted) { $0 + $1 },
            engineEvents: engineEvents,
            eventsByImage: eventsByImage,
            eventsByTag: eventsByTag,
            generations: generations,
            tagGenerations: tagGenerations,
            details: details
        )
        return (snapshot, listing)
    }

    /// The containers that mount images which they are not made of; what they were created from says nothing of those.
    private static func mounters(
        _ containers: [EngineContainer],
        of listing: [EngineImage]
    ) -> [Digest: [(container: EngineContainer, configured: String?)]] {
        var result: [Digest: [(container: EngineContainer, configured: String?)]] = [:]
        for container in containers where !container.imageMounts.isEmpty {
            let typed = container.mountedImages
            for image in listing where image.id != container.image && typed.contains(where: { $0.mayMean(image) }) {
                result[image.id, default: []].append((container, nil))
            }
        }
        return result
    }

    /// The tags that images lost, each with the earliest moment from which it may have been on another.
    private static func losses(
        of untagged: [Digest],
        _ generations: [Digest: [TagGeneration]],
        _ eventsByImage: [Digest: [EngineEvent]]
    ) -> [ImageReference: Timestamp] {
        var losses: [ImageReference: Timestamp] = [:]
        for image in untagged {
            let seen = (generations[image] ?? []).map { ($0.reference, $0.lastSeen) }
            let tagged = (eventsByImage[image] ?? []).compactMap { event in event.taggedReference.map { ($0, event.time) } }
            losses.merge(Dictionary(seen + tagged, uniquingKeysWith: max), uniquingKeysWith: min)
        }
        return losses
    }

    /// The two newest generations of tags, and of those that were lost all since then.
    private static func newestGenerations(
        of references: some Sequence<ImageReference>,
        since losses: [ImageReference: Timestamp],
        in ledger: any TagLedger,
        on engine: EngineIdentity
    ) async throws -> [ImageReference: [TagGeneration]] {
        var count = 2
        var found = try await ledger.generations(of: Array(Set(references).union(losses.keys)), newest: count, on: engine)
        while true {
            let open = losses.compactMap { reference, lost in
                let known = found[reference] ?? []
                return known.count == count && known.allSatisfy { $0.firstSeen > lost } ? reference : nil
            }
            if open.isEmpty { return found }
            count *= 16
            found.merge(try await ledger.generations(of: open, newest: count, on: engine)) { $1 }
        }
    }

    /// The images whose cause nothing else tells, and the holders of tags that may have come by a pull.
    private static func needingInspection(
        _ untagged: [EngineImage],
        children: [Digest: [Digest]],
        holders: [ImageReference: Digest],
        generations: [Digest: [TagGeneration]],
        eventsByImage: [Digest: [EngineEvent]]
    ) -> [Digest] {
        var result = Set<Digest>()
        for image in untagged where children[image.id] == nil {
            let lost = Set((generations[image.id] ?? []).map(\.reference) + (eventsByImage[image.id] ?? []).compactMap(\.taggedReference))
            let current = Set(lost.compactMap { holders[$0] })
            if current.isEmpty {
                result.insert(image.id)
            } else if !image.repositoryDigests.isEmpty {
                result.formUnion(current)
            }
        }
        return Array(result)
    }

    /// The ledger's events and the engine's own, each once, oldest first.
    static func merged(_ ledgerEvents: [EngineEvent], _ engineEvents: [EngineEvent]) -> [EngineEvent] {
        struct Key: Hashable {
            let time: Timestamp
            let action: String
            let actor: String
        }
        var seen = Set<Key>()
        return (ledgerEvents + engineEvents)
            .filter { seen.insert(Key(time: $0.time, action: $0.action, actor: $0.actor)).inserted }
            .sorted { $0.time < $1.time }
    }
}

extension EngineEvent {
    /// The tag that a `tag` event put on its image.
    var taggedReference: ImageReference? { kind == "image" && action == "tag" ? attributes["name"].flatMap(Self.tag) : nil }

    /// The tag that a `tag` or a `pull` event is about; a pull's actor is the reference itself.
    var namedReference: ImageReference? { action == "pull" ? Self.tag(actor) : taggedReference }

    private static func tag(_ text: String) -> ImageReference? {
        guard let reference = ImageReference(text), reference.digest == nil else { return nil }
        // The engine writes a name without a tag where `latest` was meant.
        return reference.tag == nil ? ImageReference(text + ":latest") : reference
    }
}
