import Glibc

/// The memory that a listing is read into; every level that lists while another listing is open needs one of its own.
package final class ListingBuffer {
    static let capacity = 64 * 1024

    // The memory belongs to this object alone and lives as long as it does.
    let base = UnsafeMutableRawPointer.allocate(byteCount: ListingBuffer.capacity, alignment: 8)

    /// Takes the memory.
    package init() {}

    deinit { base.deallocate() }
}

/// One entry of a directory, valid while the listing stands at it.
package struct DirectoryEntry {
    /// The name, ended by a zero byte.
    package let name: UnsafePointer<CChar>
    /// The length of the name in bytes.
    package let count: Int
    /// What the entry is.
    package let kind: FileStatus.Kind

    /// The name's bytes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: name, count: count) }

    /// Says whether the name is this text.
    func isNamed(_ text: StaticString) -> Bool {
        text.utf8CodeUnitCount == count && memcmp(name, text.utf8Start, count) == 0
    }
}

/// How sure a listing must be to have met every entry.
package enum ListingCompleteness: Sendable {
    /// Every entry is met: asks until there are no more.
    case complete
    /// Takes an answer that is far smaller than the least that any file system gives at a time for the last one.
    ///
    /// Only where an entry that is missed does no harm.
    case likely
}

extension SystemCalls {
    /// Calls the body with every entry but `.` and `..`, in the directory's own order.
    ///
    /// Nothing is allocated. The body must not list with the same buffer.
    @inline(__always)
    package func forEachEntry(
        of directory: Int32,
        _ buffer: ListingBuffer,
        _ completeness: ListingCompleteness = .complete,
        _ body: (DirectoryEntry) throws(Errno) -> Void
    ) throws(Errno) {
        while true {
            let count = try list(directory, into: buffer.base, capacity: ListingBuffer.capacity)
            if count == 0 { return }
            var offset = 0
            while offset < count {
                // `struct linux_dirent64`: inode (8 bytes), offset (8), record length (2), type (1), name. The kernel wrote `count` bytes of
                // whole records, each aligned to 8 and its name ended by zero.
                let record = buffer.base + offset
                let length = Int(record.load(fromByteOffset: 16, as: UInt16.self))
                let type = record.load(fromByteOffset: 18, as: UInt8.self)
                let name = (record + 19).assumingMemoryBound(to: CChar.self)
                offset += length
                if name[0] == 0x2e, name[1] == 0 || (name[1] == 0x2e && name[2] == 0) { continue }
                let kind: FileStatus.Kind
                switch Int(type) {
                case DT_DIR: kind = .directory
                case DT_REG: kind = .file
                case DT_LNK: kind = .symbolicLink
                case DT_UNKNOWN: kind = try status(name, in: directory).kind
                default: kind = .other
                }
                try body(DirectoryEntry(name: name, count: strlen(name), kind: kind))
            }
            // A file system that answers in pieces gives a page at a time.
            if completeness == .likely, count < 1024 { return }
        }
    }
}
