/// Who uses the bytes of a store's blobs; every blob is counted once.
package struct BlobUse: Sendable {
    /// A repository with what only it names.
    package struct Repository: Sendable {
        /// The name.
        package let name: EntryName
        /// The bytes of the blobs that it alone names.
        package let bytes: Int64
        /// What the disk would get back of what it alone names.
        package let reclaimable: Int64
    }

    /// The repositories in their order; those of which neither has bytes are left out.
    package private(set) var repositories: [Repository] = []
    /// The bytes of the blobs that several repositories name.
    package private(set) var shared: Int64 = 0
    /// The bytes of the blobs that no repository names.
    package private(set) var unreferenced: Int64 = 0
    /// What the disk would get back of the blobs that several repositories name, of those that none names, and of uploads; `nil` where nothing was
    /// planned.
    package private(set) var reclaimable: (shared: Int64, unreferenced: Int64, uploads: Int64)?
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
        repositories = zip(names, own).filter { $0.1 > 0 }.map { Repository(name: $0, bytes: $1, reclaimable: 0) }
    }

    /// Adds up the blobs that a plan leaves by who names them then, and those that it takes by who names them now.
    ///
    /// An owner's number is the place of its repository in the plan's graph.
    init(_ plan: SweepPlan, _ staying: StayingBlobs, owners: PlaceOwners, largestTags: LargestTags) {
        self.largestTags = largestTags
        let names = plan.graph.scan.repositories
        var own = [(bytes: Int64, reclaimable: Int64)](repeating: (0, 0), count: names.count)
        unreferenced = staying.unnamed
        for (number, size) in staying.named {
            switch owners[Int(number)] {
            case .one(let repository): own[repository].bytes += size
            case .several: shared += size
            case .nobody: unreferenced += size
            }
        }
        var others = (shared: Int64(0), unreferenced: Int64(0), uploads: Int64(0))
        for blob in plan.blobs {
            switch owners[Int(blob.number)] {
            case .one(let repository): own[repository].reclaimable += max(blob.size, 0)
            case .several: others.shared += max(blob.size, 0)
            case .nobody: others.unreferenced += max(blob.size, 0)
            }
        }
        for repository in plan.repositories { others.uploads += repository.uploads.reduce(0) { $0 + $1.size } }
        reclaimable = others
        repositories = zip(names, own).filter { $1.bytes > 0 || $1.reclaimable > 0 }.map {
            Repository(name: $0.name, bytes: $1.bytes, reclaimable: $1.reclaimable)
        }
    }
}
