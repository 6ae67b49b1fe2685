/// The places of some digests in a list: four bytes for each of the 64 numbers around one that has a place, and next to nothing for the others.
struct DigestPlaces: Sendable {
    private static let pageShift: DigestNumber = 6
    private static let pageSize = 1 << 6

    /// For every 64 numbers where their places begin in `places`, counted in pages from one; 0 where none of them has a place.
    private var pages: [UInt32] = []
    /// Counted from one; 0 for a number without a place.
    private var places: [UInt32] = []

    /// No places.
    init() {}

    /// The place of a number, where it has one.
    @inline(__always)
    subscript(number: DigestNumber) -> Int? {
        let page = Int(number >> Self.pageShift)
        guard page < pages.count, pages[page] != 0 else { return nil }
        let place = places[(Int(pages[page]) - 1) * Self.pageSize + Int(number) % Self.pageSize]
        return place == 0 ? nil : Int(place) - 1
    }

    /// Gives a number its place.
    mutating func set(_ place: Int, of number: DigestNumber) {
        let page = Int(number >> Self.pageShift)
        if page >= pages.count { pages.append(contentsOf: repeatElement(0, count: page + 1 - pages.count)) }
        if pages[page] == 0 {
            places.append(contentsOf: repeatElement(0, count: Self.pageSize))
            pages[page] = UInt32(places.count / Self.pageSize)
        }
        places[(Int(pages[page]) - 1) * Self.pageSize + Int(number) % Self.pageSize] = UInt32(place + 1)
    }
}
