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
    package func removeNetwork(_ identifier: String) async throws {
        try checkAccess(to: "remove the network '\(EngineAnswer.oneLine(identifier))'")
        let path = try await dialect().path("/networks/\(try component(identifier, of: "network"))")
        _ = try successful(try await command(.delete(path, limit: limits.removal)))
    }
}
