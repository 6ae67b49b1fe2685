/// What a manifest names, as numbers of a `DigestTable`.
struct Manifest: Sendable {
    /// How far the manifest was understood.
    enum State: Sendable {
        /// What it names is known.
        case understood
        /// Its blob is not there.
        case missing
        /// It cannot be read, is no manifest, or its content is not what its digest names; then what it names is known as far as it can be read.
        case damaged
    }

    static let none = DigestNumber.max

    var state: State
    var isIndex = false
    var isUnknownType = false
    var namesOtherAlgorithm = false
    var isSchema1 = false
    /// The manifest that this one belongs to, or `none`.
    var subject: DigestNumber = Manifest.none
    /// Which list its names stand in, and at which byte: first the blobs, then the manifests.
    var list: Int32 = 0
    var start: UInt32 = 0
    var blobCount: Int32 = 0
    var childCount: Int32 = 0
}
