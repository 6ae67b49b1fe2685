import OCI

/// The answer to Podman's `GET /libpod/manifests/<id>/json`: a manifest list or an image index.
struct WireManifestList: Decodable {
    struct Instance: Decodable {
        let digest: String
    }

    /// An empty list has `null`; without the member it is no list.
    private let manifests: [Instance]?

    enum CodingKeys: String, CodingKey {
        case manifests
    }

    /// Decodes a list.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard container.contains(.manifests) else { throw WireFailure("something that is no manifest list") }
        manifests = try container.decodeIfPresent([Instance].self, forKey: .manifests)
    }

    /// The digests of the manifests that it names; throws where one is none.
    func digests() throws(WireFailure) -> [Digest] {
        var digests: [Digest] = []
        for instance in manifests ?? [] {
            guard let digest = Digest(instance.digest) else {
                throw WireFailure("'\(EngineAnswer.oneLine(instance.digest))' where a digest belongs")
            }
            digests.append(digest)
        }
        return digests
    }
}
