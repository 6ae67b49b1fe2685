/// The memory that one task of the walk uses again and again.
final class WalkerScratch {
    /// The longest link that is read: one byte more than any valid link, so that a longer one is seen to be longer.
    static let linkCapacity = 160
    /// The largest manifest that is read.
    ///
    /// A registry takes none above 4 MiB.
    static let largestManifest = 8 << 20

    let outer = ListingBuffer()
    let inner = ListingBuffer()
    let path = PathBuffer()
    let name = PathBuffer()

    // The memory belongs to this object alone and lives as long as it does; `file` is replaced only between two readings.
    let link = UnsafeMutableRawPointer.allocate(byteCount: WalkerScratch.linkCapacity, alignment: 8)
    private var file = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 8)
    private var fileCapacity = 1 << 16

    deinit {
        link.deallocate()
        file.deallocate()
    }

    /// Reads a link's text into `link`; returns how many bytes it has, at most `linkCapacity`.
    @inline(__always)
    func readLink(_ calls: SystemCalls, _ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> UnsafeRawBufferPointer {
        let descriptor = try calls.openFile(path, in: directory)
        return try readLink(calls, descriptor)
    }

    @inline(__always)
    func readLink(_ calls: SystemCalls, _ descriptor: borrowing Descriptor) throws(Errno) -> UnsafeRawBufferPointer {
        let count = try calls.read(descriptor.number, into: link, count: Self.linkCapacity)
        return UnsafeRawBufferPointer(start: link, count: count)
    }

    /// Reads the next piece of a file, valid until the next reading; an empty one is the end.
    func readPiece(_ calls: SystemCalls, _ descriptor: borrowing Descriptor) throws(Errno) -> UnsafeRawBufferPointer {
        let count = try calls.read(descriptor.number, into: file, count: fileCapacity)
        return UnsafeRawBufferPointer(start: file, count: count)
    }

    /// Reads a whole file, valid until the next reading; `nil` where it is larger than `largestManifest`.
    @inline(__always)
    func readFile(_ calls: SystemCalls, _ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> UnsafeRawBufferPointer? {
        let descriptor = try calls.openFile(path, in: directory)
        var count = 0
        while true {
            let read = try calls.read(descriptor.number, into: file + count, count: fileCapacity - count)
            count += read
            // A regular file gives less than was asked for only at its end.
            if count < fileCapacity { return UnsafeRawBufferPointer(start: file, count: count) }
            guard fileCapacity <= Self.largestManifest else { return nil }
            let larger = UnsafeMutableRawPointer.allocate(byteCount: fileCapacity * 4, alignment: 8)
            larger.copyMemory(from: file, byteCount: count)
            file.deallocate()
            file = larger
            fileCapacity *= 4
        }
    }
}
