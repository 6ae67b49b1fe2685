import PluginWire

/// Registries' directories, by way of hook.
struct RemoteRegistryStores: RegistryStores {
    let host: RemoteHost

    func collect(_ request: RegistryCollection, isDryRun: Bool) async throws -> RegistryStoreReport {
        try await host.ask(.registryCollect, ["collection": request, "dryRun": isDryRun])
    }

    func check(_ request: RegistryCheck, isDryRun: Bool) async throws -> RegistryStoreReport {
        try await host.ask(.registryCheck, ["check": request, "dryRun": isDryRun])
    }
}
