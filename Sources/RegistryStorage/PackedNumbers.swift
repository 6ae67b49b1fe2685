/// Numbers of digests in the order in which they were added: a byte each where one follows the other, and few where it is near.
struct PackedNumbers: Sendable, Sequence {
    private var integers = PackedIntegers()
    private var last: DigestNumber = 0
    /// How many numbers there are.
    private(set) var count = 0

    /// No numbers.
    init() {}

    var isEmpty: Bool { count == 0 }
    var underestimatedCount: Int { count }

    /// Adds a number.
    mutating func append(_ number: DigestNumber) {
        integers.append(UInt64(number), after: UInt64(last))
        last = number
        count += 1
    }

    /// Gives up the room that is left for more.
    mutating func trim() { integers.trim() }

    func makeIterator() -> Iterator { Iterator(reader: integers.reader(), left: count) }

    /// Goes through the numbers.
    struct Iterator: IteratorProtocol {
        fileprivate var reader: PackedIntegers.Reader
        fileprivate var left: Int
        private var last: DigestNumber = 0

        fileprivate init(reader: PackedIntegers.Reader, left: Int) {
            self.reader = reader
            self.left = left
        }

        /// The next number.
        @inline(__always)
        mutating func next() -> DigestNumber? {
            if left == 0 { return nil }
            left -= 1
            last = DigestNumber(reader.next(after: UInt64(last)))
            return last
        }
    }
}
