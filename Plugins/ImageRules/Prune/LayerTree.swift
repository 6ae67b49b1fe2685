import HookKit

/// Works out how many bytes the removal of an image gives back while others that share its lower layers stay.
///
/// Layers are shared from the bottom up, so images form a tree of layers. The size up to a layer is known where an image ends, and where an image's
/// part that is shared with others ends; in between, what is given back is counted at the least, never at the most.
struct LayerTree {
    private struct Node {
        var children: [Digest: Int] = [:]
        let parent: Int?
        /// How many of the images that are still there pass through or end here.
        var images = 0
        /// The size of all layers up to and with this one, where it is known.
        var size: ByteSize?
    }

    private var nodes = [Node(parent: nil, size: .zero)]
    private var ends: [Digest: Int] = [:]

    /// Takes the images whose layers are known: they must be all that share any.
    init(_ images: [EngineImage], layers: [Digest: [Digest]], sharedSizes: [Digest: ByteSize]) {
        let images = images.filter { layers[$0.id]?.isEmpty == false }
        for image in images {
            var index = 0
            nodes[0].images += 1
            for layer in layers[image.id] ?? [] {
                if let next = nodes[index].children[layer] {
                    index = next
                } else {
                    nodes.append(Node(parent: index))
                    nodes[index].children[layer] = nodes.count - 1
                    index = nodes.count - 1
                }
                nodes[index].images += 1
            }
            nodes[index].size = image.size
            ends[image.id] = index
        }
        for image in images {
            guard let shared = sharedSizes[image.id], var index = ends[image.id] else { continue }
            while nodes[index].images < 2, let parent = nodes[index].parent { index = parent }
            if nodes[index].size == nil { nodes[index].size = shared }
        }
    }

    /// Takes an image away; the bytes that this gives back, at the least.
    mutating func remove(_ image: Digest) -> ByteSize {
        guard let end = ends.removeValue(forKey: image), let whole = nodes[end].size else { return .zero }
        var index: Int? = end
        var kept = ByteSize.zero
        var lastKnown = whole
        var isKept = false
        while let current = index {
            nodes[current].images -= 1
            if let size = nodes[current].size { lastKnown = size }
            if !isKept, nodes[current].images > 0 {
                // The size up to here, or up to the nearest layer above of which it is known.
                kept = lastKnown
                isKept = true
            }
            index = nodes[current].parent
        }
        return whole - kept
    }

    /// Takes an image away that is removed; the bytes that this gives back, at the least, and `nil` for what is not in the tree.
    mutating func remove(_ item: PrunePlan.Item) -> ByteSize? {
        guard case .image(let image) = item, ends[image.id] != nil else { return nil }
        return remove(image.id)
    }
}
