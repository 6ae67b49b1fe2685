/// The answer to `GET /volumes`.
struct WireVolumes: Decodable {
    let volumes: [WireVolume]?

    enum CodingKeys: String, CodingKey {
        case volumes = "Volumes"
    }
}
