/// Who uses the bytes of a store's blobs; every blob is counted once.
package struct BlobUse: Sendable {
    /// The bytes of the blobs that each repository alone names, by the repositories' order; the names without any are left out.
    package private(set) var repositories: [(name: EntryName, bytes: Int64)] = []
    /// The bytes of the blobs that several repositories name.
    package private(set) var shared: Int64 = 0
    /// The bytes of the blobs that no repository names.
    package private(set) var unreferenced: Int64 = 0
    /// The tags that reach most, however many others reach the same.
    package private(set) var largestTags = LargestTags()

    /// Of no blobs.
    init() {}

    /// Adds up the blobs by who names them; an owner's number is the place of its name.
    init(names: [EntryName], owners: PlaceOwners, sizes: BlobSizes, largestTags: LargestTags) {
        self.largestTags = largestTags
        var own = [Int64](repeating: 0, count: names.count)
        sizes.forEach { place, _, size in
            switch owners[place] {
            case .one(let repository): own[repository] += max(size, 0)
            case .several: shared += max(size, 0)
            case .nobody: unreferenced += max(size, 0)
            }
        }
        repositories = zip(names, own).filter { $0.1 > 0 }.map { ($0, $1) }
    }
}
