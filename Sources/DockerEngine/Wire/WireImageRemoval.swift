import HookKit

/// An element of the answer to `DELETE /images/{name}`.
struct WireImageRemoval: Decodable {
    let untagged: String?
    let deleted: String?

    enum CodingKeys: String, CodingKey {
        case untagged = "Untagged"
        case deleted = "Deleted"
    }

    /// What became of the image.
    static func removal(_ elements: [WireImageRemoval]) -> ImageRemoval {
        ImageRemoval(untagged: elements.compactMap(\.untagged), deleted: elements.compactMap { $0.deleted.map(prefixed) })
    }

    /// An ID with `sha256:`, which Podman leaves out.
    static func prefixed(_ identifier: String) -> String {
        guard let digest = try? WireDigest(identifier).digest else { return identifier }
        return digest.description
    }
}
