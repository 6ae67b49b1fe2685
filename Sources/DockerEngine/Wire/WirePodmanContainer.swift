import HookKit

/// An element of Podman's `GET /libpod/containers/json`, which has the containers of builds and of other programs.
struct WirePodmanContainer: Decodable {
    let id: String
    let names: [String]?
    let image: String?
    let imageID: WireDigest?
    let state: String
    let created: Created?
    let labels: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case image = "Image"
        case imageID = "ImageID"
        case state = "State"
        case created = "Created"
        case labels = "Labels"
    }

    /// When it was made: a time since Podman 3, seconds before.
    struct Created: Decodable {
        let moment: Timestamp?

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let seconds = try? value.decode(Int64.self) {
                moment = Timestamp(seconds: seconds)
            } else {
                moment = try WireTime(from: decoder).moment
            }
        }
    }

    /// Says whether Podman does not run it itself.
    var isExternal: Bool { state == "storage" }

    /// The container; one that a build made of nothing has no image.
    func container() throws(WireFailure) -> EngineContainer {
        guard !id.isEmpty else { throw WireFailure("a container without an ID") }
        guard let image = imageID?.digest ?? WireContainer.noImage else { throw WireFailure("a container without an image") }
        return EngineContainer(
            id: id,
            names: names ?? [],
            image: image,
            imageName: self.image ?? "",
            state: state,
            created: created?.moment ?? Timestamp(seconds: 0),
            labels: labels ?? [:]
        )
    }
}
