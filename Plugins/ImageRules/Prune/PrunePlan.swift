import HookKit

/// What a run of `prune` removes, in order, and what it keeps and why: decided before anything is removed, shown in a dry run, carried out once.
struct PrunePlan: Sendable {
    /// A thing that can be removed.
    enum Item: Sendable {
        case container(EngineContainer, EngineContainerDetails?)
        case network(EngineNetwork)
        case volume(EngineVolume)
        case image(EngineImage)
        case buildCache(BuildCacheRecord)
    }

    /// Something that is removed.
    struct Removal: Sendable {
        let item: Item
        let subject: String
        let reason: String
        /// The bytes that it gives back in its turn, at the least; `nil` where the engine did not say.
        var bytes: ByteSize?
        /// Removals of one wave do not depend on each other; a later wave waits for the earlier ones.
        let wave: Int

        /// What a plan that is written down says of it.
        var change: PlannedChange {
            switch item {
            case .container(let container, let details): .removing(container, details, subject: subject)
            case .network(let network): .removing(network, subject: subject)
            case .volume(let volume): .removing(volume, subject: subject)
            case .image(let image): .removing(image, subject: subject)
            case .buildCache(let record): .removing(record, subject: subject)
            }
        }
    }

    /// Something that stays.
    struct Keeping: Sendable {
        let subject: String
        let reason: String
        let bytes: ByteSize?
    }

    /// In the order in which they are carried out.
    var removals: [Removal] = []
    /// In the engine's order.
    var keepings: [Keeping] = []
    /// What stays although the policy would have it go, because the plan that is carried out does not have it.
    var omissions: [Keeping] = []
    /// What the images that share layers give back, where that is worked out.
    private(set) var layers: LayerTree?
    /// The images that removed containers mount, by the containers' IDs.
    var mounts: [String: Set<Digest>] = [:]
    /// How many of the removed images have no name that is known, so that no pattern of names could hold them.
    var namelessCount = 0

    /// Counts of each image that is built on one that stays only what it adds to that.
    mutating func leaveOutParents(among images: [EngineImage]) {
        let known = Dictionary(images.map { ($0.id, $0) }) { first, _ in first }
        let removed = Set(removals.compactMap { removal -> Digest? in if case .image(let image) = removal.item { image.id } else { nil } })
        for index in removals.indices {
            guard case .image(let image) = removals[index].item, let bytes = removals[index].bytes else { continue }
            var below = image.parent
            while let id = below, removed.contains(id) { below = known[id]?.parent }
            if let parent = below.flatMap({ known[$0] }) { removals[index].bytes = min(bytes, image.size - parent.size) }
        }
    }

    /// Counts what removed images share with each other alone as given back by the last of them.
    mutating func countSharedLayers(_ layers: LayerTree) {
        self.layers = layers
        var layers = layers
        for index in removals.indices {
            if let bytes = layers.remove(removals[index].item) { removals[index].bytes = bytes }
        }
    }
}
