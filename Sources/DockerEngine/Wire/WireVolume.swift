import HookKit

/// A volume in the answers to `GET /volumes` and `GET /system/df`.
struct WireVolume: Decodable {
    struct Usage: Decodable {
        let size: Int64?

        enum CodingKeys: String, CodingKey {
            case size = "Size"
        }
    }

    let name: String
    let driver: String?
    let created: String?
    let labels: [String: String]?
    let usage: Usage?

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case driver = "Driver"
        case created = "CreatedAt"
        case labels = "Labels"
        case usage = "UsageData"
    }

    /// The volume.
    ///
    /// A plugin writes its time as it likes, so one that cannot be read counts as none.
    var volume: EngineVolume {
        EngineVolume(name: name, driver: driver ?? "", created: created.flatMap { Timestamp(rfc3339: $0) }, labels: labels ?? [:])
    }
}
