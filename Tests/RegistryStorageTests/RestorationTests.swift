import Foundation
import HookTesting
import RegistryStorage
import StorageFixtures
import Synchronization
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
        (options.settle, options.trashPeriod) = (0, Self.period)
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

    @Test func whatARunAskedForWhenItWasKilledComesBackWithIt() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [config], in: "kept").key, in: "kept")
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        let trashed = builder.full(EntryName("_hook/trash/\(run.name)/blobs/sha256/\(image.key.hex.prefix(2))/\(image.key.hex)"))
        let asked = builder.full(EntryName("_hook/asked/\(image.key.hex)"))
        builder.makeDirectory(builder.full(EntryName("_hook/asked")))
        try FileManager.default.moveItem(atPath: trashed, toPath: asked)
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.lacking == [] && restoration.failures == [])
        #expect(store.files() == before)
        #expect(try await store.check().broken == [])
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
        #expect(early.restored == [] && early.waiting.isEmpty == false)
        #expect(early.lacking.count == 4)
        #expect(try await store.check().broken == [])
        #expect(try trash.restore(second).lacking == [])
        #expect(try await store.check().broken == [])
        #expect(try trash.restore(first).lacking == [])
        #expect(store.files() == before)
        #expect(try trash.runs() == [])
    }

    @Test(arguments: ["deleted by the registry", "pushed without it"])
    func anIndexComesBackOfWhichTheRepositoryDidNotLinkAManifestThatIsSomewhere(how: String) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [config], in: "kept").key, in: "kept")
        let (one, other) = (builder.image(config, [], in: "a"), builder.image(config, [builder.blob(Array("layer".utf8))], in: "b"))
        builder.tag("v1", other.key, in: "b")
        builder.tag("v1", builder.index([one, other], in: "a").key, in: "a")
        if how.hasPrefix("deleted") {
            builder.linkRevision(other.key, in: "a")
            builder.deleteRevision(other.key, in: "a")
            // Then nobody else has it.
            try await store.collect(DeletionTests.policy(repositories: ["b"]))
            #expect(store.files().contains(RegistryLayout.blob(other.key).description))
        }
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        #expect(store.files() != before)
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.leftCount == 0 && restoration.failures == [])
        #expect(store.files() == before)
    }

    @Test func anImageComesBackWhoseForeignLayerOnlyAnotherRepositoryLinked() async throws {
        let store = TemporaryStore()
        store.makeForeignImage()
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.leftCount == 0 && restoration.failures == [])
        #expect(store.files() == before)
    }

    @Test func aForeignLayerThatTheRepositoryLinkedIsWaitedForWhereAnotherRunTookIt() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layer = store.makeForeignImage(tag: "foreign")
        builder.tag("own", builder.image(layer, [], in: "a").key, in: "a")
        let before = store.files()
        let first = try await remove(store, DeletionTests.policy(tags: ["a:foreign"]))
        let second = try await remove(store, DeletionTests.policy(repositories: ["a"]), process: 2)
        let trash = Trash(root: try StorageRoot(path: store.path))
        let early = try trash.restore(first)
        #expect(early.lacking.contains(RegistryLayout.tag(EntryName("foreign"), of: EntryName("a"))))
        #expect(try trash.restore(second).leftCount == 0)
        #expect(try trash.restore(first).leftCount == 0)
        #expect(store.files() == before)
    }

    // MARK: What comes after

    /// A collection as it runs every night, now and not in a day, which takes what no tag names once it is an hour old.
    private static var nightly: CollectionPolicy {
        var policy = CollectionPolicy(now: Int64(Date().timeIntervalSince1970) * 1_000_000_000)
        policy.untagged = .removed(keepLast: 0, olderThan: 0)
        // An upload says itself when it began.
        policy.uploadsOlderThan = nil
        policy.jobs = 1
        return policy
    }

    /// A store that was filled long ago, and from which three runs took everything, with what it held.
    private func emptied() async throws -> (store: TemporaryStore, before: Set<String>) {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let before = store.files()
        _ = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        _ = try await remove(store, FaultTests.policy, process: 2)
        _ = try await remove(store, DeletionTests.policy(repositories: ["a/b"]), process: 3)
        store.age(by: 30 * 86400)
        return (store, before)
    }

    /// Restores all runs until nothing more comes back.
    private func restoreAll(_ store: TemporaryStore) throws -> [Trash.Restoration] {
        let trash = Trash(root: try StorageRoot(path: store.path))
        while true {
            let restorations = try trash.runs().map { try trash.restore($0) }
            if restorations.allSatisfy({ $0.restored.isEmpty && $0.present.isEmpty }) { return restorations }
        }
    }

    @Test func theNextCollectionTakesNothingOfWhatCameBack() async throws {
        let (store, before) = try await emptied()
        #expect(try restoreAll(store).map(\.leftCount) == [])
        #expect(store.files() == before)
        let report = try await store.collect(Self.nightly)
        #expect(report.removed == [:] && report.failures == [])
        #expect(store.files() == before)
        // What no tag names goes in its time.
        try await store.collect(FaultTests.policy)
        #expect(store.files().count < before.count)
    }

    /// Restores all runs in another process, which is killed before the n-th call that changes anything; says whether it was.
    private func restoreUntilKilled(_ store: TemporaryStore, at point: Int) async throws -> Bool {
        let program = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("registry-bench").path ?? ""
        try #require(FileManager.default.isExecutableFile(atPath: program), "the product registry-bench must be built beside the tests")
        if case .signalled = try await runProcess([program, "restore", store.path, "--kill-at", String(point)]).status { return true }
        return false
    }

    /// Restores all runs as far as nothing is changed any more from the n-th change on; says whether it came to that.
    private func restoreUntilStuck(_ store: TemporaryStore, at point: Int) throws -> Bool {
        let changes = Mutex(0)
        let calls = SystemCalls { call in
            guard call.isDestructive else { return nil }
            return changes.withLock { count in
                count += 1
                return count >= point ? .inputOutput : nil
            }
        }
        let trash = Trash(root: try StorageRoot(path: store.path, calls: calls))
        for run in try trash.runs().reversed() { _ = try trash.restore(run) }
        return changes.withLock { $0 >= point }
    }

    @Test(arguments: [false, true]) func aRestorationThatIsKilledAtAnyPointLosesNothingToTheNextCollection(inAProcess: Bool) async throws {
        var killed = 0
        // A process takes long to start: it is killed at some of the points, and what a kill leaves is made at each.
        for point in stride(from: 1, to: .max, by: inAProcess ? 17 : 1) {
            let (store, before) = try await emptied()
            let isKilled = try await inAProcess ? restoreUntilKilled(store, at: point) : restoreUntilStuck(store, at: point)
            #expect(try await store.check().broken.filter { $0.kind != .noRepository } == [], "point \(point)")
            let report = try await store.collect(Self.nightly)
            #expect(report.removed == [:] && report.failures == [], "point \(point)")
            _ = try restoreAll(store)
            #expect(store.files() == before, "point \(point)")
            #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [], "point \(point)")
            guard isKilled else { break }
            killed += 1
        }
        #expect(killed >= 3)
    }

    @Test func aRestorationThatIsStoppedSaysWhatCameBackAndTheNextGoesOn() async throws {
        let (store, before) = try await emptied()
        let run = try #require(try Trash(root: StorageRoot(path: store.path)).runs().last)
        let renames = Mutex(0)
        let calls = SystemCalls { call in
            if call == .rename,
                renames.withLock({
                    $0 += 1; return $0
                }) == 3
            {
                withUnsafeCurrentTask { $0?.cancel() }
            }
            return nil
        }
        let root = try StorageRoot(path: store.path, calls: calls)
        let stopped = try await Task { try Trash(root: root).restore(run) }.value
        #expect(stopped.isInterrupted && stopped.failures == [])
        #expect(!stopped.restored.isEmpty && stopped.restored.count <= 3)
        for path in stopped.restored { #expect(FileManager.default.fileExists(atPath: store.builder.full(path)), "\(path)") }
        #expect(try await store.check().broken.filter { $0.kind != .noRepository } == [])
        _ = try restoreAll(store)
        #expect(store.files() == before)
    }

    @Test func whatOnlyAnImageNeedsThatLacksSomethingWaitsInTheTrash() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let child = builder.image(config, [], in: "a")
        let image = builder.image(config, [layer], in: "a")
        builder.tag("v1", builder.index([child, image], in: "a").key, in: "a")
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        store.age(by: 30 * 86400)
        let lost = builder.full(EntryName("_hook/trash/\(run.name)/blobs/sha256/\(layer.key.hex.prefix(2))/\(layer.key.hex)"))
        try FileManager.default.moveItem(atPath: lost, toPath: store.path + "/lost")
        let trash = Trash(root: try StorageRoot(path: store.path))
        let first = try trash.restore(run)
        let name = EntryName("a")
        #expect(first.restored == [] && first.occupied == [] && first.failures == [])
        #expect(first.lacking.contains(RegistryLayout.layer(layer.key, of: name)))
        #expect(first.lacking.contains(RegistryLayout.revision(image.key, of: name)))
        // The other image of the index lacks nothing; but a collection would take it, and then the index could never come back.
        let waiting = Set(first.waiting)
        for path in [RegistryLayout.layer(config.key, of: name), RegistryLayout.revision(child.key, of: name)] {
            #expect(waiting.contains(path))
        }
        for key in [config.key, child.key, image.key] { #expect(waiting.contains(RegistryLayout.blob(key))) }
        try await store.collect(Self.nightly)
        builder.makeDirectory(String(lost.prefix(lost.count - 65)))
        try FileManager.default.moveItem(atPath: store.path + "/lost", toPath: lost)
        #expect(try trash.restore(run).leftCount == 0)
        #expect(store.files() == before)
    }

    // MARK: What is in its place already

    @Test func aDeletedRepositoryComesBackBesideWhatWasPushedSince() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let shared = builder.blob(Array("shared".utf8))
        for tag in ["v1", "v2"] {
            builder.tag(tag, builder.image(builder.blob(Array("config of \(tag)".utf8)), [shared], in: "team/app").key, in: "team/app")
        }
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(repositories: ["team/app"]))
        let pushed = builder.blob(Array("shared".utf8))
        builder.tag("v3", builder.image(builder.blob(Array("config of v3".utf8)), [pushed], in: "team/app").key, in: "team/app")
        let new = store.files()
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.lacking == [] && restoration.occupied == [] && restoration.waiting == [] && restoration.failures == [])
        #expect(Set(restoration.present) == [RegistryLayout.blob(shared.key), RegistryLayout.layer(shared.key, of: EntryName("team/app"))])
        #expect(store.files() == before.union(new))
        #expect(try await store.check().problems == [])
        #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [])
    }

    @Test func aTagThatNamesAnotherImageNowStaysAndTheFormerComesBackWithoutIt() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let former = builder.image(config, [], in: "a")
        builder.tag("v1", former.key, in: "a")
        let run = try await remove(store, DeletionTests.policy(repositories: ["a"]))
        let now = builder.image(builder.blob(Array("config".utf8)), [config], in: "a")
        builder.tag("v1", now.key, in: "a")
        let trash = Trash(root: try StorageRoot(path: store.path))
        let restoration = try trash.restore(run)
        #expect(restoration.occupied == [RegistryLayout.tag(EntryName("v1"), of: EntryName("a"))])
        #expect(restoration.restored.contains(RegistryLayout.revision(former.key, of: EntryName("a"))))
        #expect(try await store.check().broken == [])
        #expect(try !trash.canRestoreAnything(of: run))
        // The same tag of the same image is no other.
        builder.tag("v1", former.key, in: "a")
        let second = try trash.restore(run)
        #expect(second.present == [RegistryLayout.tag(EntryName("v1"), of: EntryName("a"))] && second.leftCount == 0)
        #expect(try trash.runs() == [])
    }

    @Test func theSameContentInItsPlaceIsNothingNew() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [layer], in: "a/b").key, in: "a/b")
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(tags: ["a/b:v1"]))
        for part in ["config", "layer"] { builder.blob(Array(part.utf8)) }
        builder.tag("v1", builder.image(layer, [config], in: "elsewhere").key, in: "elsewhere")
        let new = store.files()
        let trash = Trash(root: try StorageRoot(path: store.path))
        #expect(try trash.canRestoreAnything(of: run))
        let restoration = try trash.restore(run)
        #expect(Set(restoration.present) == [RegistryLayout.blob(config.key), RegistryLayout.blob(layer.key)])
        #expect(restoration.leftCount == 0 && restoration.failures == [])
        #expect(store.files() == before.union(new))
        #expect(try trash.runs() == [])
    }

    @Test func theGoodCopyOfADamagedBlobStaysInTheTrash() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let run = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        builder.write(RegistryLayout.blob(config.key), Array("Config".utf8))
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.occupied == [RegistryLayout.blob(config.key)] && restoration.present == [])
        let copy = builder.full(EntryName("_hook/trash/\(run.name)/blobs/sha256/\(config.key.hex.prefix(2))/\(config.key.hex)"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data("config".utf8))
    }

    @Test func whatOnlyAnotherRunsLinksNeedIsTakenFromThatRunsBlobs() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let before = store.files()
        let run = try await remove(store, DeletionTests.policy(tags: ["a:v1"]))
        // A run that was killed before the blobs left them to the next one.
        let other = builder.full(EntryName("_hook/trash/1000-9000000000-9"))
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: builder.full(EntryName("_hook/trash/\(run.name)/blobs")), toPath: other + "/blobs")
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.leftCount == 0 && restoration.failures == [])
        #expect(store.files() == before)
        #expect(try await store.check().problems == [])
    }

    @Test func theTrashIsEmptiedOfLinksBeforeItsBlobs() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        var policy = FaultTests.policy
        let report = try await store.collect(policy, trash: Self.period)
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
