package import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files that a path or a pattern of a setting names.
///
/// A path that is there as it is written names itself, wildcards or not; where it is not there, `glob(3)` reads it: `*` and `?` match no slash and
/// no dot in front, and a backslash takes the next character as it is. `**` as a component stands for directories of any depth, none included; no
/// symbolic link is followed there, and directories with a dot in front are left out. Directories that a wildcard matches are left out.
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
        guard let first = components.firstIndex(of: "**") else { return try matches(of: pattern).filter { !isDirectory($0) }.sorted() }
        let rest = components[(first + 1)...]
        guard !rest.isEmpty, !rest.contains("**") else {
            throw FileGlobError("cannot look for '\(path)': '**' may stand once in a path, with a file's name after it")
        }
        var found: Set<String> = []
        let start = first == 0 ? "/" : "/" + components[..<first].joined(separator: "/")
        for directory in try matches(of: start) where isDirectory(directory) {
            for inner in try directories(below: directory) {
                // What was found is a name, not a pattern.
                let deeper = Self.escaped(inner) + "/" + rest.joined(separator: "/")
                found.formUnion(try matches(of: deeper).filter { !isDirectory($0) })
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

    private func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The directory, and every directory below it.
    private func directories(below directory: String) throws(FileGlobError) -> [String] {
        var all: [String] = []
        var open = [directory]
        while let next = open.popLast() {
            all.append(next)
            guard let stream = opendir(next) else {
                // It went meanwhile, and holds nothing.
                if errno == ENOENT { continue }
                throw FileGlobError("cannot look for '\(path)': a directory on the way cannot be read")
            }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                var status = stat()
                let path = next.hasSuffix("/") ? next + name : "\(next)/\(name)"
                if !name.hasPrefix("."), lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { open.append(path) }
            }
        }
        return all
    }
}

/// Why files could not be looked for.
package struct FileGlobError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
