import OCI

/// An element of Podman's `GET /libpod/images/json`, which has manifest lists among the images.
struct WirePodmanImage: Decodable {
    let id: WireDigest
    let names: [String]?
    let digest: String?
    let digests: [String]?
    /// Podman before 5 does not say.
    let isManifestList: Bool?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "RepoTags"
        case digest = "Digest"
        case digests = "RepoDigests"
        case isManifestList = "IsManifestList"
    }

    /// The digests of its manifests.
    var manifests: Set<Digest> {
        // What cannot be read is no digest that a list could name.
        Set([digest.flatMap { Digest($0) }].compactMap { $0 } + (digests ?? []).compactMap { ImageReference($0)?.digest })
    }

    /// The tags; one that is no valid reference is left out.
    var references: [ImageReference] { (names ?? []).compactMap { ImageReference($0) } }
}
