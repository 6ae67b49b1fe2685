import HookKit

/// What is read of `GET /info`.
struct WireInformation: Decodable {
    let id: String?
    let name: String?
    let root: String?
    let driverStatus: [[String]]?
    let time: WireTime?
    let version: String?
    /// Only Podman says it.
    let buildahVersion: String?

    enum CodingKeys: String, CodingKey {
        case id = "ID"
        case name = "Name"
        case root = "DockerRootDir"
        case driverStatus = "DriverStatus"
        case time = "SystemTime"
        case version = "ServerVersion"
        case buildahVersion = "BuildahVersion"
    }
}
