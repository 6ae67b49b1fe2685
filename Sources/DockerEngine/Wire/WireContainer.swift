import HookKit
import OCI

/// An element of `GET /containers/json`.
struct WireContainer: Decodable {
    struct Mount: Decodable {
        let type: String?
        let name: String?
        let source: String?

        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case name = "Name"
            case source = "Source"
        }

        /// The image that is mounted, as it was typed; Docker has it as the name, and Podman, which names no such mount, as the source.
        var image: String? {
            guard type == "image" else { return nil }
            return name.flatMap { $0.isEmpty ? nil : $0 } ?? source
        }
    }

    struct Network: Decodable {}

    struct NetworkSettings: Decodable {
        let networks: [String: Network?]?

        enum CodingKeys: String, CodingKey {
            case networks = "Networks"
        }
    }

    let id: String
    let names: [String]?
    let image: String?
    let imageID: WireDigest
    let state: String
    let created: Int64
    let labels: [String: String]?
    let networkSettings: NetworkSettings?
    let mounts: [Mount]?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case image = "Image"
        case imageID = "ImageID"
        case state = "State"
        case created = "Created"
        case labels = "Labels"
        case networkSettings = "NetworkSettings"
        case mounts = "Mounts"
    }

    /// The digest that stands for no image: a container of Podman's may run on a directory (`--rootfs`).
    static let noImage = Digest(algorithm: .sha256, hex: String(repeating: "0", count: 64))

    /// The container.
    func container() throws(WireFailure) -> EngineContainer {
        guard !id.isEmpty else { throw WireFailure("a container without an ID") }
        guard let image = imageID.digest ?? Self.noImage else { throw WireFailure("a container without an image") }
        return EngineContainer(
            id: id,
            names: (names ?? []).map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 },
            image: image,
            imageName: self.image ?? "",
            state: state,
            created: Timestamp(seconds: created),
            labels: labels ?? [:],
            networks: (networkSettings?.networks ?? [:]).keys.sorted(),
            volumes: (mounts ?? []).compactMap { $0.type == "volume" ? $0.name : nil },
            imageMounts: (mounts ?? []).compactMap(\.image)
        )
    }
}
