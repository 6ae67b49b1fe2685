import HookKit

/// The answer to `GET /containers/{id}/json`.
struct WireContainerDetails: Decodable {
    struct Configuration: Decodable {
        let image: String?

        enum CodingKeys: String, CodingKey {
            case image = "Image"
        }
    }

    struct State: Decodable {
        let started: WireTime?
        let finished: WireTime?

        enum CodingKeys: String, CodingKey {
            case started = "StartedAt"
            case finished = "FinishedAt"
        }
    }

    let id: String
    let configuration: Configuration?
    let state: State?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case configuration = "Config"
        case state = "State"
    }

    /// What the inspection says.
    var details: EngineContainerDetails {
        EngineContainerDetails(
            id: id,
            configuredImage: configuration?.image ?? "",
            started: state?.started?.moment,
            finished: state?.finished?.moment
        )
    }
}
