#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A report's file: written whole or not at all, beside its place first, then renamed into it.
struct ReportFile {
    /// Why a report cannot be written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String
    /// What messages call it.
    private let what: String
    private let temporary: String
    private var descriptor: Int32

    /// Makes the directories above the file and a temporary file in its directory, so that a path that cannot be written is known before anything is
    /// run: mkdir(2), open(2).
    ///
    /// `mode` are the permissions, of which the umask takes some away.
    init(path: String, runIdentifier: String, what: String = "report", mode: mode_t = 0o666) throws(Failure) {
        self.path = path
        self.what = what
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw Failure(description: "the \(what) '\(path)' cannot be written: it is a directory")
        }
        try Self.makeDirectories(above: path, what)
        temporary = "\(path).\(runIdentifier).tmp"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure(path, what) }
    }

    /// Writes the report and puts it in its place: write(2), fsync(2), rename(2).
    mutating func commit(_ bytes: [UInt8]) throws(Failure) {
        defer { discard() }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { systemWrite(descriptor, $0 + offset, buffer.count - offset) } ?? 0
            }
            if count < 0, errno != EINTR { throw Self.failure(path, what) }
            offset += max(0, count)
        }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw Self.failure(path, what) }
    }

    /// Closes and removes the temporary file, where it is still there.
    mutating func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary)
    }

    private static func failure(_ path: String, _ what: String) -> Failure {
        Failure(description: "the \(what) '\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }

    private static func makeDirectories(above path: String, _ what: String) throws(Failure) {
        var index = path.index(path.startIndex, offsetBy: 1, limitedBy: path.endIndex) ?? path.endIndex
        while let slash = path[index...].firstIndex(of: "/") {
            if mkdir(String(path[..<slash]), 0o777) != 0, errno != EEXIST, errno != EISDIR { throw failure(path, what) }
            index = path.index(after: slash)
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
