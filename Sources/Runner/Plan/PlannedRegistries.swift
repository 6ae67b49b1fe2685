import HookKit

/// Registries whose contents change only as a plan has it.
struct PlannedRegistries: Registries {
    let base: any Registries
    let permission: ChangePermission

    func registry(at address: RegistryAddress) async throws -> any Registry {
        PlannedRegistry(base: try await base.registry(at: address), permission: permission)
    }
}
