/// What a check of a store found.
package struct CheckReport: Sendable {
    /// Every problem, in the order of the paths.
    package internal(set) var problems: [StorageProblem] = []
    /// How many repositories were looked at.
    package internal(set) var repositories = 0
    /// How many tags lead to their last blob.
    package internal(set) var tags = 0
    /// How many manifests were read.
    package internal(set) var manifests = 0
    /// How many blobs the store holds.
    package internal(set) var blobs = 0
    /// How many bytes the blobs have.
    package internal(set) var bytes: Int64 = 0
    /// Who uses those bytes.
    package internal(set) var use = BlobUse()

    /// Those problems because of which an image cannot be served.
    package var broken: [StorageProblem] { problems.filter(\.breaksImages) }
}
