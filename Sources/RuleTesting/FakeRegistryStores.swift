public import HookKit
import Synchronization

/// Registries' directories in memory: each answers with the report that it was given.
public final class FakeRegistryStores: RegistryStores {
    private let reports: [String: RegistryStoreReport]
    private let changed = Atomic<Bool>(false)

    /// Makes directories.
    ///
    /// - Parameters:
    ///   - reports: what each answers, by path; a key without a slash in front is relative to `directory`.
    ///   - directory: an absolute path.
    public init(_ reports: [String: RegistryStoreReport], directory: String = RuleExampleSuite.directory) {
        self.reports = Dictionary(uniqueKeysWithValues: reports.map { (ConfigPath($0.key, in: directory).absolute, $0.value) })
    }

    /// Whether a directory was asked to change.
    public var hasChanged: Bool { changed.load(ordering: .relaxed) }

    /// Answers with the directory's report.
    public func collect(_ request: RegistryCollection, isDryRun: Bool) async throws -> RegistryStoreReport {
        let report = try report(at: request.root)
        if !isDryRun, !report.groups.isEmpty { changed.store(true, ordering: .relaxed) }
        return report
    }

    /// Answers with the directory's report.
    public func check(_ request: RegistryCheck, isDryRun: Bool) async throws -> RegistryStoreReport {
        let report = try report(at: request.root)
        if !isDryRun, request.repairs, !report.repairs.isEmpty { changed.store(true, ordering: .relaxed) }
        return report
    }

    private func report(at path: String) throws -> RegistryStoreReport {
        guard let report = reports[path] else { throw RegistryStoreError(.unusable, "cannot open '\(path)' as a registry's storage") }
        return report
    }
}
