/// Looks into archives that `docker save` and its kin wrote.
public protocol ImageArchives: Sendable {
    /// The files that a path or a glob names, sorted; empty where there are none.
    func files(matching path: ConfigPath) async throws -> [String]

    /// What an archive says of its images, without unpacking their layers.
    func contents(of path: String) async throws -> ImageArchiveContents
}

/// What an archive says of its images.
public struct ImageArchiveContents: Hashable, Sendable {
    /// The form of the archive.
    public enum Format: String, Hashable, Sendable {
        /// `manifest.json` names the images: what `docker save` writes, and every engine loads.
        case docker
        /// Only `index.json` names the images: the classic store cannot load it.
        case oci
    }

    /// An image in the archive.
    public struct Image: Hashable, Sendable {
        /// What tells it from the others in the archive: the digest or file name of its configuration or manifest.
        public let identifier: String
        /// The references that loading it will create.
        public let references: [String]

        /// Describes an image.
        public init(identifier: String, references: [String]) {
            self.identifier = identifier
            self.references = references
        }
    }

    /// The form of the archive.
    public let format: Format
    /// The images in it.
    public let images: [Image]

    /// Describes an archive.
    public init(format: Format, images: [Image]) {
        self.format = format
        self.images = images
    }
}

/// Why an archive could not be looked into.
public struct ImageArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    public let description: String

    /// Makes an error.
    public init(_ description: String) { self.description = description }
}
