import HookKit

/// An element of `GET /networks`.
struct WireNetwork: Decodable {
    let id: String
    let name: String
    let driver: String?
    let scope: String?
    let created: String?
    let labels: [String: String]?
    let isIngress: Bool?
    let isConfigurationOnly: Bool?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case driver = "Driver"
        case scope = "Scope"
        case created = "Created"
        case labels = "Labels"
        case isIngress = "Ingress"
        case isConfigurationOnly = "ConfigOnly"
    }

    /// The names of the networks that engines make: Docker's, Docker's gateway of a swarm, Docker's on Windows, Podman's default.
    private static let predefinedNames: Set<String> = ["bridge", "host", "none", "docker_gwbridge", "nat", "podman"]

    /// The network.
    ///
    /// One that only holds a configuration for others counts as predefined too: nothing is ever connected to it, and
    /// `docker network prune` leaves it alone.
    func network() throws(WireFailure) -> EngineNetwork {
        guard !id.isEmpty else { throw WireFailure("a network without an ID") }
        return EngineNetwork(
            id: id,
            name: name,
            driver: driver ?? "",
            scope: scope ?? "",
            created: created.flatMap { Timestamp(rfc3339: $0) },
            labels: labels ?? [:],
            isPredefined: Self.predefinedNames.contains(name) || isIngress ?? false || isConfigurationOnly ?? false
        )
    }
}
