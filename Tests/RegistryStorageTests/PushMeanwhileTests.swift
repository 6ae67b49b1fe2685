import Foundation
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// Pushes that happen between the mark and the end of a sweep: what they name is there when the sweep is over.
@Suite struct PushMeanwhileTests {
    /// When the push happens.
    enum Moment: CaseIterable {
        case afterTheMark, beforeTheLastLook
    }

    private static let name = EntryName("a")

    /// Plans, and sweeps while a push happens; everything in the store is old.
    @discardableResult
    private func sweep(
        _ store: TemporaryStore,
        _ moment: Moment,
        push: @escaping @Sendable (StoreBuilder) -> Void
    ) async throws -> SweepReport {
        let path = store.path
        let root = try StorageRoot(path: path)
        let plan = try await StorageCollector(root: root, policy: CollectionTests.untagged).plan()
        var options = SweepOptions(process: 1)
        options.settle = 0
        if moment == .afterTheMark { push(StoreBuilder(path: path)) }
        return try await Sweeper(plan, options: options) { _ in
            if moment == .beforeTheLastLook { push(StoreBuilder(path: path)) }
        }.execute()
    }

    /// An index as a build cache's: what it names are layers and the cache's own description, which the repository links as layers.
    private func cache(_ builder: StoreBuilder, _ text: String, in repository: String) -> (index: String, parts: [StoreBuilder.Part]) {
        let layers = ["one", "two"].map { builder.blob([0x1f, 0x8b] + Array("\(text) \($0)".utf8)) }
        let names = layers.map { "{\"blob\":\"\($0.key)\",\"parent\":-1}" }.joined(separator: ",")
        let parts = layers + [builder.blob(Array("{\"layers\":[\(names)],\"records\":[{\"digest\":\"\(text)\"}]}".utf8))]
        for part in parts { builder.linkLayer(part.key, in: repository) }
        return (StoreBuilder.indexText(parts), parts)
    }

    @Test func aTaggedBuildCacheIsSoundAndLosesNothing() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let cache = cache(builder, "cache", in: "a")
        let index = builder.manifest(cache.index, in: "a")
        builder.tag("cache", index.key, in: "a")
        #expect(try await store.check().problems.map(\.description) == [])
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: CollectionTests.untagged).plan()
        #expect(plan.isEmpty)
        #expect(plan.problems == [])
        let before = store.files()
        try await store.collect(CollectionTests.untagged)
        #expect(store.files() == before)
        // Its own deletion takes all of it.
        try await store.collect(DeletionTests.policy(tags: ["a:cache"]))
        #expect(store.files() == [])
    }

    @Test(arguments: Moment.allCases) func aBuildCacheThatIsPushedMeanwhileIsServedAndSoIsAnotherImage(moment: Moment) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let cache = cache(builder, "cache", in: "a")
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "b")
        let text = cache.index
        let report = try await sweep(store, moment) { pusher in
            pusher.tag("cache", pusher.manifest(text, in: "a").key, in: "a")
            pusher.linkRevision(image.key, in: "b")
            pusher.tag("v1", image.key, in: "b")
        }
        #expect(report.failures == [])
        #expect(try await store.check().broken == [])
        for part in cache.parts { #expect(store.files().contains(RegistryLayout.layer(part.key, of: Self.name).description)) }
        for part in cache.parts + [config, layer, image] { #expect(store.files().contains(RegistryLayout.blob(part.key).description)) }
    }

    @Test(arguments: Moment.allCases) func anImageThatIsSignedMeanwhileStays(moment: Moment) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("kept", builder.image(builder.blob(Array("kept".utf8)), [], in: "a").key, in: "a")
        let image = builder.image(builder.blob(Array("config".utf8)), [builder.blob(Array("layer".utf8))], in: "a")
        let before = store.files()
        let report = try await sweep(store, moment) { pusher in
            pusher.image(pusher.blob(Array("signature".utf8)), [], subject: image, in: "a")
        }
        #expect(report.failures == [])
        #expect(store.files().isSuperset(of: before))
        #expect(try await store.check().problems == [])
    }

    @Test(arguments: Moment.allCases) func anImageThatIsPromotedFromAnotherRepositoryKeepsTheLinksThatItFound(moment: Moment) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "staging")
        builder.tag("v1", image.key, in: "staging")
        for part in [config, layer] { builder.linkLayer(part.key, in: "a") }
        let report = try await sweep(store, moment) { pusher in
            pusher.linkRevision(image.key, in: "a")
            pusher.tag("v1", image.key, in: "a")
        }
        #expect(report.failures == [])
        #expect(try await store.check().broken == [])
        for part in [config, layer] { #expect(store.files().contains(RegistryLayout.layer(part.key, of: Self.name).description)) }
    }

    @Test(arguments: Moment.allCases) func anIndexThatIsPromotedKeepsTheManifestsThatItFound(moment: Moment) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let child = builder.image(config, [], in: "staging")
        let index = builder.index([child], in: "staging")
        builder.tag("v1", index.key, in: "staging")
        builder.image(config, [], in: "a")
        let report = try await sweep(store, moment) { pusher in
            pusher.linkRevision(index.key, in: "a")
            pusher.tag("v1", index.key, in: "a")
        }
        #expect(report.failures == [])
        #expect(try await store.check().broken == [])
        #expect(store.files().contains(RegistryLayout.revision(child.key, of: Self.name).description))
    }

    /// A registry at whose address nothing listens, or that refuses uploads, although somebody pushes to the store.
    private struct MistakenRegistry: RunningRegistry {
        let store: String
        let answer: RunningRegistryState
        func state() async -> RunningRegistryState { answer }
        func tags(of repository: String) async -> [String]? {
            try? FileManager.default.contentsOfDirectory(atPath: "\(store)/docker/registry/v2/repositories/\(repository)/_manifests/tags")
        }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { nil }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome { .notAllowed }
    }

    @Test(arguments: [RunningRegistryState.stopped, .readOnly]) func aPushSurvivesThatNobodyExpected(state: RunningRegistryState)
        async throws
    {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "a")
        builder.image(config, [builder.blob(Array("gone".utf8))], in: "a")
        let path = store.path
        let service = store.service(registry: MistakenRegistry(store: path, answer: state)) {
            let pusher = StoreBuilder(path: path)
            pusher.linkRevision(image.key, in: "a")
            pusher.tag("v1", image.key, in: "a")
        }
        var request = RegistryCollection(root: path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let report = try await service.collect(request, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        let taken =
            state == .stopped
            ? "nothing listens at 'http://registry', so that the registry is taken to be stopped"
            : "the registry at 'http://registry' refuses uploads, so that it is taken to be read-only"
        let elsewhere = state == .stopped ? "where it runs" : "where it takes pushes"
        #expect(
            report.protection
                == "\(taken): what is younger than 1h stays, and links are looked at again before blobs go; \(elsewhere) at another address, give "
                + "that, or restart it afterwards"
        )
        #expect(try await store.check().broken == [])
        for part in [config, layer, image] { #expect(store.files().contains(RegistryLayout.blob(part.key).description)) }
        #expect(report.trash == nil)
        #expect(try Trash(root: StorageRoot(path: path)).runs() == [])
    }

    @Test func whatAPushHasNamedComesBackAlsoWhenTheSweepIsCancelled() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let child = builder.image(config, [], in: "a")
        let (path, isPushed) = (store.path, Once())
        let link = builder.full(RegistryLayout.revision(child.key, of: Self.name))
        // The moment in which the child's link is gone: an index of it is pushed, and the run is stopped.
        let calls = SystemCalls { _ in
            guard !FileManager.default.fileExists(atPath: link), isPushed.take() else { return nil }
            let pusher = StoreBuilder(path: path)
            pusher.tag("v1", pusher.index([child], in: "a").key, in: "a")
            withUnsafeCurrentTask { $0?.cancel() }
            return nil
        }
        var policy = CollectionTests.untagged
        policy.jobs = 1
        let plan = try await StorageCollector(root: StorageRoot(path: path, calls: calls), policy: policy).plan()
        let report = try await Task {
            var options = SweepOptions(process: 1)
            options.settle = 0
            return try await Sweeper(plan, options: options).execute()
        }.value
        #expect(report.isInterrupted)
        #expect(report.failures == [])
        #expect(report.restored == [RegistryLayout.revision(child.key, of: Self.name)])
        #expect(try await store.check().broken == [])
    }

    @Test(arguments: ["_manifests", "_layers"]) func aPushIntoARepositoryThatGoesHasAllThatItNames(gone: String) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        let (path, isPushed) = (store.path, Once())
        let directory = builder.full(RegistryLayout.repository(Self.name).appending(EntryName(gone)))
        // The moment in which a part of the repository is gone: a push ends that had found the layers.
        let calls = SystemCalls { _ in
            guard !FileManager.default.fileExists(atPath: directory), isPushed.take() else { return nil }
            let pusher = StoreBuilder(path: path)
            pusher.linkRevision(image.key, in: "a")
            pusher.tag("v2", image.key, in: "a")
            return nil
        }
        let report = try await store.collect(DeletionTests.policy(repositories: ["a"]), calls: calls)
        #expect(!isPushed.take())
        #expect(report.failures == [])
        #expect(try await store.check().broken == [])
        let tags = RegistryLayout.tags(of: Self.name)
        #expect(try FileManager.default.contentsOfDirectory(atPath: builder.full(tags)) == ["v2"])
    }

    /// What is pushed into a repository that is to go as a whole.
    enum Arrival: CaseIterable {
        case newTag, movedTag, manifestByDigest
    }

    @Test(arguments: Arrival.allCases, [false, true])
    func aRepositoryIntoWhichSomethingWasPushedSinceThePlanStays(arrival: Arrival, duringTheRename: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [], in: "kept").key, in: "kept")
        let image = builder.image(config, [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        let other = builder.image(config, [layer, layer], in: "a")
        builder.tag("v2", other.key, in: "a")
        // The clock of the file system may stand still between the plan and the push.
        builder.setModified(RegistryLayout.tagLink(EntryName("v1"), of: Self.name), 1_000_000_000)
        let path = store.path
        let push = { @Sendable in
            let pusher = StoreBuilder(path: path)
            switch arrival {
            case .newTag: pusher.tag("v3", image.key, in: "a")
            case .movedTag: pusher.tag("v1", other.key, in: "a")
            case .manifestByDigest: pusher.image(config, [layer, config], in: "a")
            }
        }
        let isPushed = Once()
        let calls = SystemCalls { call in
            // Everything was looked at again, and the directory goes with the next call.
            if duringTheRename, call == .rename, isPushed.take() { push() }
            return nil
        }
        let root = try StorageRoot(path: path, calls: calls)
        let plan = try await StorageCollector(root: root, policy: DeletionTests.policy(repositories: ["a"])).plan()
        if !duringTheRename { push() }
        let before = store.files()
        var options = SweepOptions(process: 1)
        options.settle = 0
        let report = try await Sweeper(plan, options: options).execute()
        #expect(report.failures == [])
        #expect(report.postponed == ["the repository 'a' stays: a tag or a manifest was pushed into it since it was looked at"])
        #expect(report.removed == [:])
        #expect(store.files().isSuperset(of: before))
        #expect(try await store.check().broken == [])
        // The next run knows what was pushed, and takes it.
        try await store.collect(DeletionTests.policy(repositories: ["a"]))
        #expect(store.files().filter { $0.hasPrefix("repositories/a/") } == [])
        #expect(try await store.check().broken == [])
    }
}
