public import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files in memory that say which images are to run.
public struct FakeDeploymentFiles: DeploymentFiles {
    private let contents: [String: [DeployedImage]]

    /// Makes files.
    ///
    /// - Parameters:
    ///   - contents: the images that each names, by path; a key without a slash in front is relative to `directory`.
    ///   - directory: an absolute path.
    public init(_ contents: [String: [DeployedImage]], directory: String = RuleExampleSuite.directory) {
        self.contents = Dictionary(uniqueKeysWithValues: contents.map { (ConfigPath($0.key, in: directory).absolute, $0.value) })
    }

    /// The absolute paths that match, sorted.
    public func files(matching path: ConfigPath) async throws -> [String] {
        contents.keys.filter { fnmatch(path.absolute, $0, FNM_PATHNAME | FNM_PERIOD) == 0 }.sorted()
    }

    /// The images that a file names.
    public func images(namedIn path: String) async throws -> [DeployedImage] {
        guard let images = contents[path] else { throw DeploymentFileError("cannot read '\(path)': there is no such file") }
        return images
    }
}
