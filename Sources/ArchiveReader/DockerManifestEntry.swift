import HookKit

/// An image in `manifest.json`.
///
/// Source: moby, `image/tarexport/tarexport.go`, `manifestItem`.
struct DockerManifestEntry: Decodable {
    private enum CodingKeys: String, CodingKey {
        case configuration = "Config"
        case repositoryTags = "RepoTags"
    }

    private let configuration: String
    private let repositoryTags: [String]?

    /// The image; its identifier is the ID that the classic image store gives it, where the configuration's file is called after it.
    var image: ImageArchiveContents.Image {
        let file = configuration.split(separator: "/").last.map(String.init) ?? configuration
        let hex = file.hasSuffix(".json") ? String(file.dropLast(".json".count)) : file
        let isDigest =
            hex.utf8.count == 64
            && hex.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 }
        return ImageArchiveContents.Image(identifier: isDigest ? "sha256:\(hex)" : configuration, references: repositoryTags ?? [])
    }
}
