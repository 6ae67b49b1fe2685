/// Files that say which images are to run: compose files, Kubernetes manifests, values of charts.
public protocol DeploymentFiles: Sendable {
    /// The files that a path or a glob names, sorted; empty where there are none.
    ///
    /// As in a shell, no wildcard matches a slash; `**` between two slashes stands for directories of any depth.
    func files(matching path: ConfigPath) async throws -> [String]

    /// The images that a file names, as they are written there; throws where something in it cannot be read.
    func images(namedIn path: String) async throws -> [DeployedImage]
}

/// The name of an image in a file.
public struct DeployedImage: Hashable, Sendable {
    /// The name as it is written, variables included: `registry.local:5000/shop/api:${TAG}`.
    public let text: String
    /// The line that it stands on, from 1.
    public let line: Int

    /// Takes a name.
    public init(_ text: String, line: Int) {
        self.text = text
        self.line = line
    }
}

/// Why a file could not be read.
public struct DeploymentFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    public let description: String

    /// Makes an error.
    public init(_ description: String) { self.description = description }
}
