/// The blobs that the manifests of one repository name, by their places among the store's blobs; four bytes for each name.
struct ReachedBlobs {
    /// The places that each manifest names, its own first to last, one manifest after the other.
    private var places: [Int32] = []
    /// Where the places of each manifest begin.
    private var starts: [Int] = []
    /// How many bytes each manifest names, every blob once.
    private var bytes: [Int64] = []
    /// The manifests that an index names, by the index's number.
    private var children: [Int: [BlobKey]] = [:]

    /// Begins the next manifest.
    mutating func begin() {
        starts.append(places.count)
        bytes.append(0)
    }

    /// Notes that the manifest which was begun last names a blob that is there, or is it.
    mutating func add(_ place: Int) { places.append(Int32(place)) }

    /// Notes that the manifest which was begun last names others.
    mutating func add(_ children: [BlobKey]) {
        if !children.isEmpty { self.children[starts.count - 1, default: []] += children }
    }

    /// Ends the manifest which was begun last: what it names twice counts once.
    mutating func end(_ sizes: BlobSizes) {
        guard let start = starts.last else { return }
        var end = start
        var sum: Int64 = 0
        places.withUnsafeMutableBufferPointer { places in
            var own = UnsafeMutableBufferPointer(rebasing: places[start...])
            own.sort()
            for index in start..<places.count where end == start || places[end - 1] != places[index] {
                places[end] = places[index]
                end += 1
                sum += max(0, sizes.size(at: Int(places[index])))
            }
        }
        bytes[bytes.count - 1] = sum
        places.removeLast(places.count - end)
    }

    /// The bytes that a manifest reaches, every blob once; `number` tells which manifest of the repository a digest is.
    func bytes(of manifest: Int, _ sizes: BlobSizes, number: (BlobKey) -> Int?) -> Int64 {
        guard children[manifest] != nil else { return bytes[manifest] }
        var manifests: Set<Int> = [manifest]
        var waiting = [manifest]
        var reached: Set<Int32> = []
        while let next = waiting.popLast() {
            reached.formUnion(places[starts[next]..<(next + 1 < starts.count ? starts[next + 1] : places.count)])
            for child in children[next] ?? [] {
                if let child = number(child), manifests.insert(child).inserted { waiting.append(child) }
            }
        }
        return reached.reduce(0) { $0 + max(0, sizes.size(at: Int($1))) }
    }
}
