/// Integers one after the other, each in as many bytes as it needs: seven bits a byte, the lowest first.
struct PackedIntegers: Sendable {
    private var bytes: [UInt8] = []

    /// No integers.
    init() {}

    /// How many bytes the integers take, which is where the next one begins.
    var byteCount: Int { bytes.count }

    /// Adds an integer.
    @inline(__always)
    mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Adds an integer as its distance from another, in either direction: what lies near takes few bytes.
    @inline(__always)
    mutating func append(_ value: UInt64, after former: UInt64) {
        let distance = Int64(bitPattern: value &- former)
        append(UInt64(bitPattern: (distance &<< 1) ^ (distance &>> 63)))
    }

    /// Gives up the room that is left for more.
    mutating func trim() {
        // A copy of its own has no room to spare.
        bytes = bytes.withUnsafeBufferPointer { Array($0) }
    }

    /// Reads the integers from one that begins at a byte.
    @inline(__always)
    func reader(at start: Int = 0) -> Reader { Reader(bytes: bytes, position: start) }

    /// Reads integers in the order in which they were added, each in the way in which it was added.
    struct Reader {
        private let bytes: [UInt8]
        private var position: Int

        fileprivate init(bytes: [UInt8], position: Int) {
            self.bytes = bytes
            self.position = position
        }

        /// The next integer.
        @inline(__always)
        mutating func next() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7f) &<< shift
                if byte < 0x80 { return value }
                shift &+= 7
            }
        }

        /// The next integer, which was added as its distance from another.
        @inline(__always)
        mutating func next(after former: UInt64) -> UInt64 {
            let code = next()
            return former &+ ((code &>> 1) ^ (0 &- (code & 1)))
        }
    }
}
