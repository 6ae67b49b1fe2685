/// How large a part of a document is once every alias stands for a copy of what it names.
struct ExpandedSize {
    /// Scalars, lists and mappings.
    var nodes = 0
    /// Bytes of text in the scalars.
    var bytes = 0

    /// Adds another part.
    mutating func add(_ other: ExpandedSize) {
        nodes += other.nodes
        bytes += other.bytes
    }
}
