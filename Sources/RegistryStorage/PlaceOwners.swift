/// Who uses each place of a list: nobody, one repository, or several; four bytes each.
struct PlaceOwners: Sendable {
    private static let nobody: Int32 = -1
    private static let several: Int32 = -2

    private var owners: [Int32]

    /// Places up to a count, which nobody uses.
    init(count: Int) {
        owners = [Int32](repeating: Self.nobody, count: count)
    }

    /// Who uses a place.
    enum Owner: Hashable {
        /// Nobody.
        case nobody
        /// One repository, by its number.
        case one(Int)
        /// Several repositories.
        case several
    }

    /// Who uses the place.
    subscript(place: Int) -> Owner {
        switch owners[place] {
        case Self.nobody: .nobody
        case Self.several: .several
        case let owner: .one(Int(owner))
        }
    }

    /// Notes that a repository uses a place.
    @inline(__always)
    mutating func add(_ repository: Int32, to place: Int) {
        let owner = owners[place]
        if owner == repository || owner == Self.several { return }
        owners[place] = owner == Self.nobody ? repository : Self.several
    }

    /// Adds the users that were noted elsewhere for the same list.
    mutating func formUnion(_ other: PlaceOwners) {
        for place in owners.indices {
            let owner = other.owners[place]
            if owner == Self.several { owners[place] = owner } else if owner != Self.nobody { add(owner, to: place) }
        }
    }
}
