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
        if !isDryRun { request.expected = try expected(at: request.root) }
        return try await base.collect(request, isDryRun: isDryRun)
    }

    func check(_ request: RegistryCheck, isDryRun: Bool) async throws -> RegistryStoreReport {
        var request = request
        request.time = time
        if !isDryRun { request.expected = try expected(at: request.root) }
        return try await base.check(request, isDryRun: isDryRun)
    }

    /// What the plan has of a directory; throws where all that it has of directories is of others, since nobody would make those changes.
    private func expected(at root: String) throws(RegistryStoreError) -> [PlannedChange] {
        guard let permission else { return [] }
        let expected = permission.changes(below: root)
        guard expected.isEmpty else { return expected }
        let elsewhere = permission.changes.filter { $0.target.hasPrefix("/") }
        if elsewhere.isEmpty { return [] }
        throw RegistryStoreError(
            .changed,
            "the plan is of another directory than '\(root)'",
            differences: elsewhere.map { .init($0, "it is not in the directory that the stage works on, '\(root)'") }
        )
    }
}
