/// Something in a registry's storage that is not as it must be, or not as it should be.
package struct StorageProblem: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What is wrong, as it appears in a report.
    package struct Kind: Hashable, Sendable, RawRepresentable {
        /// The kebab-case word.
        package let rawValue: String

        /// Takes a kebab-case word.
        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A link without a byte.
        package static let emptyLink = Kind(rawValue: "empty-link")
        /// A link whose text is no digest, or the wrong one.
        package static let damagedLink = Kind(rawValue: "damaged-link")
        /// A tag that names a manifest that its repository does not have.
        package static let danglingTag = Kind(rawValue: "dangling-tag")
        /// A tag's directory without the link that says what it names.
        package static let tagWithoutLink = Kind(rawValue: "tag-without-link")
        /// A manifest's link whose blob is not there.
        package static let missingManifest = Kind(rawValue: "missing-manifest")
        /// A manifest that cannot be read or understood.
        package static let damagedManifest = Kind(rawValue: "damaged-manifest")
        /// A blob that a manifest names and that is not there.
        package static let missingBlob = Kind(rawValue: "missing-blob")
        /// A blob that a manifest names and that its repository does not link.
        package static let missingLink = Kind(rawValue: "missing-link")
        /// A blob whose size is not the one in the manifest.
        package static let truncatedBlob = Kind(rawValue: "truncated-blob")
        /// A blob whose content is not the one that its digest names.
        package static let corruptBlob = Kind(rawValue: "corrupt-blob")
        /// A layer link whose blob is not there.
        package static let danglingLink = Kind(rawValue: "dangling-link")
        /// A directory of a link without the link.
        package static let emptyRevision = Kind(rawValue: "empty-revision")
        /// A directory of a blob without its data.
        package static let emptyBlob = Kind(rawValue: "empty-blob")
        /// A blob that nothing names.
        package static let unreferencedBlob = Kind(rawValue: "unreferenced-blob")
        /// A layer link that no manifest of the repository needs.
        package static let unneededLayer = Kind(rawValue: "unneeded-layer")
        /// An upload that has not ended for a long time.
        package static let staleUpload = Kind(rawValue: "stale-upload")
        /// A repository without tags, manifests, layers and uploads.
        package static let emptyRepository = Kind(rawValue: "empty-repository")
        /// Blobs without any repository that could name them.
        package static let noRepository = Kind(rawValue: "no-repository")
        /// Something that cannot be listed or read.
        package static let unreadable = Kind(rawValue: "unreadable")
        /// A name that a registry never gives.
        package static let unknownEntry = Kind(rawValue: "unknown-entry")
        /// Digests of an algorithm that is not collected.
        package static let otherAlgorithm = Kind(rawValue: "other-algorithm")
        /// A media type that is not known.
        package static let unknownMediaType = Kind(rawValue: "unknown-media-type")
        /// A signature, SBOM or attestation whose image was never seen.
        package static let unknownSubject = Kind(rawValue: "unknown-subject")
    }

    /// What is wrong.
    package let kind: Kind
    /// Where: the path relative to the root of the store.
    package let path: EntryName
    /// The repository, where the problem lies in one.
    package let repository: EntryName?
    /// One line in lower case without a full stop.
    package let message: String
    /// Whether what must hold is broken: an image cannot be served, or what it needs is not known.
    package let breaksImages: Bool

    package init(_ kind: Kind, _ path: EntryName, repository: EntryName? = nil, breaksImages: Bool, _ message: String) {
        self.kind = kind
        self.path = path
        self.repository = repository
        self.message = message
        self.breaksImages = breaksImages
    }

    /// The problem as one line.
    package var description: String { "\(path): \(message)" }

    /// Orders by path, then by kind.
    package static func < (left: StorageProblem, right: StorageProblem) -> Bool {
        if left.path != right.path { return left.path < right.path }
        return (left.kind.rawValue, left.message) < (right.kind.rawValue, right.message)
    }
}
