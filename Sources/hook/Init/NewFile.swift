#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that is not there yet.
struct NewFile {
    /// Why it cannot be written.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        /// A failure for the reason in `errno`.
        static func system(_ what: String) -> Failure { Failure(description: "\(what): \(String(cString: strerror(errno)))") }
    }

    let path: String
    /// The permissions, of which the process's mask is taken away.
    var mode: mode_t = 0o666

    /// Writes the file, or fails where there is one already: open(2), write(2).
    func write(_ text: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .system("the file '\(path)' cannot be written") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw .system("the file '\(path)' cannot be written") }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
