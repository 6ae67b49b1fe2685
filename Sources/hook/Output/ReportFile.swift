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
    private let temporary: String
    private var descriptor: Int32

    /// Makes the directories above the file and a temporary file in its directory, so that a path that cannot be written is known before anything is
    /// run: mkdir(2), open(2).
    init(path: String, runIdentifier: String) throws(Failure) {
        self.path = path
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw Failure(description: "the report '\(path)' cannot be written: it is a directory")
        }
        try Self.makeDirectories(above: path)
        temporary = "\(path).\(runIdentifier).tmp"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    /// Writes the report and puts it in its place: write(2), fsync(2), rename(2).
    mutating func commit(_ bytes: [UInt8]) throws(Failure) {
        defer { discard() }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { systemWrite(descriptor, $0 + offset, buffer.count - offset) } ?? 0
            }
            if count < 0, errno != EINTR { throw Self.failure(path) }
            offset += max(0, count)
        }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw Self.failure(path) }
    }

    /// Closes and removes the temporary file, where it is still there.
    mutating func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary)
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "the report '\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }

    private static func makeDirectories(above path: String) throws(Failure) {
        var index = path.index(path.startIndex, offsetBy: 1, limitedBy: path.endIndex) ?? path.endIndex
        while let slash = path[index...].firstIndex(of: "/") {
            if mkdir(String(path[..<slash]), 0o777) != 0, errno != EEXIST, errno != EISDIR { throw failure(path) }
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
