import ArchiveReader
import HookKit
import Processes
import RegistryStorage
import Runner

/// The services of a run: the real engine, the real ledger, real processes.
struct LiveServices: RunServices {
    let commands: any CommandRunner
    let archives: any ImageArchives
    let registryStores: any RegistryStores
    private let engineConnection: EngineConnection
    private let ledgerConnection: LedgerConnection

    init(engine: EngineConnection, ledger: LedgerConnection, process: ProcessSurroundings) {
        engineConnection = engine
        ledgerConnection = ledger
        commands = ProcessCommandRunner()
        archives = TarImageArchives()
        registryStores = LocalRegistryStores(process: process.identifier, cores: process.cores, now: process.now) { address in
            throw RegistryStoreError(.unusable, "a registry's address is not used yet: '\(address)'")
        }
    }

    func engine() async throws -> any ContainerEngine { try await engineConnection.connected() }
    func ledger() async throws -> any HookKit.TagLedger { try await ledgerConnection.ledger() }
    func engineInUse() async -> EngineIdentity? { await engineConnection.identityInUse() }
    func engineMayHaveChanged() async { await engineConnection.forgetListing() }
    func prepare(_ preparations: Set<RuleConfiguration.Preparation>) async { await engineConnection.prepare(preparations) }
    func close() async { await engineConnection.close() }
}
