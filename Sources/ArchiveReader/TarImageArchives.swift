package import HookKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Looks into tar archives of images, compressed or not.
///
/// An archive that is not compressed is not read but for its headers, however large its layers are; a compressed one is read once, by the
/// program that undoes the compression. Nothing is unpacked.
package struct TarImageArchives: ImageArchives {
    private static let manifest = "manifest.json"
    private static let index = "index.json"
    private static let repositories = "repositories"

    private let searchPath: String?

    /// Makes a service.
    ///
    /// - Parameter searchPath: where programs that undo a compression are looked for, as PATH is written; PATH where it is `nil`.
    package init(searchPath: String? = nil) { self.searchPath = searchPath }

    /// What an archive says of its images; an archive that cannot be read, or that names no images, is an `ImageArchiveError`.
    package func contents(of path: String) async throws -> ImageArchiveContents {
        let names: Set = [Self.manifest, Self.index, Self.repositories]
        let archive = try await ArchiveFile(path).members(names, searchPath: searchPath)
        func decode<Document: Decodable>(_ name: String, as type: Document.Type) throws(ImageArchiveError) -> Document? {
            switch archive.members[name] {
            case nil: return nil
            case .other: throw ImageArchiveError("cannot read '\(path)': '\(name)' in it is not a file")
            case .file(let bytes):
                do {
                    return try JSONDecoder().decode(type, from: Data(bytes))
                } catch {
                    throw ImageArchiveError("cannot read '\(path)': '\(name)' in it is not what an archive of images has there")
                }
            }
        }
        // An engine takes the first of these that is there.
        if let entries = try decode(Self.manifest, as: [DockerManifestEntry].self) {
            return ImageArchiveContents(format: .docker, images: Self.merged(entries.map(\.image)))
        }
        if let index = try decode(Self.index, as: OCIIndex.self) {
            return ImageArchiveContents(format: .oci, images: Self.merged(index.manifests.map(\.image)))
        }
        if let repositories = try decode(Self.repositories, as: [String: [String: String]].self) {
            return ImageArchiveContents(format: .docker, images: Self.images(in: repositories))
        }
        guard archive.hasEnd else {
            throw ImageArchiveError("cannot read '\(path)': it is truncated: it has no end, and nothing in it until there names an image")
        }
        throw ImageArchiveError("'\(path)' is no archive of images: it has neither '\(Self.manifest)' nor '\(Self.index)'")
    }

    /// The images of docker before 1.10, whose archives had only `repositories`: names, tags, and the ID of the last layer.
    private static func images(in repositories: [String: [String: String]]) -> [ImageArchiveContents.Image] {
        let images = repositories.sorted { $0.key < $1.key }.flatMap { name, tags in
            tags.sorted { $0.key < $1.key }.map { tag, identifier in
                ImageArchiveContents.Image(identifier: identifier, references: ["\(name):\(tag)"])
            }
        }
        return merged(images)
    }

    /// One image for each identifier, with all its references; the order is that of the archive.
    private static func merged(_ images: [ImageArchiveContents.Image]) -> [ImageArchiveContents.Image] {
        var order: [String] = []
        var references: [String: [String]] = [:]
        for image in images {
            if references[image.identifier] == nil { order.append(image.identifier) }
            var known = references[image.identifier] ?? []
            for reference in image.references where !known.contains(reference) { known.append(reference) }
            references[image.identifier] = known
        }
        return order.map { ImageArchiveContents.Image(identifier: $0, references: references[$0] ?? []) }
    }
}
