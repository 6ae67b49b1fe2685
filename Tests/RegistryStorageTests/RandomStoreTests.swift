import Foundation
import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

@Suite struct RandomStoreTests {
    @Test(arguments: [false, true])
    func whatAnObviousCollectorKeepsIsExactlyWhatIsKept(deleteUntagged: Bool) async throws {
        print("random stores: seeds \(TestSeed.first) to \(TestSeed.first + 299), delete-untagged \(deleteUntagged)")
        var removed: [SweepPlan.Kind: Int] = [:]
        for seed in TestSeed.first..<TestSeed.first + 300 {
            let store = TemporaryStore()
            RandomStore(store.builder, seed: seed)
            let expected = ObviousCollector(path: store.path, deleteUntagged: deleteUntagged).keptFiles
            let brokenBefore = Set(try await store.check().broken.map(\.description))
            let policy = TemporaryStore.policy { if deleteUntagged { $0.untagged = .removed(keepLast: 0, olderThan: 0) } }
            let report = try await store.collect(policy, pushes: seed % 2 == 0 ? .impossible : .possible(settle: 0))
            // A tag's memory of former manifests is no reference, and is compared by the checks of its own.
            let kept = store.files().filter { !$0.contains("/index/sha256/") }
            #expect(kept == expected, "seed \(seed)")
            #expect(report.failures.isEmpty, "seed \(seed)")
            let brokenAfter = Set(try await store.check().broken.map(\.description))
            #expect(brokenAfter.subtracting(brokenBefore).isEmpty, "seed \(seed)")
            let again = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
            removed.merge(report.removed, uniquingKeysWith: +)
            #expect(
                again.count(of: .blob) + again.count(of: .revision) + again.count(of: .layerLink) + again.count(of: .tag) == 0,
                "seed \(seed)"
            )
        }
        // The comparison says something only if every kind of thing went often enough.
        for kind in [SweepPlan.Kind.blob, .layerLink, .revision, .tag] { #expect(removed[kind, default: 0] >= 10, "\(kind)") }
        print("random stores: removed \(removed.map { "\($0.key.rawValue) \($0.value)" }.sorted())")
    }
}
