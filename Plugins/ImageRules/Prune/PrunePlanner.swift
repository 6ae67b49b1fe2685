import HookKit

/// Decides what to remove, from what was gathered alone.
///
/// Keeping wins: a thing is removed only when no reason to keep it is found.
struct PrunePlanner {
    private let policy: PrunePolicy
    private let world: PruneWorld
    private let images: [Digest: EngineImage]
    private let mounts: ImageMounts
    private var plan = PrunePlan()
    /// The containers that go first.
    private var leaving: [EngineContainer] = []

    static func plan(_ policy: PrunePolicy, in world: PruneWorld) -> PrunePlan {
        var planner = PrunePlanner(policy: policy, world: world)
        let remaining = planner.planContainers()
        planner.planNetworks(usedBy: remaining)
        planner.planVolumes(usedBy: remaining)
        planner.planImages(usedBy: remaining)
        return planner.plan
    }

    private init(policy: PrunePolicy, world: PruneWorld) {
        self.policy = policy
        self.world = world
        images = Dictionary(world.images.map { ($0.id, $0) }) { first, _ in first }
        mounts = ImageMounts(world)
    }

    // MARK: Containers, networks, volumes

    /// Plans the stopped containers; the containers that remain.
    private mutating func planContainers() -> [EngineContainer] {
        guard policy.containers == .remove else { return world.containers }
        var remaining: [EngineContainer] = []
        for container in world.containers {
            let subject = "container \(container.displayName)"
            if let reason = reasonToKeep(container) {
                remaining.append(container)
                plan.keepings.append(.init(subject: subject, reason: reason, bytes: nil))
            } else {
                let age = world.now.since(stopTime(of: container)).approximateText
                let reason = container.state == "created" ? "made \(age) ago and never started" : "stopped \(age) ago"
                let item = PrunePlan.Item.container(container, world.containerDetails[container.id])
                plan.removals.append(.init(item: item, subject: subject, reason: reason, bytes: nil, wave: Wave.containers))
                if !container.imageMounts.isEmpty { plan.mounts[container.id] = mounts.images(mountedBy: container) }
                leaving.append(container)
            }
        }
        return remaining
    }

    private func reasonToKeep(_ container: EngineContainer) -> String? {
        if container.isExternal { return "it is a build's or another program's" }
        guard container.isStopped else { return "it is \(container.state)" }
        guard let details = world.containerDetails[container.id] else { return "the engine did not say when it stopped" }
        // The listing has the ID of the image where the name that was typed means another image by now.
        let typed = [details.configuredImage, container.imageName].compactMap { text in
            Self.isIdentifier(text, of: container.image) ? nil : ImageReference.typed(text)
        }
        let had = formerNames(of: container.image)
        let names = typed + (images[container.image]?.references ?? []) + had
        if let reason = protectReason(names: names, identifier: container.image) { return reason }
        let known = typed + tags(of: container.image)
        if let reason = scopeReason(names: known.isEmpty ? had : known, identifier: container.image) { return reason }
        return labelReason(container.labels) ?? ageReason(stopTime(of: container), verb: "stopped")
    }

    /// Whether a text is the ID of an image, or as much of it as engines print: less may be a name.
    private static func isIdentifier(_ text: String, of image: Digest) -> Bool {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst("sha256:".count) : Substring(text)
        return digits.utf8.count >= 12 && image.hex.hasPrefix(digits)
    }

    private func stopTime(of container: EngineContainer) -> Timestamp {
        let details = world.containerDetails[container.id]
        return [container.created, details?.started, details?.finished].compactMap(\.self).max() ?? container.created
    }

    private mutating func planNetworks(usedBy containers: [EngineContainer]) {
        let used = Dictionary(grouping: containers.flatMap { container in container.networks.map { ($0, container.displayName) } }) { $0.0 }
        for network in world.networks where !network.isPredefined {
            let subject = "network \(network.name)"
            let user = (used[network.name] ?? used[network.id])?.first?.1
            let reason =
                user.map { "container '\($0)' uses it" } ?? (network.scope == "local" ? nil : "its scope is \(network.scope)")
                ?? labelReason(network.labels) ?? ageReason(network.created, verb: "made")
            if let reason {
                plan.keepings.append(.init(subject: subject, reason: reason, bytes: nil))
            } else {
                let removal = PrunePlan.Removal(
                    item: .network(network),
                    subject: subject,
                    reason: userText { $0.networks.contains(network.name) || $0.networks.contains(network.id) },
                    bytes: nil,
                    wave: Wave.networks
                )
                plan.removals.append(removal)
            }
        }
    }

    private mutating func planVolumes(usedBy containers: [EngineContainer]) {
        let used = Dictionary(grouping: containers.flatMap { container in container.volumes.map { ($0, container.displayName) } }) { $0.0 }
        for volume in world.volumes where policy.volumes.contains(where: { $0.matches(volume.name) }) {
            let subject = "volume \(volume.name)"
            let bytes = world.usage?.volumeSizes[volume.name]
            let reason =
                used[volume.name]?.first.map { "container '\($0.1)' uses it" } ?? labelReason(volume.labels) ?? ageReason(volume)
            if let reason {
                plan.keepings.append(.init(subject: subject, reason: reason, bytes: bytes))
            } else {
                let removal = PrunePlan.Removal(
                    item: .volume(volume),
                    subject: subject,
                    reason: "named by 'volumes', \(userText { $0.volumes.contains(volume.name) })\(ageText(lastUse(of: volume)))",
                    bytes: bytes,
                    wave: Wave.volumes
                )
                plan.removals.append(removal)
            }
        }
    }

    private func ageReason(_ volume: EngineVolume) -> String? {
        let time = lastUse(of: volume)
        if let reason = ageReason(time, verb: time == volume.created ? "made" : "last used") { return reason }
        guard policy.olderThan > .zero, let removal = world.lastContainerRemoval else { return nil }
        return ageReason(removal, verb: "a container was removed").map { "\($0), and Podman does not say which volumes it used" }
    }

    /// The latest sign of use; `nil` where it is not known when the volume was made.
    private func lastUse(of volume: EngineVolume) -> Timestamp? {
        volume.created.map { max($0, world.volumeUses[volume.name] ?? $0) }
    }

    /// Who uses something that is removed, as part of the reason: nobody, or what goes before it.
    private func userText(where isUser: (EngineContainer) -> Bool) -> String {
        let users = leaving.filter(isUser)
        guard let first = users.first else { return "no container uses it" }
        let name = "container '\(first.displayName)'"
        return users.count == 1 ? "\(name), which uses it, goes first" : "\(name) and \(users.count - 1) more, which use it, go first"
    }

    private func ageText(_ use: Timestamp?) -> String {
        use.map { ", last sign of use \(world.now.since($0).approximateText) ago" } ?? ""
    }

    // MARK: Images and the build cache

    private mutating func planImages(usedBy containers: [EngineContainer]) {
        let holders = holders(containers)
        let children = world.images.reduce(into: [Digest: [Digest]]()) { result, image in
            if let parent = image.parent { result[parent, default: []].append(image.id) }
        }
        var reasons = reasonsToKeep(children: children, holders: holders, newest: newestImages())
        var candidates = world.images.filter { reasons[$0.id] == nil }
        let records = policy.buildCache == .remove ? world.usage?.buildCache ?? [] : []
        let graph = BuildCacheGraph(records)
        var cacheReasons = reasonsToKeep(records, graph)
        var cache = records.filter { cacheReasons[$0.id] == nil }
        if let budget = policy.keepBytes {
            let staying = withinBudget(budget, candidates, cache, children: children, graph)
            for id in staying.images { reasons[id] = "everything stays within \(budget) without removing it" }
            for id in staying.cache { cacheReasons[id] = "everything stays within \(budget) without removing it" }
            candidates = candidates.filter { !staying.images.contains($0.id) }
            cache = cache.filter { !staying.cache.contains($0.id) }
        }
        let removed = Set(candidates.map(\.id))
        for image in world.images where !removed.contains(image.id) {
            guard let reason = reasons[image.id], isOfPlannedKind(image) else { continue }
            plan.keepings.append(.init(subject: subject(of: image), reason: reason, bytes: ownSize(of: image)))
        }
        let depths = Self.depths(of: removed, parents: images.compactMapValues(\.parent))
        // Children before parents, and what was not used for longest first.
        let order = candidates.map { (depth: depths[$0.id] ?? 0, use: lastUse(of: $0) ?? $0.created, image: $0) }
        for (_, _, image) in order.sorted(by: { ($1.depth, $0.use) < ($0.depth, $1.use) }) {
            plan.removals.append(
                .init(
                    item: .image(image),
                    subject: subject(of: image),
                    reason: removalReason(image, children: children),
                    bytes: ownSize(of: image),
                    // The deepest child goes first.
                    wave: Wave.images - (depths[image.id] ?? 0)
                )
            )
        }
        plan.namelessCount = candidates.count { $0.isUntagged && children[$0.id] == nil && formerNames(of: $0.id).isEmpty }
        for record in records {
            guard let reason = cacheReasons[record.id] else { continue }
            plan.keepings.append(.init(subject: subject(of: record), reason: reason, bytes: ownSize(of: record)))
        }
        let cacheOrder = cache.map { (depth: graph.depths[$0.id] ?? 0, use: graph.uses[$0.id] ?? Timestamp(seconds: 0), record: $0) }
        for (_, _, record) in cacheOrder.sorted(by: { ($1.depth, $0.use) < ($0.depth, $1.use) }) {
            plan.removals.append(
                .init(
                    item: .buildCache(record),
                    subject: subject(of: record),
                    reason: record.lastUsed.map { "last used \(world.now.since($0).approximateText) ago" } ?? "never used",
                    bytes: ownSize(of: record),
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
        var reasons: [Digest: String] = [:]
        var waiting = children.mapValues(\.count)
        var order = world.images.filter { waiting[$0.id] == nil }
        var judged: Set<Digest> = []
        var next = 0
        while next < order.count {
            let image = order[next]
            next += 1
            judged.insert(image.id)
            let staying = children[image.id]?.first { reasons[$0] != nil }
            reasons[image.id] =
                reasonToKeep(image, holders: holders, newest: newest, isStep: isStep(image, children: children))
                ?? staying.map { "\(name(of: $0)) is built on it" }
            guard let parent = image.parent.flatMap({ images[$0] }), let count = waiting[parent.id] else { continue }
            waiting[parent.id] = count - 1
            if count == 1 { order.append(parent) }
        }
        for image in world.images where !judged.contains(image.id) {
            let reason = reasonToKeep(image, holders: holders, newest: newest, isStep: false)
            reasons[image.id] = reason ?? "the engine says that it is built on itself"
        }
        return reasons
    }

    /// Says whether an image is what a build by the classic builder left below its result, and never had a name by all that is known.
    ///
    /// Such an image holds layers of those that were built on it, so it is meant by what means all of them.
    private func isStep(_ image: EngineImage, children: [Digest: [Digest]]) -> Bool {
        image.isUntagged && children[image.id] != nil && world.lastTagged[image.id] == nil && world.formerNames(of: image).isEmpty
    }

    /// Why records of the build cache stay.
    private func reasonsToKeep(_ records: [BuildCacheRecord], _ graph: BuildCacheGraph) -> [String: String] {
        var reasons: [String: String] = [:]
        for record in records {
            reasons[record.id] =
                record.isInUse
                ? "a build uses it"
                : graph.depths[record.id] == nil
                    ? "the engine says that it builds on itself" : ageReason(record.lastUsed ?? record.created, verb: "used")
        }
        // A record that stays makes every record below it stay.
        let byID = Dictionary(records.map { ($0.id, $0) }) { first, _ in first }
        var queue = records.map(\.id).filter { reasons[$0] != nil }
        while let id = queue.popLast() {
            for parent in byID[id]?.parents ?? [] where byID[parent] != nil && reasons[parent] == nil {
                reasons[parent] = "the record \(id), which stays, builds on it"
                queue.append(parent)
            }
        }
        return reasons
    }

    private func subject(of record: BuildCacheRecord) -> String { "build cache \(record.id)" }

    /// What removing the record gives back by itself.
    private func ownSize(of record: BuildCacheRecord) -> ByteSize { record.isShared ? .zero : record.size }

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
        if let reason = protectReason(names: names + formerNames(of: image.id), identifier: image.id) { return reason }
        if !isStep, let reason = scopeReason(names: scopeNames(of: image), identifier: image.id) { return reason }
        if let reason = labelReason(image.labels, isStep: isStep) { return reason }
        if let repository = newest[image.id] { return "it is one of the newest \(policy.keepLast ?? 0) of '\(repository)'" }
        return ageReason(lastUse(of: image), verb: "last used, tagged or made")
    }

    /// Says whether the policy acts on this kind of image at all; what it never acts on is not worth a line.
    private func isOfPlannedKind(_ image: EngineImage) -> Bool {
        image.isUntagged ? policy.dangling == .remove : policy.unused == .remove
    }

    /// The names by which `images` chooses: those that an image has, or else those that it had.
    private func scopeNames(of image: EngineImage) -> [ImageReference] {
        if !image.references.isEmpty { return image.references }
        let recorded = tags(of: image.id)
        return recorded.isEmpty ? formerNames(of: image.id) : recorded
    }

    /// Of each repository the newest images, tagged or not: images are counted, however many tags each has.
    private func newestImages() -> [Digest: String] {
        guard let count = policy.keepLast else { return [:] }
        var repositories: [String: [(newness: Timestamp, created: Timestamp, id: Digest)]] = [:]
        for image in world.images {
            let names = world.countedNames(of: image)
            let entry = (newness(of: image), image.created, image.id)
            for repository in Set(names.map(\.familiarName)) { repositories[repository, default: []].append(entry) }
        }
        var result: [Digest: String] = [:]
        for (repository, images) in repositories.sorted(by: { $0.key < $1.key }) {
            for image in images.sorted(by: >).prefix(count) { result[image.id] = repository }
        }
        return result
    }

    /// When an image was made, or came here or got a tag where that was later; what containers do with it makes it no newer.
    private func newness(of image: EngineImage) -> Timestamp {
        [credibleCreation(of: image), world.arrivals[image.id]].compactMap(\.self).max()
            ?? (world.generations[image.id] ?? []).map(\.firstSeen).max() ?? image.created
    }

    /// What stays of the candidates, since all of it together stays within the budget: what was used last.
    private func withinBudget(
        _ budget: ByteSize,
        _ images: [EngineImage],
        _ cache: [BuildCacheRecord],
        children: [Digest: [Digest]],
        _ graph: BuildCacheGraph
    ) -> (images: Set<Digest>, cache: Set<String>) {
        enum Candidate {
            case image(EngineImage)
            case cache(BuildCacheRecord)
        }
        guard let usage = world.usage else { return (Set(images.map(\.id)), Set(cache.map(\.id))) }
        var tree = LayerTree(world.images, layers: world.layers, sharedSizes: usage.sharedSizes)
        var total = usage.layers
        if policy.buildCache == .remove {
            for record in usage.buildCache { total += ownSize(of: record) }
        }
        let candidateImages = Dictionary(images.map { ($0.id, $0) }) { first, _ in first }
        var uses: [Digest: Timestamp] = [:]
        /// An image is in use as long as one that is built on it.
        func use(of image: EngineImage, depth: Int = 0) -> Timestamp {
            if let known = uses[image.id] { return known }
            var latest = lastUse(of: image) ?? image.created
            // Depth is bounded, since an engine that lies may answer with a circle of parents.
            if depth < 1000 {
                for child in children[image.id] ?? [] {
                    if let own = candidateImages[child] { latest = max(latest, use(of: own, depth: depth + 1)) }
                }
            }
            uses[image.id] = latest
            return latest
        }
        let depths = Self.depths(
            of: Set(images.map(\.id)),
            parents: candidateImages.compactMapValues(\.parent)
        )
        let candidates =
            images.map { (use(of: $0), -(depths[$0.id] ?? 0), Candidate.image($0)) }
            + cache.map { (graph.uses[$0.id] ?? Timestamp(seconds: 0), -(graph.depths[$0.id] ?? 0), Candidate.cache($0)) }
        var staying = (images: Set<Digest>(), cache: Set<String>())
        for (_, _, candidate) in candidates.sorted(by: { ($0.0, $0.1) < ($1.0, $1.1) }) {
            let isOver = total > budget
            switch candidate {
            case .image(let image):
                let hasKeptChild = (children[image.id] ?? []).contains { staying.images.contains($0) }
                if isOver, !hasKeptChild { total = total - tree.remove(image.id) } else { staying.images.insert(image.id) }
            case .cache(let record):
                let hasKeptChild = (graph.children[record.id] ?? []).contains { staying.cache.contains($0) }
                if isOver, !hasKeptChild { total = total - ownSize(of: record) } else { staying.cache.insert(record.id) }
            }
        }
        return staying
    }

    // MARK: Reasons

    /// Why something is protected, by any name that it has or had.
    private func protectReason(names: [ImageReference], identifier: Digest) -> String? {
        for pattern in policy.protect where pattern.matchesEverything || pattern.matches(identifier: identifier) {
            return "'\(pattern)' protects it"
        }
        for name in names {
            if let pattern = policy.protect.first(where: { $0.mayMean(name) }) { return "'\(pattern)' protects '\(name)'" }
        }
        return nil
    }

    /// Why something is not meant, since not all of its names are.
    private func scopeReason(names: [ImageReference], identifier: Digest) -> String? {
        if policy.images.contains(where: { $0.matchesEverything || $0.matches(identifier: identifier) }) { return nil }
        guard !names.isEmpty else { return "no name of it is known, and 'images' names only some" }
        // Every name must be meant: an image with one more name would lose that too.
        if let name = names.first(where: { name in !policy.images.contains { $0.matches(name) } }) {
            return "'images' does not name '\(name)'"
        }
        return nil
    }

    private func labelReason(_ labels: [String: String], isStep: Bool = false) -> String? {
        // A label that chooses may be set by a later step; one that holds back holds what has it.
        policy.labels.first { !($0.accepts(labels) || isStep && !$0.isNegated) }.map { "its labels do not fit '\($0)'" }
    }

    private func ageReason(_ time: Timestamp?, verb: String) -> String? {
        guard policy.olderThan > .zero else { return nil }
        guard let time else { return "its age is not known" }
        let age = world.now.since(time)
        guard age < policy.olderThan else { return nil }
        return "\(verb) \(age.approximateText) ago, less than \(policy.olderThan.settingText)"
    }

    /// The latest sign of use; `nil` where there is none, since a creation date that a reproducible build made up is no age.
    private func lastUse(of image: EngineImage) -> Timestamp? {
        [credibleCreation(of: image), world.lastUses[image.id]].compactMap(\.self).max()
    }

    /// When an image says that it was made, where that can be.
    private func credibleCreation(of image: EngineImage) -> Timestamp? {
        image.created > PruneWorld.earliest ? image.created : nil
    }

    private func removalReason(_ image: EngineImage, children: [Digest: [Digest]]) -> String {
        let end = userText { $0.image == image.id || mounts.images(mountedBy: $0).contains(image.id) } + ageText(lastUse(of: image))
        if !image.isUntagged { return end }
        if children[image.id] != nil {
            let isUsed = leaving.contains { $0.image == image.id }
            return "parent of removed images only" + (isUsed ? ", \(end)" : ageText(lastUse(of: image)))
        }
        let had = tags(of: image.id).last.map { ", had '\($0)'" } ?? ""
        return "dangling\(had), \(end)"
    }

    private func formerNames(of image: Digest) -> [ImageReference] {
        images[image].map { world.formerNames(of: $0) } ?? tags(of: image) + (world.formerNames[image] ?? [])
    }

    private func tags(of image: Digest) -> [ImageReference] { (world.generations[image] ?? []).map(\.reference) }

    private func ownSize(of image: EngineImage) -> ByteSize? {
        (world.usage?.sharedSizes[image.id] ?? image.sharedSize).map { image.size - $0 }
    }

    private func subject(of image: EngineImage) -> String {
        guard let name = image.references.min() else {
            return tags(of: image.id).last.map { "\($0) (\(image.id.short))" } ?? image.id.short
        }
        return name.description
    }

    private func name(of id: Digest) -> String {
        images[id]?.references.first.map { "'\($0)'" } ?? id.short
    }

    /// How many removed images lie below each removed image.
    private static func depths(of removed: Set<Digest>, parents: [Digest: Digest]) -> [Digest: Int] {
        var result: [Digest: Int] = [:]
        for id in removed {
            var path: [Digest] = []
            var current = id
            var base = 0
            // The path is bounded by what is removed, since an engine that lies may answer with a circle of parents.
            while path.count <= removed.count {
                if let known = result[current] {
                    base = known + 1
                    break
                }
                path.append(current)
                guard let parent = parents[current], removed.contains(parent) else { break }
                current = parent
            }
            for step in path.reversed() {
                result[step] = base
                base += 1
            }
        }
        return result
    }

    /// The order of kinds: what holds others goes first.
    ///
    /// Images and records of the build cache take the numbers below theirs, the deepest child first.
    private enum Wave {
        static let containers = 0
        static let networks = 1
        static let volumes = 2
        static let images = 1_000_000_000
        static let buildCache = 2_000_000_000
    }
}
