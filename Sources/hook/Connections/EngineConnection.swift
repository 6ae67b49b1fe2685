import DockerEngine
import HookKit

/// The engine of a run, connected when a rule first asks for it, one connection for changes and one that refuses them.
actor EngineConnection {
    private let host: String?
    private let surroundings: EngineSurroundings
    private let access: EngineAccess
    private var client: DockerEngineClient?

    init(host: String?, surroundings: EngineSurroundings, access: EngineAccess) {
        self.host = host
        self.surroundings = surroundings
        self.access = access
    }

    func connected() throws -> DockerEngineClient {
        if let client { return client }
        let endpoint = try EngineEndpoint.find(host: host, in: surroundings)
        let client = try DockerEngineClient(endpoint: endpoint, access: access)
        self.client = client
        return client
    }

    /// The engine, where it was asked for and answered.
    func identityInUse() async -> EngineIdentity? { await client?.knownIdentity }

    /// Asks ahead of time.
    ///
    /// An engine that cannot be reached fails the stage that asks for it, not the preparation.
    func prepare(_ preparations: Set<RuleConfiguration.Preparation>) async {
        guard preparations.contains(.diskUsage), let client = try? connected() else { return }
        client.prepareDiskUsage()
    }

    func forgetListing() async { client?.forgetListing() }

    func close() async {
        await client?.shutdown()
        client = nil
    }
}
