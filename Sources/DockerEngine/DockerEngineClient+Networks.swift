import FoundationEssentials
package import HookKit

/// Networks: `/networks`.
extension DockerEngineClient {
    /// Every network.
    package func networks() async throws -> [EngineNetwork] {
        let answer = try successful(try await get("/networks"))
        let listed = try decode([WireNetwork]?.self, from: answer) ?? []
        return try checked(answer) { () throws(WireFailure) in
            var networks: [EngineNetwork] = []
            for element in listed { networks.append(try element.network()) }
            return networks
        }
    }

    /// Removes a network that nothing is connected to.
    ///
    /// Observed with Podman 4.3.1: named by its ID, a network is removed from under the containers that use it; named by its name, it is kept.
    package func removeNetwork(_ identifier: String) async throws {
        try checkAccess(to: "remove the network '\(EngineAnswer.oneLine(identifier))'")
        let dialect = try await dialect()
        let name = dialect.isPodman ? try await networks().first { $0.id == identifier }?.name ?? identifier : identifier
        let path = dialect.path("/networks/\(try component(name, of: "network"))")
        _ = try successful(try await command(.delete(path, limit: limits.removal)))
    }
}
