import HookKit
import OCI

/// The answer to `GET /images/{name}/json`.
struct WireImageDetails: Decodable {
    struct Metadata: Decodable {
        let lastTagged: WireTime?

        enum CodingKeys: String, CodingKey {
            case lastTagged = "LastTagTime"
        }
    }

    struct FileSystem: Decodable {
        let layers: [String]?

        enum CodingKeys: String, CodingKey {
            case layers = "Layers"
        }
    }

    let id: WireDigest
    let parent: WireDigest?
    let metadata: Metadata?
    let fileSystem: FileSystem?
    let tags: [String]?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case parent = "Parent"
        case metadata = "Metadata"
        case fileSystem = "RootFS"
        case tags = "RepoTags"
    }

    /// The tags that the inspection of the image `identifier` says, as a listing has them.
    func tags(of identifier: Digest) throws(WireFailure) -> [String] {
        let image = try WireImage(id: id, parent: nil, tags: tags, digests: nil, created: 0, size: nil, labels: nil).image()
        guard image.id == identifier else { throw WireFailure("the image \(image.id) instead") }
        return image.references.map(\.description) + image.unreadableReferences
    }

    /// What the inspection of the image `identifier` says; an answer about another image is none.
    func details(of identifier: Digest) throws(WireFailure) -> EngineImageDetails {
        let id = try id.required()
        guard id == identifier else { throw WireFailure("the image \(id) instead") }
        var layers: [Digest] = []
        for text in fileSystem?.layers ?? [] {
            guard let layer = Digest(text) else { throw WireFailure("'\(EngineAnswer.oneLine(text))' where the digest of a layer belongs") }
            layers.append(layer)
        }
        return EngineImageDetails(id: id, lastTagged: metadata?.lastTagged?.moment, layers: layers, parent: parent?.digest)
    }
}
