/// The tags that reach most bytes, of a store or a part of it; all others are forgotten at once.
package struct LargestTags: Sendable {
    /// A tag with what it reaches.
    package struct Tag: Hashable, Sendable, Comparable {
        /// The repository.
        package let repository: EntryName
        /// The tag.
        package let name: EntryName
        /// The bytes of the blobs that it reaches, each counted once: its manifest, and whatever that names, through indexes too.
        package let bytes: Int64

        /// The larger first; of two of a size, by name.
        package static func < (first: Tag, second: Tag) -> Bool {
            if first.bytes != second.bytes { return first.bytes > second.bytes }
            return (first.repository, first.name) < (second.repository, second.name)
        }
    }

    /// How many are kept.
    static let limit = 20

    /// The tags, the largest first.
    package private(set) var tags: [Tag] = []

    /// Says whether a tag that reaches so many bytes may be one of them.
    func mayTake(_ bytes: Int64) -> Bool { tags.count < Self.limit || bytes >= tags[Self.limit - 1].bytes }

    /// Says whether a tag of a repository that reaches so many bytes may be one of them.
    func mayTake(_ bytes: Int64, of repository: EntryName) -> Bool {
        guard mayTake(bytes) else { return false }
        return tags.count < Self.limit || bytes > tags[Self.limit - 1].bytes || !(tags[Self.limit - 1].repository < repository)
    }

    /// Takes a tag, where it is one of the largest.
    mutating func add(_ tag: Tag) {
        tags.insert(tag, at: tags.firstIndex { tag < $0 } ?? tags.count)
        if tags.count > Self.limit { tags.removeLast() }
    }

    /// Takes those of another part.
    mutating func formUnion(_ other: LargestTags) {
        for tag in other.tags where mayTake(tag.bytes) { add(tag) }
    }
}
