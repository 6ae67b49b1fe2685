import HookKit

/// How much may stay on the disk, and what stays within it.
struct DiskBudget {
    /// What all together may take.
    let limit: ByteSize
    /// What there is.
    let world: PruneWorld
    /// Whether the build cache is part of all together.
    let countsBuildCache: Bool

    /// What stays of the candidates, since all of it together stays within the budget: what was used last.
    func staying(
        of images: [EngineImage],
        and cache: [BuildCacheRecord],
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
        if countsBuildCache {
            for record in usage.buildCache { total += record.ownSize }
        }
        let candidateImages = Dictionary(images.map { ($0.id, $0) }) { first, _ in first }
        var uses: [Digest: Timestamp] = [:]
        /// An image is in use as long as one that is built on it.
        func use(of image: EngineImage, depth: Int = 0) -> Timestamp {
            if let known = uses[image.id] { return known }
            var latest = world.lastUse(of: image) ?? image.created
            // Depth is bounded, since an engine that lies may answer with a circle of parents.
            if depth < 1000 {
                for child in children[image.id] ?? [] {
                    if let own = candidateImages[child] { latest = max(latest, use(of: own, depth: depth + 1)) }
                }
            }
            uses[image.id] = latest
            return latest
        }
        let depths = ImageDepths(of: Set(images.map(\.id)), parents: candidateImages.compactMapValues(\.parent))
        let candidates =
            images.map { (use(of: $0), -depths[$0.id], Candidate.image($0)) }
            + cache.map { (graph.uses[$0.id] ?? Timestamp(seconds: 0), -(graph.depths[$0.id] ?? 0), Candidate.cache($0)) }
        var staying = (images: Set<Digest>(), cache: Set<String>())
        for (_, _, candidate) in candidates.sorted(by: { ($0.0, $0.1) < ($1.0, $1.1) }) {
            let isOver = total > limit
            switch candidate {
            case .image(let image):
                let hasKeptChild = (children[image.id] ?? []).contains { staying.images.contains($0) }
                if isOver, !hasKeptChild { total = total - tree.remove(image.id) } else { staying.images.insert(image.id) }
            case .cache(let record):
                let hasKeptChild = (graph.children[record.id] ?? []).contains { staying.cache.contains($0) }
                if isOver, !hasKeptChild { total = total - record.ownSize } else { staying.cache.insert(record.id) }
            }
        }
        return staying
    }
}

extension BuildCacheRecord {
    /// What removing the record gives back by itself.
    var ownSize: ByteSize { isShared ? .zero : size }
}
