/// The sizes of the blobs that a plan leaves, for an account of who uses them.
struct StayingBlobs: Sendable {
    /// The blobs that something names or named, each once, in no order.
    var named: [(number: DigestNumber, size: Int64)] = []
    /// The bytes of the blobs that nothing names.
    var unnamed: Int64 = 0

    /// Adds a blob.
    mutating func add(_ number: DigestNumber?, _ size: Int64) {
        if let number { named.append((number, size)) } else { unnamed += size }
    }

    /// Adds the blobs of other directories.
    mutating func add(_ other: StayingBlobs) {
        named += other.named
        unnamed += other.unnamed
    }
}
