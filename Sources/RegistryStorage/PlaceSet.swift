/// A set of places in a list, one bit each.
struct PlaceSet: Sendable {
    private var words: [UInt64]

    /// An empty set of places up to a count.
    init(count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// Says whether the place is in the set.
    func contains(_ place: Int) -> Bool { words[place >> 6] & (1 << UInt64(place & 63)) != 0 }

    /// Adds a place.
    mutating func insert(_ place: Int) { words[place >> 6] |= 1 << UInt64(place & 63) }

    /// Adds all places of another set for the same list.
    mutating func formUnion(_ other: PlaceSet) {
        for index in words.indices { words[index] |= other.words[index] }
    }
}
