import Glibc

/// A path for a system call, built in memory that is used again and again.
final class PathBuffer {
    static let capacity = 4608

    // The memory belongs to this object alone and lives as long as it does; every writer checks the room that is left.
    private let base = UnsafeMutablePointer<CChar>.allocate(capacity: PathBuffer.capacity)
    private var count = 0

    init() { base[0] = 0 }

    deinit { base.deallocate() }

    /// The path, ended by a zero byte, valid until the next change.
    var pointer: UnsafePointer<CChar> { UnsafePointer(base) }

    /// Empties the path.
    @inline(__always)
    func begin() -> PathBuffer {
        count = 0
        base[0] = 0
        return self
    }

    /// Adds the bytes of a name or path.
    ///
    /// A path that would be too long becomes one that no system call accepts.
    @inline(__always)
    @discardableResult
    func add(_ bytes: UnsafeRawBufferPointer) -> PathBuffer {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return self }
        guard count + bytes.count < Self.capacity else { return fail() }
        memcpy(base + count, source, bytes.count)
        count += bytes.count
        base[count] = 0
        return self
    }

    @inline(__always)
    @discardableResult
    func add(_ text: StaticString) -> PathBuffer {
        add(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @discardableResult
    func add(_ text: String) -> PathBuffer {
        var text = text
        return text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    @discardableResult
    func add(_ name: EntryName) -> PathBuffer {
        name.bytes.withUnsafeBytes { add($0) }
    }

    @inline(__always)
    @discardableResult
    func add(hexOf key: BlobKey) -> PathBuffer {
        guard count + BlobKey.hexCount < Self.capacity else { return fail() }
        key.writeHex(to: base + count)
        count += BlobKey.hexCount
        base[count] = 0
        return self
    }

    @inline(__always)
    @discardableResult
    func add(hexOf prefix: UInt8) -> PathBuffer {
        guard count + 2 < Self.capacity else { return fail() }
        for value in [prefix >> 4, prefix & 15] {
            base[count] = CChar(value < 10 ? 0x30 + value : 0x57 + value)
            count += 1
        }
        base[count] = 0
        return self
    }

    /// Makes the whole path longer than `PATH_MAX`, so that the system call fails with ENAMETOOLONG and touches nothing.
    private func fail() -> PathBuffer {
        memset(base, 0x2f, Self.capacity - 1)
        base[Self.capacity - 1] = 0
        count = Self.capacity - 1
        return self
    }
}
