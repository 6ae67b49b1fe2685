import Foundation
import RegistryStorage
import StorageFixtures
import Testing

/// What comes back from the trash names nothing that is missing, and what is left there is said.
@Suite struct RestorationTests {
    private static let period: Int64 = 86_400_000_000_000

    /// Removes what the policy takes, into the trash.
    private func remove(_ store: TemporaryStore, _ policy: CollectionPolicy, process: Int32 = 1) async throws -> Trash.Run {
        var policy = policy
        policy.trashPeriod = Self.period
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        var options = SweepOptions(process: process)
        (options.pushes, options.trashPeriod) = (.possible(settle: 0), Self.period)
        let report = try await Sweeper(plan, options: options).execute()
        #expect(report.failures == [])
        return try #require(report.trash)
    }

    @Test(arguments: [false, true]) func ofARunWhoseBlobsAreGoneNothingIsLinked(whole: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [config], in: "kept").key, in: "kept")
        let child = builder.image(config, [builder.blob(Array("layer".utf8))], in: "a")
        builder.tag("v1", builder.index([child], in: "a").key, in: "a")
        let run = try await remove(store, whole ? DeletionTests.policy(repositories: ["a"]) : DeletionTests.policy(tags: ["a:v1"]))
        let before = store.files()
        try FileManager.default.removeItem(atPath: builder.full(EntryName("_hook/trash/\(run.name)/blobs")))
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.failures == [])
        #expect(restoration.lacking.contains(RegistryLayout.tag(EntryName("v1"), of: EntryName("a"))))
        // The config is another image's as well: its link hurts nobody.
        #expect(store.files().subtracting(before) == [RegistryLayout.layer(config.key, of: EntryName("a")).description])
        #expect(try await store.check().broken == [])
        #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [run])
    }

    @Test func aTagWhoseManifestAnotherRunTookWaitsForThatRun() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [config], in: "kept").key, in: "kept")
        let image = builder.image(config, [], in: "a")
        for tag in ["v1", "v2"] { builder.tag(tag, image.key, in: "a") }
        let before = store.files()
        let first = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        let second = try await remove(store, DeletionTests.policy(tags: ["a:v2"]), process: 2)
        let trash = Trash(root: try StorageRoot(path: store.path))
        let early = try trash.restore(first)
        #expect(early.restored == [])
        #expect(early.lacking == [RegistryLayout.tag(EntryName("v1"), of: EntryName("a"))])
        #expect(try await store.check().broken == [])
        #expect(try trash.restore(second).lacking == [])
        #expect(try trash.restore(first).lacking == [])
        #expect(store.files() == before)
        #expect(try trash.runs() == [])
    }

    @Test func anIndexComesBackAfterItsManifestsAndOneThatLackedSomeBeforeComesBackToo() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [config], in: "kept").key, in: "kept")
        let elsewhere = StoreBuilder.Part(key: BlobHash.digest(of: Array("another platform".utf8)), size: 9)
        let child = builder.image(config, [builder.blob(Array("layer".utf8))], in: "a")
        let inner = builder.index([child, elsewhere], in: "a")
        builder.tag("v1", builder.index([inner], in: "a").key, in: "a")
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.lacking == [] && restoration.failures == [] && restoration.occupied == [])
        let revisions = restoration.restored.filter { $0.description.contains("/revisions/") }
        #expect(revisions.first == RegistryLayout.revision(child.key, of: EntryName("a")))
        #expect(store.files() == before)
    }

    @Test func aManifestWhoseLayersOrManifestsAnotherRunTookWaitsForThatRun() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [layer], in: "kept").key, in: "kept")
        let image = builder.image(config, [layer], in: "a")
        let child = builder.image(layer, [config], in: "a")
        for (tag, part) in [("image", image), ("child", child), ("index", builder.index([child], in: "a"))] {
            builder.tag(tag, part.key, in: "a")
        }
        let before = store.files()
        let first = try await remove(store, DeletionTests.policy(tags: ["a:image", "a:index"]))
        let second = try await remove(store, DeletionTests.policy(repositories: ["a"]), process: 2)
        let trash = Trash(root: try StorageRoot(path: store.path))
        // The blobs are there, but the links are in the second run's trash.
        let early = try trash.restore(first)
        #expect(early.restored.allSatisfy { $0.description.hasPrefix("blobs/") })
        #expect(early.lacking.count == 4)
        #expect(try await store.check().broken == [])
        #expect(try trash.restore(second).lacking == [])
        #expect(try await store.check().broken == [])
        #expect(try trash.restore(first).lacking == [])
        #expect(store.files() == before)
        #expect(try trash.runs() == [])
    }

    @Test func theTrashIsEmptiedOfLinksBeforeItsBlobs() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        var policy = FaultTests.policy
        let report = try await store.collect(policy, pushes: .possible(settle: 0), trash: Self.period)
        let run = try #require(report.trash)
        policy.now += Self.period
        let place = store.builder.full(EntryName("_hook/trash/\(run.name)"))
        let counts = { [place] (part: String) in
            (FileManager.default.enumerator(atPath: "\(place)/\(part)")?.allObjects as? [String])?.count ?? 0
        }
        let blobs = counts("blobs")
        let hasFailed = Once()
        // The first thing that cannot be removed is a link: then no blob goes.
        let calls = SystemCalls { $0 == .unlink && hasFailed.take() ? .inputOutput : nil }
        let root = try StorageRoot(path: store.path, calls: calls)
        let emptied = try await StorageCollector(root: root, policy: policy).emptyTrash(jobs: 1)
        #expect(emptied.failures.count == 1)
        #expect(counts("blobs") == blobs)
        #expect(try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).emptyTrash(jobs: 1).failures == [])
        #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [])
    }
}
