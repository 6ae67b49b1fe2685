/// An element of `GET /services`.
struct WireService: Decodable {
    struct Container: Decodable {
        let image: String?

        enum CodingKeys: String, CodingKey {
            case image = "Image"
        }
    }

    struct Task: Decodable {
        let container: Container?

        enum CodingKeys: String, CodingKey {
            case container = "ContainerSpec"
        }
    }

    struct Specification: Decodable {
        let task: Task?

        enum CodingKeys: String, CodingKey {
            case task = "TaskTemplate"
        }
    }

    let current: Specification?
    let previous: Specification?

    enum CodingKeys: String, CodingKey {
        case current = "Spec"
        case previous = "PreviousSpec"
    }

    /// The references that the service runs, or would run after a rollback.
    var images: [String] {
        [current, previous].compactMap { $0?.task?.container?.image }.filter { !$0.isEmpty }
    }
}
