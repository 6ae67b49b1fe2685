/// What is read of `GET /version`.
struct WireVersion: Decodable {
    struct Component: Decodable {
        let name: String?
        let version: String?

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case version = "Version"
        }
    }

    let version: String?
    let components: [Component]?

    enum CodingKeys: String, CodingKey {
        case version = "Version"
        case components = "Components"
    }
}
