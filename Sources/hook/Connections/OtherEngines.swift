import DockerEngine
import HookKit

/// Engines beside the run's own, each connected when a rule first asks for it.
actor OtherEngines {
    private let surroundings: EngineSurroundings
    private let access: EngineAccess
    private var connections: [String: EngineConnection] = [:]

    init(surroundings: EngineSurroundings, access: EngineAccess) {
        self.surroundings = surroundings
        self.access = access
    }

    func connected(to host: String) async throws -> DockerEngineClient {
        let connection = connections[host] ?? EngineConnection(host: host, surroundings: surroundings, access: access)
        connections[host] = connection
        return try await connection.connected()
    }

    func forgetListings() async { for connection in connections.values { await connection.forgetListing() } }

    func close() async {
        for connection in connections.values { await connection.close() }
        connections = [:]
    }
}
