import HookKit

/// The services of a stage that carries out a plan: they refuse every change that the plan does not have, whatever the rule does.
struct PlannedServices: RunServices {
    let base: any RunServices
    let permission: ChangePermission
    let seal: PlanSeal
    private let progress = TimedStores.Progress()

    init(base: any RunServices, permission: ChangePermission, seal: PlanSeal) {
        self.base = base
        self.permission = permission
        self.seal = seal
    }

    func engine() async throws -> any ContainerEngine { PlannedEngine(base: try await base.engine(), permission: permission) }

    /// A plan is of one engine; at others nothing is changed.
    func engine(at host: String) async throws -> any ContainerEngine {
        PlannedEngine(base: try await base.engine(at: host), permission: .nothing)
    }

    func ledger() async throws -> any TagLedger { try await base.ledger() }
    var commands: any CommandRunner { PlannedCommands(base: base.commands, permission: permission, seal: seal) }
    var archives: any ImageArchives { base.archives }
    var registryStores: any RegistryStores {
        TimedStores(base: base.registryStores, time: permission.time, permission: permission, progress: progress)
    }
    var registries: any Registries { PlannedRegistries(base: base.registries, permission: permission) }
    var deploymentFiles: any DeploymentFiles { base.deploymentFiles }
    func engineInUse() async -> EngineIdentity? { await base.engineInUse() }
    func prepare(_ preparations: Set<RuleConfiguration.Preparation>) async { await base.prepare(preparations) }
    func engineMayHaveChanged() async { await base.engineMayHaveChanged() }
}
