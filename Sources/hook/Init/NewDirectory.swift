#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A directory that is not there yet, with files in it.
struct NewDirectory {
    /// Why it cannot be written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    /// Makes the directory and writes the files, by their paths in it: mkdir(2), open(2), write(2).
    func write(_ files: [(path: String, text: String)]) throws(Failure) {
        guard mkdir(path, 0o777) == 0 else { throw failure("the directory '\(path)' cannot be made") }
        for file in files {
            var end = file.path.startIndex
            while let slash = file.path[end...].firstIndex(of: "/") {
                let directory = "\(path)/\(file.path[..<slash])"
                if mkdir(directory, 0o777) != 0, errno != EEXIST { throw failure("the directory '\(directory)' cannot be made") }
                end = file.path.index(after: slash)
            }
            try write(file.text, to: "\(path)/\(file.path)")
        }
    }

    private func write(_ text: String, to file: String) throws(Failure) {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure("the file '\(file)' cannot be written") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw failure("the file '\(file)' cannot be written") }
            bytes = bytes.dropFirst(max(0, count))
        }
    }

    private func failure(_ what: String) -> Failure { Failure(description: "\(what): \(String(cString: strerror(errno)))") }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
