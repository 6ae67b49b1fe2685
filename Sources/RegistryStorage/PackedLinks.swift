/// Links of one directory that go for one reason, in about ten bytes each instead of the 24 of a `SweepPlan.Link`.
///
/// Nothing of a link is lost: what is read is what was added, in the same order.
struct PackedLinks: Sendable, Sequence {
    /// Why the links go.
    let reason: SweepPlan.Reason
    private var integers = PackedIntegers()
    private var last = Place()
    /// How many links there are.
    private(set) var count = 0

    fileprivate struct Place: Sendable {
        var number: UInt64 = 0
        var inode: UInt64 = 0
        var written: UInt64 = 0
    }

    /// No links.
    init(reason: SweepPlan.Reason) {
        self.reason = reason
    }

    /// Takes links, all of which have this reason.
    init(_ links: some Sequence<SweepPlan.Link>, reason: SweepPlan.Reason) {
        self.init(reason: reason)
        for link in links { append(link.number, link.stamp) }
        trim()
    }

    var isEmpty: Bool { count == 0 }
    var underestimatedCount: Int { count }

    /// Adds a link.
    mutating func append(_ number: DigestNumber, _ stamp: FileStamp) {
        let place = Place(number: UInt64(number), inode: stamp.inode, written: UInt64(bitPattern: stamp.written))
        integers.append(place.number, after: last.number)
        integers.append(place.inode, after: last.inode)
        integers.append(place.written, after: last.written)
        last = place
        count += 1
    }

    /// Gives up the room that is left for more.
    mutating func trim() { integers.trim() }

    func makeIterator() -> Iterator { Iterator(reader: integers.reader(), left: count, reason: reason) }

    /// Goes through the links.
    struct Iterator: IteratorProtocol {
        private var reader: PackedIntegers.Reader
        private var left: Int
        private let reason: SweepPlan.Reason
        private var last = Place()

        fileprivate init(reader: PackedIntegers.Reader, left: Int, reason: SweepPlan.Reason) {
            self.reader = reader
            self.left = left
            self.reason = reason
        }

        /// The next link.
        mutating func next() -> SweepPlan.Link? {
            if left == 0 { return nil }
            left -= 1
            last.number = reader.next(after: last.number)
            last.inode = reader.next(after: last.inode)
            last.written = reader.next(after: last.written)
            let stamp = FileStamp(inode: last.inode, written: Int64(bitPattern: last.written))
            return SweepPlan.Link(number: DigestNumber(last.number), stamp: stamp, reason: reason)
        }
    }
}
