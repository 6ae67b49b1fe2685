import ArchiveReader
import Deployments
import HookKit
import RegistryAPI
import RegistryStorage
import Runner

/// The services of a run: the real engine, the real ledger, real processes.
struct LiveServices: RunServices {
    let commands: any CommandRunner
    let archives: any ImageArchives
    let registryStores: any RegistryStores
    let deploymentFiles: any DeploymentFiles
    private let registryConnections: RegistryConnections
    private let engineConnection: EngineConnection
    private let otherEngines: OtherEngines
    private let ledgerConnection: LedgerConnection

    init(
        engine: EngineConnection,
        otherEngines: OtherEngines,
        ledger: LedgerConnection,
        registries: RegistryConnections,
        commands: any CommandRunner,
        process: ProcessSurroundings
    ) {
        engineConnection = engine
        self.otherEngines = otherEngines
        registryConnections = registries
        ledgerConnection = ledger
        self.commands = commands
        archives = TarImageArchives()
        registryStores = LocalRegistryStores(process: process.identifier, cores: process.cores, now: process.now) { address in
            try registries.running(at: address)
        }
        deploymentFiles = YAMLDeploymentFiles()
    }

    var registries: any Registries { registryConnections }

    func engine() async throws -> any ContainerEngine { try await engineConnection.connected() }
    func engine(at host: String) async throws -> any ContainerEngine { try await otherEngines.connected(to: host) }
    func ledger() async throws -> any HookKit.TagLedger { try await ledgerConnection.ledger() }
    func engineInUse() async -> EngineIdentity? { await engineConnection.identityInUse() }
    func engineMayHaveChanged() async {
        await engineConnection.forgetListing()
        await otherEngines.forgetListings()
        await ledgerConnection.forgetIfOnlyRead()
    }
    func prepare(_ preparations: Set<RuleConfiguration.Preparation>) async { await engineConnection.prepare(preparations) }
    func close() async {
        await engineConnection.close()
        await otherEngines.close()
        await registryConnections.shutdown()
    }
}
