/// What will be removed from a store, in the order in which it will be removed.
///
/// A plan is made when marking has finished for every repository, printed by a dry run, and executed at most once.
package struct SweepPlan: Sendable {
    /// Why something goes.
    package enum Reason: String, Sendable {
        /// It was asked for.
        case asked
        /// No tag reaches the manifest.
        case untagged
        /// What it belongs to is gone.
        case subjectGone = "subject-gone"
        /// No manifest of the repository needs the layer.
        case unneeded
        /// Nothing that is kept names the blob.
        case unreferenced
        /// The upload has not ended for a long time.
        case stale
        /// Nothing is left in the repository.
        case empty
        /// A directory that lost its file.
        case remains
        /// The manifest's blob is missing, and nothing names the manifest.
        case lost
    }

    /// What kind of thing goes.
    package enum Kind: String, Sendable, CaseIterable {
        /// A tag.
        case tag
        /// A tag's memory of a manifest.
        case tagEntry = "tag-entry"
        /// A repository's link to a manifest.
        case revision
        /// A repository's link to a layer or config.
        case layerLink = "layer-link"
        /// An upload that has not ended.
        case upload
        /// A repository's directory.
        case repository
        /// A blob.
        case blob
    }

    /// One thing that goes.
    package struct Removal: Sendable {
        /// What it is.
        package let kind: Kind
        /// Where it is, relative to the root of the store.
        package let path: EntryName
        /// How many bytes the disk gets back; links count nothing.
        package let bytes: Int64
        /// Why it goes.
        package let reason: Reason
        /// The repository that it lies in; `nil` for a blob.
        package let repository: EntryName?
        /// What a tag names; `nil` for everything else, and where nobody knows.
        package var target: BlobKey?
    }

    struct Tag: Sendable {
        let name: EntryName
        /// What it names; `nil` where nobody knows.
        let target: DigestNumber?
        /// Which version of its link goes; no inode where it has none.
        let stamp: FileStamp
        let reason: Reason
        /// The manifest that the tag belongs to by its name.
        ///
        /// It stays as long as the tag: without it nothing tells that the tag's manifest is to go.
        var subject: DigestNumber?
    }

    struct Link: Sendable {
        // In this order the three take 24 bytes.
        let stamp: FileStamp
        let number: DigestNumber
        let reason: Reason

        init(number: DigestNumber, stamp: FileStamp, reason: Reason) {
            (self.stamp, self.number, self.reason) = (stamp, number, reason)
        }
    }

    struct Repository: Sendable {
        let name: EntryName
        /// Its place in the graph.
        let place: Int
        var tags: [Tag] = []
        var entries: [(tag: EntryName, key: BlobKey)] = []
        /// Every manifest after those that name it.
        var revisions: [Link] = []
        var layers: PackedLinks
        var uploads: [RepositoryScan.Upload] = []
        /// Everything goes, because it was asked for.
        var removesContents = false
        /// The directory goes, because nothing is left in it.
        var removesDirectory = false

        init(name: EntryName, place: Int, layersGo reason: Reason) {
            (self.name, self.place) = (name, place)
            layers = PackedLinks(reason: reason)
        }

        var isEmpty: Bool {
            tags.isEmpty && entries.isEmpty && revisions.isEmpty && layers.isEmpty && uploads.isEmpty && !removesContents
                && !removesDirectory
        }

        /// How many things of a kind go.
        func count(of kind: Kind) -> Int {
            switch kind {
            case .tag: tags.count
            case .tagEntry: entries.count
            case .revision: revisions.count
            case .layerLink: layers.count
            case .upload: uploads.count
            case .repository: removesDirectory ? 1 : 0
            case .blob: 0
            }
        }

        /// The bytes of the uploads that go.
        var bytes: Int64 { uploads.reduce(0) { $0 + $1.size } }
    }

    struct Blob: Sendable {
        let number: DigestNumber
        /// What the disk gets back: the length of the file, nothing where it has a second name; -1 where only the directory is left.
        let size: Int64
    }

    /// Something that is put right without taking away what anybody could miss.
    package struct Mend: Sendable {
        /// What is done.
        package enum Action: Sendable, Hashable {
            /// The link is written; it reads this digest.
            case writeLink(BlobKey)
            /// The directory goes, as far as it is empty.
            case removeEmptyDirectory
            /// The blob's file, whose content is not what its digest names, goes to the trash in this version, and a sound copy comes from another
            /// run's trash into its place, where there is one.
            case setAside(BlobKey, FileStamp, replacement: EntryName?)
        }

        /// Where, relative to the root of the store.
        package let path: EntryName
        /// What is done there.
        package let action: Action

        /// Whether a blob's file goes and nothing comes into its place.
        var onlySetsAside: Bool { if case .setAside(_, _, nil) = action { true } else { false } }
    }

    let graph: StoreGraph
    let policy: CollectionPolicy
    /// Taken by the one execution.
    let ticket = PlanTicket()
    var repositories: [Repository] = []
    /// By their digest.
    private(set) var blobs = BlobList()
    /// The numbers of the blobs.
    private(set) var removedBlobs = DigestSet(count: 0)
    /// The blobs that stay, where the policy wants them measured.
    var staying: StayingBlobs?
    /// Directories in which no repository lies, deepest first.
    var emptyDirectories: [EntryName] = []
    /// What is brought back from the trash: a run that was stopped had taken it, and something that is kept names it.
    var restored: [Trash.Item] = []
    /// What is put right, before anything goes: damaged blobs first.
    package var mends: [Mend] = []

    /// What is wrong in the store, in the order of the paths.
    package var problems: [StorageProblem] = []
    /// What could not be listed; where there is something, no blob goes.
    package var unlistable: [StorageProblem] = []
    /// How many blobs the store holds, as far as they were listed.
    package var blobCount = 0
    /// How many manifests a deletion leaves because they, or what belongs to them, are young.
    var youngManifests = 0
    /// How many manifests a collection leaves although no tag reaches them, and in how many repositories.
    var untagged = (manifests: UntaggedCounts(), repositories: UntaggedCounts())
    /// How many layer links would go but for their age.
    var youngLayers = 0
    /// How many blobs would go but for their age; those of young layer links are not among them.
    var youngBlobs = 0
    /// How many things would go but for runs of the trash that may still be put back, and those runs.
    var held = (manifests: 0, layers: 0, blobs: 0, runs: [Trash.Run]())
    /// How many manifests stay in a repository although what they belong to goes from another.
    var leftReferrers: [(repository: EntryName, count: Int)] = []
    /// How many repositories the store holds.
    package var repositoryCount: Int { graph.scan.repositories.count }
    /// Repositories that were kept whole because something in them is damaged.
    package var wholeRepositories: [EntryName] = []
    /// Tags that go and of which nobody knows what they name; their repositories lose nothing else.
    var unknownTags: [(repository: EntryName, tags: [EntryName])] = []

    /// Takes the blobs that go, in the place of those that it had.
    mutating func setBlobs(_ blobs: BlobList) {
        removedBlobs = DigestSet(count: blobs.isEmpty ? 0 : graph.table.count)
        for blob in blobs { removedBlobs.insert(blob.number) }
        self.blobs = blobs
    }

    /// Takes out what stays where a registry that cannot be asked may remember it: layer links and blobs.
    mutating func leaveBlobs() {
        for index in repositories.indices { repositories[index].layers = PackedLinks(reason: repositories[index].layers.reason) }
        for blob in blobs where blob.size >= 0 { staying?.add(blob.number, blob.size) }
        setBlobs(BlobList())
    }

    /// Says whether a blob is to go.
    func removes(blob key: BlobKey) -> Bool { graph.table.find(key).map { removedBlobs.contains($0) } ?? false }

    /// The digest of a blob that goes.
    @inline(__always)
    func key(of blob: Blob) -> BlobKey { graph.table.key(blob.number) }

    /// Whether anything goes.
    var removesAnything: Bool { !repositories.isEmpty || !blobs.isEmpty || !emptyDirectories.isEmpty }

    /// Whether nothing goes and nothing is put right.
    package var isEmpty: Bool { !removesAnything && restored.isEmpty && mends.isEmpty }

    /// The bytes of the blobs and uploads that go.
    package var bytes: Int64 {
        bytesOfBlobs + repositories.reduce(0) { $0 + $1.bytes }
    }

    /// The bytes of the blobs that go.
    var bytesOfBlobs: Int64 { blobs.reduce(0) { $0 + max($1.size, 0) } }

    /// Whether something is put right that an image may lack.
    var mendsImages: Bool { !restored.isEmpty || mends.contains { $0.action != .removeEmptyDirectory } }

    /// Damaged blobs that go to the trash and in whose place nothing comes.
    var setAside: [EntryName] { mends.filter(\.onlySetsAside).map(\.path) }

    /// Where something is put right, but for damaged blobs in whose place nothing comes: what comes back from the trash, then what is mended, in the order in which it happens.
    package var mendedPaths: [EntryName] { restored.map(\.original) + mends.filter { !$0.onlySetsAside }.map(\.path) }

    /// How many things of a kind go.
    package func count(of kind: Kind) -> Int {
        switch kind {
        case .tag, .tagEntry, .revision, .layerLink, .upload: repositories.reduce(0) { $0 + $1.count(of: kind) }
        case .repository: repositories.reduce(0) { $0 + $1.count(of: kind) } + emptyDirectories.count
        case .blob: blobs.count
        }
    }
}
