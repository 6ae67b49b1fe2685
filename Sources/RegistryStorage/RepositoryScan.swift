/// What one listing of a repository found.
struct RepositoryScan: Sendable {
    /// A manifest that the repository has.
    struct Revision: Sendable {
        // In this order the two take 24 bytes.
        /// Which version of the link was read; no inode where a tag names the manifest, so that nobody asked.
        let stamp: FileStamp
        let number: DigestNumber

        /// When the link was written, in nanoseconds since 1970; `Int64.max` where nobody asked.
        var written: Int64 { stamp.inode == 0 ? .max : stamp.written }
    }

    /// A tag `sha256-<hex>`, with or without `.sig`, `.att` or `.sbom`, and the manifest that it belongs to by its name.
    struct SubjectTag: Sendable {
        let name: EntryName
        let target: DigestNumber
        let subject: DigestNumber
        /// Whether the name has one of the endings; a name without one may also be anybody's own.
        let hasEnding: Bool
        let written: Int64
        let stamp: FileStamp
    }

    /// A tag that was asked to go.
    struct DoomedTag: Sendable {
        let name: EntryName
        /// What it names; `nil` where its link is missing, cannot be read or says nothing.
        let target: DigestNumber?
        /// Which version of its link was there; no inode where there was none.
        let stamp: FileStamp
    }

    /// An upload that has not ended, and that is old enough to go.
    struct Upload: Sendable {
        let name: EntryName
        let size: Int64
    }

    let name: EntryName
    var revisions: [Revision] = []
    /// What ordinary tags name.
    var tagTargets: [DigestNumber] = []
    /// When manifests last lost a tag to another, in nanoseconds since 1970, where the policy counts that.
    var losses: [DigestNumber: Int64] = [:]
    /// Manifests that stay because something in the trash names them: a tag, or an index.
    var heldManifests: [DigestNumber] = []
    /// Manifests that a repair takes: their blobs are missing, and nothing names them.
    var lostManifests: Set<DigestNumber> = []
    var subjectTags: [SubjectTag] = []
    var doomedTags: [DoomedTag] = []
    /// Blobs whose layer link the directory holds.
    var layers = PackedNumbers()
    /// Directories of revisions whose link is gone: a manifest that was here.
    var bareRevisions: [DigestNumber] = []
    /// What links of other algorithms, or damaged ones, name besides.
    var extraBlobs: [DigestNumber] = []
    var staleUploads: [Upload] = []
    /// Whether an upload is there that is not stale.
    var hasLiveUpload = false
    var hasManifestDirectory = false
    var hasLayerDirectory = false
    var hasUploadDirectory = false
    /// When the repository's own directory last changed.
    var modified: Int64 = .max
    /// Whether longer names begin with this one.
    var hasNested = false
    /// How many entries of `tags` are directories.
    var tagCount = 0
    var problems: [StorageProblem] = []
    /// Whether something is damaged or not understood, so that all that the repository links is kept.
    var isDamaged = false
    /// Whether something in the trash needs what is not known of the repository, so that it is kept whole.
    var isNeededWhole = false
    /// Tags that were asked to go and of which nobody knows what they name: all manifests of the repository stay.
    var unknownDoomedTags: [EntryName] { doomedTags.filter { $0.target == nil }.map(\.name) }
    /// What could not be listed.
    ///
    /// Nothing is known of what it names, which forbids the removal of any blob.
    var unlistable: [StorageProblem] = []
}
