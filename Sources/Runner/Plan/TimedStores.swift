import HookKit
import Synchronization

/// Registries' directories with ages counted from one moment and, where a plan is carried out, held to that plan.
struct TimedStores: RegistryStores {
    /// Whether a stage has worked on a directory of which its plan has something.
    final class Progress: Sendable {
        private let value = Mutex(false)

        /// Says whether it has.
        var hasBegun: Bool { value.withLock { $0 } }

        /// Notes that it has.
        func begin() { value.withLock { $0 = true } }
    }

    let base: any RegistryStores
    let time: Timestamp
    /// What may be changed; `nil` in a dry run.
    let permission: ChangePermission?
    /// What the stage has done so far.
    var progress = Progress()

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
    ///
    /// A stage that has worked on one of them may look at a second of which nothing is planned.
    private func expected(at root: String) throws(RegistryStoreError) -> [PlannedChange] {
        guard let permission else { return [] }
        let expected = permission.changes(below: root)
        guard expected.isEmpty else {
            progress.begin()
            return expected
        }
        let elsewhere = permission.changes.filter { $0.target.hasPrefix("/") }
        if elsewhere.isEmpty || progress.hasBegun { return [] }
        throw RegistryStoreError(
            .changed,
            "the plan is of another directory than '\(root)'",
            differences: elsewhere.map { .init($0, "it is not in the directory that the stage works on, '\(root)'") }
        )
    }
}
