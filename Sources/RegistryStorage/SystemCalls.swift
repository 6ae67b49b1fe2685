import CStorageCalls
import Glibc

/// Every system call that the storage modules make on a registry's directory.
///
/// The file is the only one that differs between platforms. All paths are relative to an open directory. A call that was interrupted is made
/// again. The gate lets a test fail the n-th call, or end the process before it.
package struct SystemCalls: Sendable {
    /// A kind of system call.
    package enum Call: String, Sendable, CaseIterable {
        /// `openat2`.
        case open
        /// `read`.
        case read
        /// `getdents64`.
        case list
        /// `fstatat`, `fstat`, `statx`.
        case status
        /// `faccessat`.
        case access
        /// `unlinkat` of a file.
        case unlink
        /// `unlinkat` with `AT_REMOVEDIR`.
        case removeDirectory
        /// `renameat`, `renameat2`.
        case rename
        /// `linkat`.
        case link
        /// `mkdirat`.
        case makeDirectory
        /// `write`.
        case write
        /// `fchownat`.
        case changeOwner
        /// `utimensat`.
        case changeTime
        /// `fsync`.
        case synchronize
        /// `flock`.
        case lock

        /// Whether the call changes the file system.
        package var isDestructive: Bool {
            switch self {
            case .open, .read, .list, .status, .access, .lock: false
            case .unlink, .removeDirectory, .rename, .link, .makeDirectory, .write, .changeOwner, .changeTime, .synchronize: true
            }
        }
    }

    /// Asked before every call; an answer is what the call fails with.
    package typealias Gate = @Sendable (Call) -> Errno?

    private let gate: Gate?

    /// Makes the calls, each after the gate let it pass.
    package init(gate: Gate? = nil) {
        self.gate = gate
    }

    @inline(__always)
    private func attempt<Result: SignedInteger>(_ call: Call, _ body: () -> Result) throws(Errno) -> Result {
        while true {
            if let gate, let injected = gate(call) {
                if injected == .interrupted { continue }
                throw injected
            }
            let result = body()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw Errno(code) }
        }
    }

    /// Opens a directory by an absolute or relative path of the user's; links in that path are followed.
    package func openRoot(_ path: String) throws(Errno) -> Descriptor {
        Descriptor(try attempt(.open) { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }

    /// Opens a directory beneath another; a symbolic link anywhere on the path is `ELOOP`.
    package func openDirectory(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> Descriptor {
        Descriptor(try attempt(.open) { storage_open(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) })
    }

    /// Opens a file for reading; a symbolic link anywhere on the path is `ELOOP`.
    ///
    /// A pipe does not block.
    package func openFile(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> Descriptor {
        Descriptor(try attempt(.open) { storage_open(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0) })
    }

    /// Opens a file for writing, and makes it where it is not there.
    package func openForWriting(_ path: UnsafePointer<CChar>, in directory: Int32, exclusively: Bool) throws(Errno) -> Descriptor {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | (exclusively ? O_EXCL : 0)
        return Descriptor(try attempt(.open) { storage_open(directory, path, flags, 0o644) })
    }

    /// Reads from where the last reading ended; 0 is the end.
    @inline(__always)
    package func read(_ descriptor: Int32, into buffer: UnsafeMutableRawPointer, count: Int) throws(Errno) -> Int {
        try attempt(.read) { Glibc.read(descriptor, buffer, count) }
    }

    /// Writes all bytes.
    package func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let start = done
            done += try attempt(.write) {
                bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + start }, bytes.count - start) }
            }
        }
    }

    /// Takes the next entries of a directory; 0 is the end.
    @inline(__always)
    func list(_ directory: Int32, into buffer: UnsafeMutableRawPointer, capacity: Int) throws(Errno) -> Int {
        try attempt(.list) { storage_list(directory, buffer, capacity) }
    }

    /// Asks about an entry; a symbolic link in the last place is not followed.
    @inline(__always)
    package func status(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> FileStatus {
        var raw = stat()
        _ = try attempt(.status) { fstatat(directory, path, &raw, AT_SYMLINK_NOFOLLOW) }
        return FileStatus(raw)
    }

    /// Asks about an open file.
    @inline(__always)
    package func status(of descriptor: Int32) throws(Errno) -> FileStatus {
        var raw = stat()
        _ = try attempt(.status) { fstat(descriptor, &raw) }
        return FileStatus(raw)
    }

    /// Throws where this process may not write to a file or directory, or its file system is mounted read-only.
    func checkWritable(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        _ = try attempt(.access) { faccessat(directory, path, W_OK, AT_EACCESS) }
    }

    /// The name of a user; `nil` where the system knows none.
    func userName(_ user: UInt32) -> String? {
        var (entry, found): (passwd, UnsafeMutablePointer<passwd>?) = (passwd(), nil)
        var text = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(user, &entry, &text, text.count, &found) == 0, found != nil, let name = entry.pw_name else { return nil }
        return String(validatingCString: name)
    }

    /// The number of the mount that an entry lies on; `nil` where the kernel does not say.
    func mount(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> UInt64? {
        var number: UInt64 = 0
        return try attempt(.status) { storage_mount(directory, path, &number) } == 0 ? nil : number
    }

    /// The path of an open directory; `nil` where `/proc` does not say.
    func path(of descriptor: Int32) -> [UInt8]? {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &text, text.count)
        guard count > 0, count < text.count, text[0] == 0x2f else { return nil }
        return text[..<count].map { UInt8(bitPattern: $0) }
    }

    /// The paths at which something is mounted; none where `/proc` does not say.
    func mountPoints() -> [[UInt8]] {
        let file = Glibc.open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            if count <= 0 { break }
            text += piece[..<count]
        }
        return text.split(separator: 0x0a).compactMap { line in
            // `36 35 98:0 /mnt1 /mnt2 rw,noatime ...`: the fifth field, where a space is `\040`.
            let fields = line.split(separator: 0x20, maxSplits: 5)
            return fields.count > 4 ? Self.unescaped(fields[4]) : nil
        }
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// Removes a file.
    @inline(__always)
    package func unlink(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        _ = try attempt(.unlink) { unlinkat(directory, path, 0) }
    }

    /// Removes an empty directory.
    @inline(__always)
    package func removeDirectory(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        _ = try attempt(.removeDirectory) { unlinkat(directory, path, AT_REMOVEDIR) }
    }

    /// Renames to a place where nothing is; `EEXIST` where something is.
    package func rename(
        _ path: UnsafePointer<CChar>,
        in directory: Int32,
        to newPath: UnsafePointer<CChar>,
        in newDirectory: Int32
    ) throws(Errno) {
        _ = try attempt(.rename) { storage_rename_new(directory, path, newDirectory, newPath) }
    }

    /// Renames a file to a place where another may be, which then is no more.
    package func replace(_ path: UnsafePointer<CChar>, with newPath: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        _ = try attempt(.rename) { renameat(directory, path, directory, newPath) }
    }

    /// Gives a file a second name where nothing is; `EEXIST` where something is.
    ///
    /// A symbolic link in the last place is not followed.
    package func link(_ path: UnsafePointer<CChar>, _ newPath: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        _ = try attempt(.link) { linkat(directory, path, directory, newPath, 0) }
    }

    /// Makes a directory.
    package func makeDirectory(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        _ = try attempt(.makeDirectory) { mkdirat(directory, path, 0o755) }
    }

    /// Gives a file or directory to a user and a group; a symbolic link is not followed.
    package func changeOwner(_ path: UnsafePointer<CChar>, in directory: Int32, to owner: FileOwner) throws(Errno) {
        _ = try attempt(.changeOwner) { fchownat(directory, path, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) }
    }

    /// Lets a file count as written now; a symbolic link is not followed.
    package func setModifiedNow(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        _ = try attempt(.changeTime) { utimensat(directory, path, nil, AT_SYMLINK_NOFOLLOW) }
    }

    /// Waits until what was done to the file or directory is on the disk.
    package func synchronize(_ descriptor: Int32) throws(Errno) {
        _ = try attempt(.synchronize) { fsync(descriptor) }
    }

    /// Takes a lock that no other process holds; `EWOULDBLOCK` where one does.
    ///
    /// The kernel lets go of it when the process ends.
    package func lock(_ descriptor: Int32, shared: Bool) throws(Errno) {
        _ = try attempt(.lock) { flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
    }

    /// Lets go of a lock.
    package func unlock(_ descriptor: Int32) {
        // It cannot fail for a descriptor that is open and locked.
        _ = flock(descriptor, LOCK_UN)
    }
}
