import DockerEngine
import HookKit
import PipelineFile
import PluginHost

/// The plugins of a command: started before rules are looked up, ended when the command is done.
struct PluginConnections {
    let host: PluginHost

    /// Starts the plugins that a pipeline file names.
    static func start(for draft: PipelineDraft, in surroundings: ProcessSurroundings) async -> PluginConnections {
        await start(
            draft.plugins.map { PluginExecutable(path: $0.path, position: $0.position) },
            directory: draft.directory,
            dockerHost: draft.dockerHost,
            ledger: draft.ledger.absolute,
            in: surroundings
        )
    }

    /// Starts plugins, which run in a directory.
    static func start(
        _ executables: [PluginExecutable],
        directory: String,
        dockerHost: String? = nil,
        ledger: String? = nil,
        in surroundings: ProcessSurroundings
    ) async -> PluginConnections {
        let engine = EngineSurroundings(environment: surroundings.environment, homeDirectory: surroundings.homeDirectory)
        // An address that cannot be found fails the stage that uses the engine, and a plugin may do without.
        let endpoint = executables.isEmpty ? nil : try? EngineEndpoint.find(host: dockerHost, in: engine)
        let host = await PluginHost.start(
            executables,
            beside: BuiltInRules.registry(),
            in: PluginSurroundings(
                version: HookVersion.current,
                directory: directory,
                dockerHost: endpoint?.description,
                ledger: ledger
            )
        )
        return PluginConnections(host: host)
    }

    /// Does something with the plugins, and ends them, however that ends.
    func use<Result>(_ body: (PluginHost) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(host)
            await host.stop()
            return result
        } catch {
            await host.stop()
            throw error
        }
    }
}
