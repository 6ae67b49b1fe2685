import HookKit

/// The services of a dry run whose changes are noted: ages are counted from one moment, and commands that are run to look are noted.
struct PlanningServices: RunServices {
    let base: any RunServices
    let time: Timestamp
    let seal: PlanSeal
    let notes: PlanNotes

    func engine() async throws -> any ContainerEngine { try await base.engine() }
    func engine(at host: String) async throws -> any ContainerEngine { try await base.engine(at: host) }
    func ledger() async throws -> any TagLedger { try await base.ledger() }
    var commands: any CommandRunner { NotedCommands(base: base.commands, seal: seal, notes: notes) }
    var archives: any ImageArchives { base.archives }
    var registryStores: any RegistryStores { TimedStores(base: base.registryStores, time: time, permission: nil) }
    var registries: any Registries { base.registries }
    var deploymentFiles: any DeploymentFiles { base.deploymentFiles }
    func engineInUse() async -> EngineIdentity? { await base.engineInUse() }
    func prepare(_ preparations: Set<RuleConfiguration.Preparation>) async { await base.prepare(preparations) }
    func engineMayHaveChanged() async { await base.engineMayHaveChanged() }
}

/// Commands that are noted when they run.
private struct NotedCommands: CommandRunner {
    let base: any CommandRunner
    let seal: PlanSeal
    let notes: PlanNotes

    func run(_ command: Command, output: @escaping @Sendable (_ line: String) -> Void) async throws -> CommandResult {
        let result = try await base.run(command, output: output)
        // One that was refused did not run, and no plan permits it.
        notes.look(seal.digest(of: command))
        return result
    }
}
