#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a path leads to: stat(2), realpath(3).
enum FileIdentity {
    /// What lies at a path, its links followed.
    enum Kind {
        case missing
        case brokenLink
        case directory
        case file
        /// A device, a pipe, a socket, or one of the process' descriptors: what stays what it is when it is written to.
        case stream
    }

    static func kind(of path: String) -> Kind {
        // A descriptor may be of a plain file, which whoever opened it goes on writing to.
        if ["/dev/std", "/dev/fd/", "/proc/self/fd/"].contains(where: path.hasPrefix) { return .stream }
        var status = stat()
        guard stat(path, &status) == 0 else {
            return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK ? .brokenLink : .missing
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .directory
        case S_IFREG: return .file
        default: return .stream
        }
    }

    /// The path without links, `.` and `..`; of a file that is not there, as far as its directories are.
    static func resolved(_ path: String) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        guard let slash = path.lastIndex(of: "/"), path.index(after: slash) < path.endIndex, slash > path.startIndex else { return path }
        let above = resolved(String(path[..<slash]))
        switch path[path.index(after: slash)...] {
        case ".": return above
        case "..": return above.lastIndex(of: "/").map { String(above[..<$0]) } ?? above
        default: return above + path[slash...]
        }
    }
}
