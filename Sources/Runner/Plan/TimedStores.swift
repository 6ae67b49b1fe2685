import HookKit

/// Registries' directories with ages counted from one moment and, where a plan is carried out, held to that plan.
struct TimedStores: RegistryStores {
    let base: any RegistryStores
    let time: Timestamp
    /// What may be changed; `nil` in a dry run.
    let permission: ChangePermission?

    func collect(_ request: RegistryCollection, isDryRun: Bool) async throws -> RegistryStoreReport {
        var request = request
        request.time = time
        if !isDryRun { request.expected = expected(at: request.root) }
        return try await base.collect(request, isDryRun: isDryRun)
    }

    func check(_ request: RegistryCheck, isDryRun: Bool) async throws -> RegistryStoreReport {
        var request = request
        request.time = time
        if !isDryRun { request.expected = expected(at: request.root) }
        return try await base.check(request, isDryRun: isDryRun)
    }

    private func expected(at root: String) -> [PlannedChange] { permission?.changes(below: root) ?? [] }
}
