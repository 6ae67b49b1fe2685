import HookKit
import HookTesting
import Runner
import Synchronization

/// Services in memory that count how often a stage said that the engine may have changed.
final class RecordingServices: RunServices {
    private let fakes: FakeServices
    private let changes = Mutex(0)
    let prepared = Mutex<[Set<RuleConfiguration.Preparation>]>([])

    init(_ fakes: FakeServices = FakeServices(ExampleWorld())) { self.fakes = fakes }

    var changeCount: Int { changes.withLock { $0 } }
    var commands: any CommandRunner { fakes.commands }
    var archives: any ImageArchives { fakes.archives }
    var registryStores: any RegistryStores { fakes.registryStores }
    func engine() async throws -> any ContainerEngine { try await fakes.engine() }
    var registries: any Registries { fakes.registries }
    var deploymentFiles: any DeploymentFiles { fakes.deploymentFiles }
    func engine(at host: String) async throws -> any ContainerEngine { try await fakes.engine(at: host) }
    func ledger() async throws -> any TagLedger { try await fakes.ledger() }
    func engineInUse() async -> EngineIdentity? { nil }
    func engineMayHaveChanged() async { changes.withLock { $0 += 1 } }
    func prepare(_ preparations: Set<RuleConfiguration.Preparation>) async { prepared.withLock { $0.append(preparations) } }
}
