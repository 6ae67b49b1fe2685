import PluginWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Cuts what a plugin writes into lines, none longer than the protocol allows.
struct MessageLines {
    /// A line that is too long, with its beginning.
    struct TooLong: Error {
        let beginning: [UInt8]
    }

    private let longest: Int
    private var rest: [UInt8] = []

    init(longest: Int = PluginProtocol.longestLine) { self.longest = longest }

    /// Takes bytes, and hands over the lines that they complete, without their ends.
    mutating func add(_ bytes: UnsafeRawBufferPointer, line: (UnsafeRawBufferPointer) -> Void) throws(TooLong) {
        var start = 0
        while let end = Self.lineEnd(in: bytes, from: start) {
            if rest.isEmpty {
                line(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            } else {
                rest += bytes[start..<end]
                rest.withUnsafeBytes(line)
                rest.removeAll(keepingCapacity: rest.count <= 1 << 16)
            }
            start = end + 1
        }
        rest += bytes[start...]
        if rest.count > longest { throw TooLong(beginning: Array(rest.prefix(200))) }
    }

    /// The next line's end: memchr(3), since lines come by the hundred thousand.
    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count else { return nil }
        return memchr(base + start, 0x0a, bytes.count - start).map { base.distance(to: $0) }
    }
}
