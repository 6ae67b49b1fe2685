import HookKit

/// Images and the build cache.
extension PrunePlanner {
    /// Plans the images that no remaining container uses, and the records of the build cache.
    mutating func planImages(usedBy containers: [EngineContainer]) {
        let holders = holders(containers)
        let children = world.images.reduce(into: [Digest: [Digest]]()) { result, image in
            if let parent = image.parent { result[parent, default: []].append(image.id) }
        }
        var imageReasons = reasonsToKeep(children: children, holders: holders, newest: newestImages())
        var candidates = world.images.filter { imageReasons[$0.id] == nil }
        let records = policy.buildCache == .remove ? world.usage?.buildCache ?? [] : []
        let graph = BuildCacheGraph(records)
        var cacheReasons = reasonsToKeep(records, graph)
        var cache = records.filter { cacheReasons[$0.id] == nil }
        if let limit = policy.keepBytes {
            let budget = DiskBudget(limit: limit, world: world, countsBuildCache: policy.buildCache == .remove)
            let staying = budget.staying(of: candidates, and: cache, children: children, graph)
            for id in staying.images { imageReasons[id] = "everything stays within \(limit) without removing it" }
            for id in staying.cache { cacheReasons[id] = "everything stays within \(limit) without removing it" }
            candidates = candidates.filter { !staying.images.contains($0.id) }
            cache = cache.filter { !staying.cache.contains($0.id) }
        }
        let removed = Set(candidates.map(\.id))
        for image in world.images where !removed.contains(image.id) {
            guard let reason = imageReasons[image.id], isOfPlannedKind(image) else { continue }
            plan.keepings.append(.init(subject: subject(of: image), reason: reason, bytes: ownSize(of: image)))
        }
        let depths = ImageDepths(of: removed, parents: images.compactMapValues(\.parent))
        // Children before parents, and what was not used for longest first.
        let order = candidates.map { (depth: depths[$0.id], use: world.lastUse(of: $0) ?? $0.created, image: $0) }
        for (_, _, image) in order.sorted(by: { ($1.depth, $0.use) < ($0.depth, $1.use) }) {
            plan.removals.append(
                .init(
                    item: .image(image),
                    subject: subject(of: image),
                    reason: removalReason(image, children: children),
                    bytes: ownSize(of: image),
                    // The deepest child goes first.
                    wave: Wave.images - depths[image.id]
                )
            )
        }
        plan.namelessCount = candidates.count { $0.isUntagged && children[$0.id] == nil && reasons.formerNames(of: $0.id).isEmpty }
        for record in records {
            guard let reason = cacheReasons[record.id] else { continue }
            plan.keepings.append(.init(subject: subject(of: record), reason: reason, bytes: record.ownSize))
        }
        let cacheOrder = cache.map { (depth: graph.depths[$0.id] ?? 0, use: graph.uses[$0.id] ?? Timestamp(seconds: 0), record: $0) }
        for (_, _, record) in cacheOrder.sorted(by: { ($1.depth, $0.use) < ($0.depth, $1.use) }) {
            plan.removals.append(
                .init(
                    item: .buildCache(record),
                    subject: subject(of: record),
                    reason: record.lastUsed.map { "last used \(world.now.since($0).approximateText) ago" } ?? "never used",
                    bytes: record.ownSize,
                    // What builds on others goes before them.
                    wave: Wave.buildCache - (graph.depths[record.id] ?? 0)
                )
            )
        }
    }

    /// Why containers hold images: those that they are made of, and those that they mount.
    private func holders(_ containers: [EngineContainer]) -> [Digest: String] {
        var holders: [Digest: String] = [:]
        for container in containers where holders[container.image] == nil { holders[container.image] = "\(container.asHolder) uses it" }
        for container in containers {
            for image in mounts.images(mountedBy: container) where holders[image] == nil {
                holders[image] = "\(container.asHolder) mounts it"
            }
        }
        return holders
    }

    /// Why images stay.
    ///
    /// Children are judged before what they are built on: that stays as long as one of them does.
    private func reasonsToKeep(
        children: [Digest: [Digest]],
        holders: [Digest: String],
        newest: [Digest: String]
    ) -> [Digest: String] {
        var result: [Digest: String] = [:]
        var waiting = children.mapValues(\.count)
        var order = world.images.filter { waiting[$0.id] == nil }
        var judged: Set<Digest> = []
        var next = 0
        while next < order.count {
            let image = order[next]
            next += 1
            judged.insert(image.id)
            let staying = children[image.id]?.first { result[$0] != nil }
            result[image.id] =
                reasonToKeep(image, holders: holders, newest: newest, isStep: isStep(image, children: children))
                ?? staying.map { "\(name(of: $0)) is built on it" }
            guard let parent = image.parent.flatMap({ images[$0] }), let count = waiting[parent.id] else { continue }
            waiting[parent.id] = count - 1
            if count == 1 { order.append(parent) }
        }
        for image in world.images where !judged.contains(image.id) {
            let reason = reasonToKeep(image, holders: holders, newest: newest, isStep: false)
            result[image.id] = reason ?? "the engine says that it is built on itself"
        }
        return result
    }

    /// Says whether an image is what a build by the classic builder left below its result, and never had a name by all that is known.
    ///
    /// Such an image holds layers of those that were built on it, so it is meant by what means all of them.
    private func isStep(_ image: EngineImage, children: [Digest: [Digest]]) -> Bool {
        image.isUntagged && children[image.id] != nil && world.lastTagged[image.id] == nil && world.formerNames(of: image).isEmpty
    }

    /// Why records of the build cache stay.
    private func reasonsToKeep(_ records: [BuildCacheRecord], _ graph: BuildCacheGraph) -> [String: String] {
        var result: [String: String] = [:]
        for record in records {
            result[record.id] =
                record.isInUse
                ? "a build uses it"
                : graph.depths[record.id] == nil
                    ? "the engine says that it builds on itself" : reasons.forAge(record.lastUsed ?? record.created, verb: "used")
        }
        // A record that stays makes every record below it stay.
        let byID = Dictionary(records.map { ($0.id, $0) }) { first, _ in first }
        var queue = records.map(\.id).filter { result[$0] != nil }
        while let id = queue.popLast() {
            for parent in byID[id]?.parents ?? [] where byID[parent] != nil && result[parent] == nil {
                result[parent] = "the record \(id), which stays, builds on it"
                queue.append(parent)
            }
        }
        return result
    }

    private func subject(of record: BuildCacheRecord) -> String { "build cache \(record.id)" }

    private func reasonToKeep(
        _ image: EngineImage,
        holders: [Digest: String],
        newest: [Digest: String],
        isStep: Bool
    ) -> String? {
        if let reason = holders[image.id] { return reason }
        let names = image.references
        if let reason = world.services.reason(toKeep: image) { return reason }
        if let reason = world.manifestLists.reason(toKeep: image.id) { return reason }
        if let name = image.unreadableReferences.first { return "its name '\(name)' is no valid reference" }
        guard image.isUntagged ? policy.dangling == .remove : policy.unused == .remove else { return "it has a tag" }
        if let reason = reasons.forProtection(names: names + reasons.formerNames(of: image.id), identifier: image.id) { return reason }
        if !isStep, let reason = reasons.forScope(names: scopeNames(of: image), identifier: image.id) { return reason }
        if let reason = reasons.forLabels(image.labels, isStep: isStep) { return reason }
        if let repository = newest[image.id] { return "it is one of the newest \(policy.keepLast ?? 0) of '\(repository)'" }
        return reasons.forAge(world.lastUse(of: image), verb: "last used, tagged or made")
    }

    /// Says whether the policy acts on this kind of image at all; what it never acts on is not worth a line.
    private func isOfPlannedKind(_ image: EngineImage) -> Bool {
        image.isUntagged ? policy.dangling == .remove : policy.unused == .remove
    }

    /// The names by which `images` chooses: those that an image has, or else those that it had.
    private func scopeNames(of image: EngineImage) -> [ImageReference] {
        if !image.references.isEmpty { return image.references }
        let recorded = world.tags(of: image.id)
        return recorded.isEmpty ? reasons.formerNames(of: image.id) : recorded
    }

    /// Of each repository the newest images, tagged or not: images are counted, however many tags each has.
    private func newestImages() -> [Digest: String] {
        guard let count = policy.keepLast else { return [:] }
        var repositories: [String: [(newness: Timestamp, created: Timestamp, id: Digest)]] = [:]
        for image in world.images {
            let names = world.countedNames(of: image)
            let entry = (world.newness(of: image), image.created, image.id)
            for repository in Set(names.map(\.familiarName)) { repositories[repository, default: []].append(entry) }
        }
        var result: [Digest: String] = [:]
        for (repository, images) in repositories.sorted(by: { $0.key < $1.key }) {
            for image in images.sorted(by: >).prefix(count) { result[image.id] = repository }
        }
        return result
    }

    private func removalReason(_ image: EngineImage, children: [Digest: [Digest]]) -> String {
        let end = userText { $0.image == image.id || mounts.images(mountedBy: $0).contains(image.id) } + ageText(world.lastUse(of: image))
        if !image.isUntagged { return end }
        if children[image.id] != nil {
            let isUsed = leaving.contains { $0.image == image.id }
            return "parent of removed images only" + (isUsed ? ", \(end)" : ageText(world.lastUse(of: image)))
        }
        let had = world.tags(of: image.id).last.map { ", had '\($0)'" } ?? ""
        return "dangling\(had), \(end)"
    }

    private func ownSize(of image: EngineImage) -> ByteSize? {
        (world.usage?.sharedSizes[image.id] ?? image.sharedSize).map { image.size - $0 }
    }

    private func subject(of image: EngineImage) -> String {
        guard let name = image.references.min() else {
            return world.tags(of: image.id).last.map { "\($0) (\(image.id.short))" } ?? image.id.short
        }
        return name.description
    }

    private func name(of id: Digest) -> String {
        images[id]?.references.first.map { "'\($0)'" } ?? id.short
    }
}
