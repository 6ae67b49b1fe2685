/// Every blob of a store with its size, in 36 bytes each.
struct BlobSizes: Sendable {
    /// The size of a blob of which only the directory is left.
    static let missing: Int64 = -1

    private static let isMissing = UInt32.max
    private static let isLarge = UInt32.max - 1

    private struct List: Sendable {
        var keys: [BlobKey] = []
        /// The sizes, `isMissing`, or `isLarge`.
        var sizes: [UInt32] = []
    }

    /// By the first byte of the digest; each list is in the order of the digests.
    private var lists: [List]
    /// How many blobs stand in the lists before.
    private var starts: [Int]
    /// The sizes that take more room than the lists have.
    private var large: [BlobKey: Int64] = [:]

    init() {
        lists = [List](repeating: List(), count: 256)
        starts = [Int](repeating: 0, count: 256)
    }

    /// How many blobs there are, with those of which only the directory is left.
    var count: Int { starts[255] + lists[255].keys.count }

    /// How many bytes the blobs have.
    var bytes: Int64 {
        var sum: Int64 = 0
        forEach { _, _, size in sum += max(size, 0) }
        return sum
    }

    /// Adds all blobs whose digests begin with a byte, in any order; the places of blobs are known after `order`.
    mutating func add(_ blobs: [(key: BlobKey, size: Int64)], beginningWith prefix: UInt8) {
        var list = List()
        list.keys.reserveCapacity(blobs.count)
        list.sizes.reserveCapacity(blobs.count)
        for blob in blobs.sorted(by: { $0.key < $1.key }) {
            list.keys.append(blob.key)
            if blob.size < 0 {
                list.sizes.append(Self.isMissing)
            } else if blob.size < Int64(Self.isLarge) {
                list.sizes.append(UInt32(blob.size))
            } else {
                list.sizes.append(Self.isLarge)
                large[blob.key] = blob.size
            }
        }
        lists[Int(prefix)] = list
    }

    /// Adds the blobs of other directories; of one that a file system lists twice, one look is taken.
    mutating func add(_ other: consuming BlobSizes) {
        for index in lists.indices where lists[index].keys.isEmpty { swap(&lists[index], &other.lists[index]) }
        large.merge(other.large) { first, _ in first }
    }

    /// Counts the blobs, so that they are found.
    mutating func order() {
        var start = 0
        for index in lists.indices {
            starts[index] = start
            start += lists[index].keys.count
        }
    }

    /// The place of a blob among all; `nil` where it is not there at all.
    func place(of key: BlobKey) -> Int? {
        let keys = lists[Int(key.prefix)].keys
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key ? starts[Int(key.prefix)] + low : nil
    }

    /// The size of the blob at a place.
    func size(at place: Int, of key: BlobKey) -> Int64 { size(place - starts[Int(key.prefix)], in: lists[Int(key.prefix)]) }

    /// The size of the blob at a place.
    func size(at place: Int) -> Int64 {
        // The last list that begins at the place or before; empty lists begin where the next one does.
        var (low, high) = (0, 256)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= place { low = middle } else { high = middle }
        }
        return size(place - starts[low], in: lists[low])
    }

    private func size(_ offset: Int, in list: List) -> Int64 {
        switch list.sizes[offset] {
        case Self.isMissing: Self.missing
        case Self.isLarge: large[list.keys[offset]] ?? Int64(Self.isLarge)
        case let size: Int64(size)
        }
    }

    /// Calls the body with every blob: its place, its digest, its size.
    func forEach(_ body: (Int, BlobKey, Int64) -> Void) {
        for (list, start) in zip(lists, starts) {
            for offset in list.keys.indices { body(start + offset, list.keys[offset], size(offset, in: list)) }
        }
    }
}
