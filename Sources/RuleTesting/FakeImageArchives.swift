public import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Archives in memory.
public struct FakeImageArchives: ImageArchives {
    private let archives: [String: ImageArchiveContents]

    /// Makes archives.
    ///
    /// - Parameters:
    ///   - archives: what each says, by path; a key without a slash in front is relative to `directory`.
    ///   - directory: an absolute path.
    public init(_ archives: [String: ImageArchiveContents], directory: String = RuleExampleSuite.directory) {
        self.archives = Dictionary(uniqueKeysWithValues: archives.map { (ConfigPath($0.key, in: directory).absolute, $0.value) })
    }

    /// The absolute paths that match, sorted; as in a shell, no wildcard matches a slash or a dot in front.
    public func files(matching path: ConfigPath) async throws -> [String] {
        let pattern = Self.plain(path.absolute)
        return archives.keys.filter { Self.plain($0) == pattern || fnmatch(pattern, Self.plain($0), FNM_PATHNAME | FNM_PERIOD) == 0 }
            .sorted()
    }

    /// What an archive says.
    public func contents(of path: String) async throws -> ImageArchiveContents {
        guard let contents = archives[path] else { throw ImageArchiveError("cannot read '\(path)': there is no such file") }
        return contents
    }

    /// The path without `.` components, which say nothing.
    private static func plain(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
