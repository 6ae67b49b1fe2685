/// Every blob of a store with its size, in 40 bytes each.
struct BlobSizes: Sendable {
    /// The size of a blob of which only the directory is left.
    static let missing: Int64 = -1

    private struct Entry: Sendable {
        let key: BlobKey
        let size: Int64
    }

    /// By the first byte of the digest; each list is in the order of the digests.
    private var lists: [[Entry]]
    /// How many blobs stand in the lists before.
    private var starts: [Int]

    init() {
        lists = [[Entry]](repeating: [], count: 256)
        starts = [Int](repeating: 0, count: 256)
    }

    /// How many blobs there are, with those of which only the directory is left.
    var count: Int { starts[255] + lists[255].count }

    /// How many bytes the blobs have.
    var bytes: Int64 { lists.reduce(0) { $0 + $1.reduce(0) { $0 + max($1.size, 0) } } }

    /// Adds a blob; the places of blobs are known after `order`.
    mutating func add(_ key: BlobKey, _ size: Int64) {
        lists[Int(key.prefix)].append(Entry(key: key, size: size))
    }

    /// Adds the blobs of other directories.
    mutating func add(_ other: consuming BlobSizes) {
        for index in lists.indices where !other.lists[index].isEmpty {
            if lists[index].isEmpty { swap(&lists[index], &other.lists[index]) } else { lists[index] += other.lists[index] }
        }
    }

    /// Puts the blobs in order, so that they are found.
    mutating func order() {
        var start = 0
        for index in lists.indices {
            lists[index].sort { $0.key < $1.key }
            starts[index] = start
            start += lists[index].count
        }
    }

    /// The place of a blob among all; `nil` where it is not there at all.
    func place(of key: BlobKey) -> Int? {
        let list = lists[Int(key.prefix)]
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < list.count && list[low].key == key ? starts[Int(key.prefix)] + low : nil
    }

    /// The size of the blob at a place.
    func size(at place: Int, of key: BlobKey) -> Int64 { lists[Int(key.prefix)][place - starts[Int(key.prefix)]].size }

    /// The size of the blob at a place.
    func size(at place: Int) -> Int64 {
        // The last list that begins at the place or before; empty lists begin where the next one does.
        var (low, high) = (0, 256)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= place { low = middle } else { high = middle }
        }
        return lists[low][place - starts[low]].size
    }

    /// Calls the body with every blob: its place, its digest, its size.
    func forEach(_ body: (Int, BlobKey, Int64) -> Void) {
        for index in lists.indices {
            for (offset, entry) in lists[index].enumerated() { body(starts[index] + offset, entry.key, entry.size) }
        }
    }
}
