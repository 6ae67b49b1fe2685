#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A directory that is not there yet, with files in it.
struct NewDirectory {
    let path: String

    /// Makes the directory and writes the files, by their paths in it: mkdir(2), open(2), write(2).
    func write(_ files: [(path: String, text: String)]) throws(NewFile.Failure) {
        guard mkdir(path, 0o777) == 0 else { throw .system("the directory '\(path)' cannot be made") }
        for file in files {
            var end = file.path.startIndex
            while let slash = file.path[end...].firstIndex(of: "/") {
                let directory = "\(path)/\(file.path[..<slash])"
                if mkdir(directory, 0o777) != 0, errno != EEXIST { throw .system("the directory '\(directory)' cannot be made") }
                end = file.path.index(after: slash)
            }
            try NewFile(path: "\(path)/\(file.path)").write(file.text)
        }
    }
}
