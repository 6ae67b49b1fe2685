/// The answer to `POST /build/prune`.
struct WireCachePrune: Decodable {
    let deleted: [String]?
    let reclaimed: Int64?

    enum CodingKeys: String, CodingKey {
        case deleted = "CachesDeleted"
        case reclaimed = "SpaceReclaimed"
    }
}
