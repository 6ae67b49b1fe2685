import FileGlobs
package import HookKit

extension TarImageArchives {
    /// The files that a path or a glob names, as absolute paths, sorted.
    package func files(matching path: ConfigPath) async throws -> [String] {
        do {
            return try FileGlob(path).files()
        } catch {
            throw ImageArchiveError(error.description)
        }
    }
}
