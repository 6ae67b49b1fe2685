package import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension TarImageArchives {
    /// The files that a path or a glob names, as absolute paths, sorted.
    ///
    /// A path that is there as it is written names itself, wildcards or not; where it is not there, `glob(3)` reads it: `*` and `?` match no
    /// slash and no dot in front, and a backslash takes the next character as it is. Directories that a wildcard matches are left out.
    package func files(matching path: ConfigPath) async throws -> [String] {
        var status = stat()
        if stat(path.absolute, &status) == 0 { return [path.absolute] }
        let pattern = Self.pattern(path)
        guard pattern.contains(where: { "*?[\\".contains($0) }) else { return [] }
        var found = glob_t()
        defer { globfree(&found) }
        // A directory that is not there holds nothing; one that cannot be read may hold what was meant.
        let result = glob(pattern, GLOB_NOSORT, { _, code in code == ENOENT || code == ENOTDIR ? 0 : 1 }, &found)
        switch result {
        case 0: break
        case GLOB_NOMATCH: return []
        case GLOB_ABORTED: throw ImageArchiveError("cannot look for '\(path)': a directory on the way cannot be read")
        default: throw ImageArchiveError("cannot look for '\(path)': there is not enough memory")
        }
        var files: [String] = []
        for index in 0..<Int(found.gl_pathc) {
            guard let name = found.gl_pathv[index] else { continue }
            let isDirectory = stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            if !isDirectory { files.append(String(cString: name)) }
        }
        return files.sorted()
    }

    /// The pattern from the root: only what the user wrote is a pattern, the directory that it is relative to is not.
    private static func pattern(_ path: ConfigPath) -> String {
        let directory = path.absolute.dropLast(path.description.count)
        return String(directory.flatMap { "*?[\\".contains($0) ? ["\\", $0] : [$0] }) + path.description
    }
}
