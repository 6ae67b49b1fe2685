import HookKit
import OCI

/// An element of `GET /images/json`.
struct WireImage: Decodable {
    let id: WireDigest
    let parent: WireDigest?
    let tags: [String]?
    let digests: [String]?
    let created: Int64
    let size: Int64?
    let labels: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case parent = "ParentId"
        case tags = "RepoTags"
        case digests = "RepoDigests"
        case created = "Created"
        case size = "Size"
        case labels = "Labels"
    }

    /// The image.
    ///
    /// `<none>` stands for nothing: API 1.41 has `["<none>:<none>"]`, later versions `[]`, Podman `null`. The containerd store lists an image that
    /// was pulled by digest under `RepoTags` as `name@digest`, which the classic store does not: it is no tag.
    func image() throws(WireFailure) -> EngineImage {
        var references: [ImageReference] = []
        var unreadable: [String] = []
        var repositoryDigests: [ImageReference] = []
        for text in tags ?? [] where text != "<none>:<none>" {
            let reference = ImageReference(text)
            switch (reference, reference?.tag, reference?.digest) {
            case (let reference?, _?, nil): references.append(reference)
            case (let reference?, nil, _?): repositoryDigests.append(reference)
            default: unreadable.append(text)
            }
        }
        for text in digests ?? [] where text != "<none>@<none>" {
            // They are evidence of where an image came from, and nothing is removed by them: one that cannot be read is left out.
            guard let reference = ImageReference(text), reference.digest != nil, !repositoryDigests.contains(reference) else { continue }
            repositoryDigests.append(reference)
        }
        return EngineImage(
            id: try id.required(),
            parent: parent?.digest,
            references: references,
            unreadableReferences: unreadable,
            repositoryDigests: repositoryDigests,
            created: Timestamp(seconds: created),
            size: ByteSize(bytes: size ?? 0),
            // Podman writes 0 and Docker -1 where nobody asked for it.
            sharedSize: nil,
            labels: labels ?? [:]
        )
    }

    /// The images of a listing; one that is listed several times becomes one.
    ///
    /// The containerd store of Docker 24 lists an image once for each of its names and platforms.
    static func images(_ listed: [WireImage]) throws(WireFailure) -> [EngineImage] {
        var images: [EngineImage] = []
        images.reserveCapacity(listed.count)
        var places: [Digest: Int] = [:]
        places.reserveCapacity(listed.count)
        for element in listed {
            let image = try element.image()
            guard let place = places[image.id] else {
                places[image.id] = images.count
                images.append(image)
                continue
            }
            images[place] = images[place].joined(with: image)
        }
        return images
    }
}

extension EngineImage {
    /// The image with the names that another listing of it has besides.
    fileprivate func joined(with other: EngineImage) -> EngineImage {
        func union<Element: Equatable>(_ first: [Element], _ second: [Element]) -> [Element] {
            first + second.filter { !first.contains($0) }
        }
        return EngineImage(
            id: id,
            parent: parent ?? other.parent,
            references: union(references, other.references),
            unreadableReferences: union(unreadableReferences, other.unreadableReferences),
            repositoryDigests: union(repositoryDigests, other.repositoryDigests),
            created: max(created, other.created),
            size: max(size, other.size),
            sharedSize: sharedSize,
            labels: labels.merging(other.labels) { first, _ in first }
        )
    }
}
