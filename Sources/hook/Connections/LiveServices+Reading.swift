import DockerEngine
import HookKit
import Processes
import RegistryAPI

extension LiveServices {
    /// The services of a command that only looks: what would change anything is refused.
    init(readingAt dockerHost: String?, ledger: LedgerConnection, process: ProcessSurroundings) {
        let surroundings = EngineSurroundings(environment: process.environment, homeDirectory: process.homeDirectory)
        self.init(
            engine: EngineConnection(host: dockerHost, surroundings: surroundings, access: .readOnly),
            otherEngines: OtherEngines(surroundings: surroundings, access: .readOnly),
            ledger: ledger,
            registries: RegistryConnections(
                RegistrySurroundings(environment: process.environment, homeDirectory: process.homeDirectory),
                access: .readOnly,
                now: process.now
            ),
            commands: RefusingCommandRunner(),
            process: process
        )
    }
}
