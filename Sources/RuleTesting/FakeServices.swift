public import HookKit

/// Services in memory.
public struct FakeServices: RuleServices {
    private let engineResult: Result<any ContainerEngine, any Error>
    private let ledgerResult: Result<any TagLedger, any Error>
    /// Commands.
    public let commands: any CommandRunner
    /// Archives.
    public let archives: any ImageArchives
    /// Registries' directories.
    public let registryStores: any RegistryStores
    /// Registries.
    public let registries: any Registries
    /// Files that say which images are to run.
    public let deploymentFiles: any DeploymentFiles

    /// Offers the services given.
    public init(
        engine: any ContainerEngine,
        ledger: any TagLedger,
        commands: any CommandRunner,
        archives: any ImageArchives,
        registryStores: any RegistryStores = FakeRegistryStores([:]),
        registries: any Registries = FakeRegistries([:]),
        deploymentFiles: any DeploymentFiles = FakeDeploymentFiles([:])
    ) {
        self.init(
            engine: .success(engine),
            ledger: .success(ledger),
            commands: commands,
            archives: archives,
            registryStores: registryStores,
            registries: registries,
            deploymentFiles: deploymentFiles
        )
    }

    /// Offers the services given, where an engine or a ledger may be one that cannot be reached.
    public init(
        engine: Result<any ContainerEngine, any Error>,
        ledger: Result<any TagLedger, any Error>,
        commands: any CommandRunner,
        archives: any ImageArchives,
        registryStores: any RegistryStores = FakeRegistryStores([:]),
        registries: any Registries = FakeRegistries([:]),
        deploymentFiles: any DeploymentFiles = FakeDeploymentFiles([:])
    ) {
        engineResult = engine
        ledgerResult = ledger
        self.commands = commands
        self.archives = archives
        self.registryStores = registryStores
        self.registries = registries
        self.deploymentFiles = deploymentFiles
    }

    /// Offers what a world holds.
    public init(_ world: ExampleWorld) {
        self.init(
            engine: FakeEngine(world),
            ledger: FakeLedger(world),
            commands: FakeCommandRunner(world),
            archives: FakeImageArchives(world.archives),
            registryStores: FakeRegistryStores(world.registryStores),
            registries: FakeRegistries(world.registries),
            deploymentFiles: FakeDeploymentFiles(world.deploymentFiles)
        )
    }

    /// The engine.
    public func engine() async throws -> any ContainerEngine { try engineResult.get() }

    /// The engine, whatever the host.
    public func engine(at host: String) async throws -> any ContainerEngine { try engineResult.get() }

    /// The ledger.
    public func ledger() async throws -> any TagLedger { try ledgerResult.get() }
}
