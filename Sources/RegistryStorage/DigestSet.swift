/// A set of numbers of digests, one bit each.
struct DigestSet: Sendable {
    private var words: [UInt64]

    /// An empty set for a table of so many digests.
    init(count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// Says whether the number is in the set.
    @inline(__always)
    func contains(_ number: DigestNumber) -> Bool {
        let index = Int(number >> 6)
        return index < words.count && words[index] & (1 &<< UInt64(number & 63)) != 0
    }

    /// Adds a number; says whether it is new.
    @inline(__always)
    @discardableResult
    mutating func insert(_ number: DigestNumber) -> Bool {
        let index = Int(number >> 6)
        if index >= words.count { words.append(contentsOf: repeatElement(0, count: index + 1 - words.count)) }
        let bit: UInt64 = 1 &<< UInt64(number & 63)
        if words[index] & bit != 0 { return false }
        words[index] |= bit
        return true
    }

    /// Takes a number out.
    @inline(__always)
    mutating func remove(_ number: DigestNumber) {
        let index = Int(number >> 6)
        if index < words.count { words[index] &= ~(1 &<< UInt64(number & 63)) }
    }

    /// Adds all numbers of another set.
    mutating func formUnion(_ other: DigestSet) {
        if other.words.count > words.count { words.append(contentsOf: repeatElement(0, count: other.words.count - words.count)) }
        for index in other.words.indices { words[index] |= other.words[index] }
    }

    /// Says whether all numbers are in another set.
    func isSubset(of other: DigestSet) -> Bool {
        words.indices.allSatisfy { words[$0] & ~($0 < other.words.count ? other.words[$0] : 0) == 0 }
    }

    /// Calls the body with every number in the set, in ascending order.
    func forEach(_ body: (DigestNumber) -> Void) {
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                body(DigestNumber(index * 64 + word.trailingZeroBitCount))
                word &= word - 1
            }
        }
    }
}
