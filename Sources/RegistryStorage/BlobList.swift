/// The blobs of a plan in the order of their digests, by the directory that they lie in; each takes some six bytes.
struct BlobList: Sendable, Sequence {
    /// The blobs of one directory.
    struct Directory: Sendable, Sequence {
        /// How many blobs there are.
        let count: Int
        private let integers: PackedIntegers

        /// Takes blobs of one directory, in the order of their digests.
        init(_ blobs: some Sequence<SweepPlan.Blob>) {
            var (integers, count) = (PackedIntegers(), 0)
            for blob in blobs {
                integers.append(UInt64(blob.number))
                // The least is -1.
                integers.append(UInt64(bitPattern: blob.size &+ 1))
                count += 1
            }
            integers.trim()
            (self.integers, self.count) = (integers, count)
        }

        var underestimatedCount: Int { count }

        func makeIterator() -> Iterator { Iterator(reader: integers.reader(), left: count) }

        /// Goes through the blobs.
        struct Iterator: IteratorProtocol {
            private var reader: PackedIntegers.Reader
            private var left: Int

            fileprivate init(reader: PackedIntegers.Reader, left: Int) {
                self.reader = reader
                self.left = left
            }

            /// The next blob.
            mutating func next() -> SweepPlan.Blob? {
                if left == 0 { return nil }
                left -= 1
                let number = DigestNumber(reader.next())
                return SweepPlan.Blob(number: number, size: Int64(bitPattern: reader.next()) &- 1)
            }
        }
    }

    /// The directories in which a blob goes.
    let directories: [Directory]
    /// How many blobs there are.
    let count: Int

    /// Takes directories in the order of their names; those without a blob are left out.
    init(_ directories: [Directory] = []) {
        self.directories = directories.filter { $0.count > 0 }
        count = directories.reduce(0) { $0 + $1.count }
    }

    var isEmpty: Bool { count == 0 }
    var underestimatedCount: Int { count }

    /// The blobs of which a condition is true; it is asked once for each, in their order.
    func filtered(_ isIncluded: (SweepPlan.Blob) -> Bool) -> BlobList {
        // The filter of an array asks of every element in its order, and makes one array for a directory at a time.
        BlobList(directories.map { Directory($0.filter(isIncluded)) })
    }

    func makeIterator() -> FlattenSequence<[Directory]>.Iterator { directories.joined().makeIterator() }
}
