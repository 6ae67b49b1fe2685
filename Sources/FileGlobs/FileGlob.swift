package import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files that a path or a pattern of a setting names.
///
/// A path that is there as it is written names itself, wildcards or not; where it is not there, `glob(3)` reads it: `*` and `?` match no slash and
/// no dot in front, and a backslash takes the next character as it is. `**` as a component stands for directories of any depth, none included, those
/// with a dot in front and those behind symbolic links too, but for `.git`; each is looked into once. Directories that a wildcard matches are left
/// out. What cannot be looked into is an error, since what was meant may lie there.
package struct FileGlob: Sendable {
    private let path: ConfigPath

    /// Takes a path; looks at nothing yet.
    package init(_ path: ConfigPath) { self.path = path }

    /// The absolute paths, sorted; empty where there are none.
    package func files() throws(FileGlobError) -> [String] {
        var status = stat()
        if stat(path.absolute, &status) == 0 { return [path.absolute] }
        let pattern = rootedPattern
        guard pattern.contains(where: { "*?[\\".contains($0) }) else { return [] }
        let components = pattern.split(separator: "/")
        guard let first = components.firstIndex(of: "**") else { return try filesMatching(pattern).sorted() }
        let rest = components[(first + 1)...]
        guard !rest.isEmpty, !rest.contains("**") else {
            throw FileGlobError("cannot look for '\(path)': '**' may stand once in a path, with a file's name after it")
        }
        var found: Set<String> = []
        let start = first == 0 ? "/" : "/" + components[..<first].joined(separator: "/")
        for directory in try matches(of: start) where try isDirectory(directory) {
            for inner in try directories(below: directory) {
                // What was found is a name, not a pattern.
                let deeper = Self.escaped(inner) + "/" + rest.joined(separator: "/")
                found.formUnion(try filesMatching(deeper))
            }
        }
        return found.sorted()
    }

    /// The pattern from the root: only what the user wrote is a pattern, the directory that it is relative to is not.
    private var rootedPattern: String { Self.escaped(path.absolute.dropLast(path.description.count)) + path.description }

    private static func escaped(_ text: some StringProtocol) -> String {
        String(text.flatMap { "*?[\\".contains($0) ? ["\\", $0] : [$0] })
    }

    private func matches(of pattern: String) throws(FileGlobError) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        // A directory that is not there holds nothing; one that cannot be read may hold what was meant.
        let result = glob(pattern, GLOB_NOSORT, { _, code in code == ENOENT || code == ENOTDIR ? 0 : 1 }, &found)
        switch result {
        case 0: break
        case GLOB_NOMATCH: return []
        case GLOB_ABORTED: throw FileGlobError("cannot look for '\(path)': a directory on the way cannot be read")
        default: throw FileGlobError("cannot look for '\(path)': there is not enough memory")
        }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    private func filesMatching(_ pattern: String) throws(FileGlobError) -> [String] {
        var files: [String] = []
        for path in try matches(of: pattern) where try !isDirectory(path) { files.append(path) }
        return files
    }

    private func isDirectory(_ path: String) throws(FileGlobError) -> Bool {
        try status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// What `stat(2)`, or `lstat(2)`, says; `nil` for what went meanwhile, and for a link to nothing.
    private func status(of path: String, isOfLink: Bool = false) throws(FileGlobError) -> stat? {
        var status = stat()
        if (isOfLink ? lstat(path, &status) : stat(path, &status)) == 0 { return status }
        if errno == ENOENT { return nil }
        throw unreadable(path)
    }

    private func unreadable(_ place: String) -> FileGlobError {
        FileGlobError("cannot look for '\(path)': '\(place)' cannot be read: \(String(cString: strerror(errno)).lowercased())")
    }

    private struct Identity: Hashable {
        let device: UInt64
        let node: UInt64
    }

    /// The directory, and every directory below it.
    private func directories(below directory: String) throws(FileGlobError) -> [String] {
        var all: [String] = []
        var seen: Set<Identity> = []
        var open = [directory]
        // They come last: what is there under its own name is not named by a link.
        var links: [String] = []
        while let next = open.popLast() ?? links.popLast() {
            guard let status = try status(of: next), status.st_mode & S_IFMT == S_IFDIR else { continue }
            let identity = Identity(device: UInt64(truncatingIfNeeded: status.st_dev), node: UInt64(status.st_ino))
            guard seen.insert(identity).inserted else { continue }
            all.append(next)
            for name in try names(in: next) where name != "." && name != ".." && name != ".git" {
                let path = next.hasSuffix("/") ? next + name : "\(next)/\(name)"
                switch try self.status(of: path, isOfLink: true).map({ $0.st_mode & S_IFMT }) {
                case S_IFDIR?: open.append(path)
                case S_IFLNK?: links.append(path)
                default: break
                }
            }
            // Of two links to one directory the first by name counts.
            if open.isEmpty { links.sort(by: >) }
        }
        return all
    }

    /// The entries of a directory; none where it went meanwhile.
    private func names(in directory: String) throws(FileGlobError) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT { return [] }
            throw unreadable(directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw unreadable(directory) }
                return names
            }
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
            )
        }
    }
}

/// Why files could not be looked for.
package struct FileGlobError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
