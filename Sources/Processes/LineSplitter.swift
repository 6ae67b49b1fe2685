/// Cuts a stream of bytes into lines of UTF-8, none longer than a bound.
package struct LineSplitter {
    private let longestLine: Int
    private var rest: [UInt8] = []

    /// Makes a splitter; `longestLine` is in bytes, and at least as long as a character.
    package init(longestLine: Int) {
        precondition(longestLine >= 4, "a line holds at least one character")
        self.longestLine = longestLine
    }

    /// Takes bytes, and hands over the lines that they complete, without their ends (LF or CR LF).
    package mutating func add(_ bytes: UnsafeRawBufferPointer, line: (String) -> Void) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            rest += bytes[start..<end]
            cutPieces(line: line)
            if end < bytes.count { hand(over: rest.count, to: line) }
            start = end + 1
        }
    }

    /// Hands over the last line, where it did not end.
    package mutating func finish(line: (String) -> Void) {
        if !rest.isEmpty { hand(over: rest.count, to: line) }
    }

    /// Hands over pieces of a line that has become too long, each ending where a character ends.
    private mutating func cutPieces(line: (String) -> Void) {
        // A carriage return may be the first half of the line's end.
        while rest.count > longestLine + 1 {
            var cut = longestLine
            // Bytes 10xxxxxx continue a character, which has at most three of them.
            while cut > longestLine - 3, rest[cut] & 0xc0 == 0x80 { cut -= 1 }
            if rest[cut] & 0xc0 == 0x80 { cut = longestLine }
            line(String(decoding: rest[..<cut], as: UTF8.self))
            rest.removeFirst(cut)
        }
    }

    private mutating func hand(over count: Int, to line: (String) -> Void) {
        let length = rest.last == UInt8(ascii: "\r") ? count - 1 : count
        line(String(decoding: rest[..<length], as: UTF8.self))
        rest.removeAll(keepingCapacity: rest.capacity <= 2 * longestLine)
    }
}
