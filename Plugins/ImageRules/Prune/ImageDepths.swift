import HookKit

/// How many removed images lie below each removed image.
struct ImageDepths {
    private let depths: [Digest: Int]

    /// Counts along the parents of images.
    init(of removed: Set<Digest>, parents: [Digest: Digest]) {
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
        depths = result
    }

    /// How many lie below an image; none below one that is not removed.
    subscript(image: Digest) -> Int { depths[image] ?? 0 }
}
