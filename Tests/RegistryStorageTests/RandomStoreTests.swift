import Foundation
import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

@Suite struct RandomStoreTests {
    /// How old links are, and what may go.
    enum Kind: CaseIterable {
        case oldTagged, oldUntagged, mixedTagged, mixedUntagged, mixedUntaggedOlderThan

        var deleteUntagged: Bool { self != .oldTagged && self != .mixedTagged }
        var isMixed: Bool { self != .oldTagged && self != .oldUntagged }
        /// How many stores are made.
        var count: UInt64 { isMixed ? 120 : 300 }
        /// In seconds.
        var olderThan: Int { self == .mixedUntaggedOlderThan ? 7200 : 0 }
    }

    /// Lets some links be half a minute old, and some an hour and a half.
    private func mixAges(of store: TemporaryStore, seed: UInt64, at now: Int64) {
        var random = SeededGenerator(seed: seed ^ 0xa9e5)
        for file in store.files().sorted() where file.contains("/_manifests/") && file.hasSuffix("/link") {
            let age: Int64? =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: 30
                case 1: 5400
                default: nil
                }
            if let age { store.builder.setModified(EntryName(file), now - age * 1_000_000_000) }
        }
    }

    @Test(arguments: Kind.allCases)
    func whatAnObviousCollectorKeepsIsExactlyWhatIsKept(kind: Kind) async throws {
        let deleteUntagged = kind.deleteUntagged
        print("random stores: seeds \(TestSeed.first) to \(TestSeed.first + kind.count - 1), \(kind)")
        var removed: [SweepPlan.Kind: Int] = [:]
        for seed in TestSeed.first..<TestSeed.first + kind.count {
            let store = TemporaryStore()
            RandomStore(store.builder, seed: seed)
            let now = TemporaryStore.tomorrow
            if kind.isMixed { mixAges(of: store, seed: seed, at: now) }
            let ages = ObviousCollector.Ages(now: Int(now / 1_000_000_000), minimum: 3600, untagged: kind.olderThan)
            let expected = ObviousCollector(path: store.path, deleteUntagged: deleteUntagged, ages: ages).keptFiles
            let brokenBefore = Set(try await store.check().broken.map(\.description))
            let policy = TemporaryStore.policy {
                $0.now = now
                if deleteUntagged { $0.untagged = .removed(keepLast: 0, olderThan: Int64(kind.olderThan) * 1_000_000_000) }
            }
            // What goes is deleted at once, or kept.
            let report = try await store.collect(policy, trash: seed % 2 == 0 ? 0 : 3_600_000_000_000)
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
        let least = kind.isMixed ? 3 : 10
        // The comparison says something only if every kind of thing went often enough.
        for kind in [SweepPlan.Kind.blob, .layerLink, .revision, .tag] { #expect(removed[kind, default: 0] >= least, "\(kind)") }
        print("random stores: removed \(removed.map { "\($0.key.rawValue) \($0.value)" }.sorted())")
    }
}
