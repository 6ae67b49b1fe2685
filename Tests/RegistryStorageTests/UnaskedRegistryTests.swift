import Foundation
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Synchronization
import Testing

/// An address was given at which nobody can be asked: a registry with a cache may run, and goes on believing in what it had.
@Suite struct UnaskedRegistryTests {
    /// What answers at the address.
    enum Answer: CaseIterable {
        case nothingThatCanBeUsed, credentialsAreAskedFor, anotherRegistry
    }

    private struct NoRegistry: Error, CustomStringConvertible {
        let description = "it has no port"
    }

    private struct OtherRegistry: RunningRegistry {
        let answer: RunningRegistryState
        func state() async -> RunningRegistryState { answer }
        func tags(of repository: String) async -> [String]? { answer == .writable ? [] : nil }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { answer == .writable ? false : nil }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome { .unknown }
    }

    @Test(arguments: Answer.allCases) func whatARegistryMayRememberStaysWhereItCannotBeAsked(answer: Answer) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let former = builder.image(config, [layer], in: "a")
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let service = LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow) },
            wait: { _ in },
            connect: { _ in
                switch answer {
                case .nothingThatCanBeUsed: throw NoRegistry()
                case .credentialsAreAskedFor: OtherRegistry(answer: .unclear("it answered 401"))
                case .anotherRegistry: OtherRegistry(answer: .writable)
                }
            }
        )
        let report = try await service.collect(request, isDryRun: false)
        let base = "\(store.path)/docker/registry/v2"
        let start =
            switch answer {
            case .nothingThatCanBeUsed: "'http://registry' cannot be used (it has no port)"
            case .credentialsAreAskedFor: "'http://registry' does not show what is in '\(base)' (it answered 401)"
            case .anotherRegistry: "'http://registry' does not show what is in '\(base)'"
            }
        #expect(
            report.protection
                == "\(start), so that what a registry remembers cannot be told: layer links and blobs stay until it can be asked, or is stopped; "
                + "what is younger than 1h stays, and links are looked at again before blobs go"
        )
        #expect(
            report.notes == [
                "1 layer link stays: a registry that cannot be asked may remember what they name",
                "2 blobs stay until the registry that serves the directory can be asked, or is stopped",
            ]
        )
        #expect(report.groups.map { $0.counts.map { "\($0.kind) \($0.count)" } } == [["revision 1"]])
        #expect(store.files().isSuperset(of: [config, layer, former].map { RegistryLayout.blob($0.key).description }))
        #expect(report.failures == [] && report.problems == [])
    }

    /// A registry that serves the store, remembers what it was asked for, as 2.8.2 does with its in-memory cache, and deletes when asked: so many
    /// processes behind one address, which answer in turn.
    private final class CachingRegistry: RunningRegistry {
        /// What one process remembers.
        struct Memory: Sendable {
            var links: Set<String> = []
            var blobs: Set<String> = []
        }

        private let store: String
        private let remembers: Bool
        private let state: Mutex<(next: Int, memories: [Memory])>

        init(store: String, processes: Int = 1, remembers: Bool = true) {
            self.store = store
            self.remembers = remembers
            state = Mutex((0, Array(repeating: Memory(), count: processes)))
        }

        private func withMemory<Result: Sendable>(_ body: (inout Memory) -> Result) -> Result {
            state.withLock { state in
                state.next = (state.next + 1) % state.memories.count
                defer { if !remembers { state.memories[state.next] = Memory() } }
                return body(&state.memories[state.next])
            }
        }

        private func link(_ digest: Digest, _ repository: String) -> String {
            "\(store)/docker/registry/v2/repositories/\(repository)/_layers/sha256/\(digest.description.dropFirst(7))/link"
        }

        /// As who pulls a manifest makes one process remember its blob, which has no link as a layer.
        func pull(_ manifest: BlobKey) { withMemory { _ = $0.blobs.insert(RegistryLayout.blob(manifest).description) } }

        func state() async -> RunningRegistryState { .writable }
        func tags(of repository: String) async -> [String]? {
            try? FileManager.default.contentsOfDirectory(atPath: "\(store)/docker/registry/v2/repositories/\(repository)/_manifests/tags")
        }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? {
            guard let key = BlobKey(digest) else { return nil }
            let (link, blob) = (link(digest, repository), RegistryLayout.blob(key).description)
            return withMemory { memory in
                if memory.links.contains(link) { return true }
                guard FileManager.default.fileExists(atPath: link) else { return false }
                guard memory.blobs.contains(blob) || FileManager.default.fileExists(atPath: "\(store)/docker/registry/v2/\(blob)") else {
                    return false
                }
                memory.links.insert(link)
                memory.blobs.insert(blob)
                return true
            }
        }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome {
            let link = link(digest, repository)
            return withMemory { memory in
                memory.links.remove(link)
                do {
                    try FileManager.default.removeItem(atPath: link)
                    return .unlinked
                } catch {
                    return .unknown
                }
            }
        }
    }

    @Test(arguments: [2, 3]) func whatAnotherProcessAtTheAddressRemembersStays(processes: Int) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let layers = (0..<5).map { builder.blob(Array("layer \($0)".utf8)) }
        let former = builder.image(config, layers, in: "a")
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let registry = CachingRegistry(store: store.path, processes: processes)
        let report = try await store.service(registry: registry).collect(request, isDryRun: false)
        #expect(
            report.notes == [
                "5 layer links stay: one of several processes at the registry's address remembers what another dropped",
                "6 blobs stay until the registry is stopped, or keeps no blobs in memory: one of several processes at its address remembers what "
                    + "another dropped",
            ]
        )
        #expect(report.groups.map { $0.counts.map { "\($0.kind) \($0.count)" } } == [["revision 1"]])
        #expect(store.files().isSuperset(of: layers.map { RegistryLayout.layer($0.key, of: EntryName("a")).description }))
        #expect(store.files().isSuperset(of: (layers + [former]).map { RegistryLayout.blob($0.key).description }))
        #expect(report.failures == [] && report.problems == [])
    }

    /// A registry that serves the store, and of which nobody may want a change.
    private struct ReadRegistry: RunningRegistry {
        let store: String
        func state() async -> RunningRegistryState { .writable }
        func tags(of repository: String) async -> [String]? { await CachingRegistry(store: store).tags(of: repository) }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { true }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome {
            Issue.record("a dry run asked to delete '\(repository)@\(digest)'")
            return .unknown
        }
    }

    @Test func aDryRunAsksForNoDeletionAndSaysUnderWhichConditionSomethingStays() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        builder.image(config, [builder.blob(Array("layer".utf8))], in: "a")
        builder.linkLayer(builder.blob(Array("shared".utf8)).key, in: "a")
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let before = store.files()
        let report = try await store.service(registry: ReadRegistry(store: store.path)).collect(request, isDryRun: true)
        #expect(
            report.notes == [
                "2 layer links and 3 blobs would stay where the registry keeps blobs in memory and does not allow deletes, or is several processes at "
                    + "one address; where it allows them, "
                    + "manifests' own blobs that it remembers would stay until it is restarted: a dry run does not try that out"
            ]
        )
        #expect(store.files() == before)
    }

    /// A registry that serves the store, and to which a push comes between the first list of the disk and its own.
    private struct PushedRegistry: RunningRegistry {
        let registry: ReadRegistry
        let pushed: BlobKey
        let once: Once
        func state() async -> RunningRegistryState { .writable }
        func tags(of repository: String) async -> [String]? {
            if once.take() { StoreBuilder(path: registry.store).tag("v2", pushed, in: repository) }
            return await registry.tags(of: repository)
        }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { true }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome {
            await registry.unlinkBlob(digest, in: repository)
        }
    }

    @Test(arguments: [true, false]) func aDryRunShowsWhatGoesWhereTheTagsDoNotTellWhoServesTheStore(hasTag: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = hasTag ? builder.image(config, [], in: "a") : nil
        if let image { builder.tag("v1", image.key, in: "a") }
        builder.image(config, [builder.blob(Array("layer".utf8))], in: "a")
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let read = ReadRegistry(store: store.path)
        let registry: any RunningRegistry = image.map { PushedRegistry(registry: read, pushed: $0.key, once: Once()) } ?? read
        let report = try await store.service(registry: registry).collect(request, isDryRun: true)
        let counts = report.groups.flatMap(\.counts)
        #expect(counts.contains { $0.kind == "blob" && $0.count == (hasTag ? 2 : 3) }, "\(counts)")
        #expect(counts.contains { $0.kind == "layer-link" }, "\(counts)")
        let doubt = "only a run finds out, since no repository has a tag to compare: where it does not, layer links and blobs stay"
        #expect(report.protection?.hasSuffix(doubt) == !hasTag)
    }

    @Test func manifestsThatStayBecauseOfACacheAreCountedInOneSentence() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let former = (0..<3).map { builder.image(config, [builder.blob(Array("layer \($0)".utf8))], in: "a") }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let registry = CachingRegistry(store: store.path)
        for manifest in former { registry.pull(manifest.key) }
        let report = try await store.service(registry: registry).collect(request, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        let note =
            "3 manifests' own blobs stay until the registry is stopped or restarted: it remembers them, and would not write them again"
        #expect(report.notes == [note])
        #expect(report.groups.flatMap(\.counts).map { "\($0.kind) \($0.count)" } == ["revision 3", "layer-link 3", "blob 3"])
        let manifests = former.map { RegistryLayout.blob($0.key).description }
        #expect(store.files().isSuperset(of: manifests))
        // It says the same as long as it runs, and what was asked of it leaves nothing that a later run would call a run.
        let second = try await store.service(registry: registry).collect(request, isDryRun: false)
        #expect(second.notes == [note] && second.groups == [] && second.failures == [])
        #expect(store.files().isSuperset(of: manifests))
        #expect(try Trash(root: StorageRoot(path: store.path)).runs().map(\.name.description) == [report.trash])
        // Once it was restarted they go.
        let third = try await store.service(registry: CachingRegistry(store: store.path)).collect(request, isDryRun: false)
        #expect(third.notes == [] && third.failures == [] && third.problems == [])
        #expect(third.groups.flatMap(\.counts).map { "\($0.kind) \($0.count)" } == ["blob 3"])
        #expect(store.files().isDisjoint(with: manifests))
        let last = try await store.service(registry: CachingRegistry(store: store.path), after: 3601).collect(request, isDryRun: false)
        #expect(last.failures == [])
        #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [])
        #expect(store.files().allSatisfy { !$0.contains("hook-") })
    }

    /// How the registry answers in whose repository nothing but manifests may go.
    enum Processes: CaseIterable {
        case withoutMemory, one, several
    }

    @Test(arguments: Processes.allCases) func whereNoLayerLinkGoesHookFindsOutByABlobOfItsOwn(processes: Processes) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [layer], in: "a").key, in: "a")
        // It has nothing of its own but the manifest, and so have those of the other repository.
        let former = builder.image(config, [], in: "a")
        builder.tag("v1", builder.image(config, [layer], in: "b").key, in: "b")
        let others = (0..<3).map { builder.image(config, Array(repeating: layer, count: $0 + 2), in: "b") }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let registry = CachingRegistry(store: store.path, processes: processes == .several ? 2 : 1, remembers: processes != .withoutMemory)
        registry.pull(former.key)
        let report = try await store.service(registry: registry).collect(request, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        let files = store.files()
        switch processes {
        case .withoutMemory:
            #expect(report.notes == [])
            #expect(files.isDisjoint(with: ([former] + others).map { RegistryLayout.blob($0.key).description }))
        case .one:
            #expect(
                report.notes == [
                    "1 manifest's own blob stays until the registry is stopped or restarted: it remembers it, and would not write it again"
                ]
            )
            #expect(files.contains(RegistryLayout.blob(former.key).description))
            #expect(files.isDisjoint(with: others.map { RegistryLayout.blob($0.key).description }))
        case .several:
            #expect(
                report.notes == ["4 manifests' own blobs stay until the registry is stopped: whether it remembers them cannot be told"]
            )
            #expect(files.isSuperset(of: ([former] + others).map { RegistryLayout.blob($0.key).description }))
        }
        #expect(files.allSatisfy { !$0.contains("hook-") })
    }

    /// A store with manifests that go, of which the registry remembers one.
    private func makeRemembered() -> (store: TemporaryStore, registry: CachingRegistry) {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let former = (0..<2).map { builder.image(config, [builder.blob(Array("layer \($0)".utf8))], in: "a") }
        let registry = CachingRegistry(store: store.path)
        registry.pull(former[0].key)
        return (store, registry)
    }

    @Test func aFailureOfAnySystemCallWhileARegistryIsAskedBreaksNothing() async throws {
        func collect(_ store: TemporaryStore, _ registry: CachingRegistry, _ calls: SystemCalls) async throws -> RegistryStoreReport {
            var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
            request.deletesUntagged = true
            request.registry = "http://registry"
            request.jobs = 1
            return try await store.service(calls: calls, registry: registry).collect(request, isDryRun: false)
        }
        let counting = Fault(failing: 0, error: .inputOutput)
        let reference = makeRemembered()
        let first = try await collect(reference.store, reference.registry, counting.calls)
        #expect(first.failures == [] && first.notes.contains { $0.hasPrefix("1 manifest's own blob stays until") })
        #expect(try await collect(reference.store, CachingRegistry(store: reference.store.path), SystemCalls()).failures == [])
        let expected = reference.store.files()
        #expect(counting.total > 200)
        for failing in 1...counting.total {
            let error = [Errno(EIO), Errno(ENOSPC), Errno(EACCES), Errno(EINTR)][failing % 4]
            let (store, registry) = makeRemembered()
            // A failure may end the run with an error; what counts is what it leaves.
            _ = try? await collect(store, registry, Fault(failing: failing, error: error).calls)
            #expect(try await store.check().broken == [], "call \(failing) \(error)")
            // The registry was restarted.
            let second = try await collect(store, CachingRegistry(store: store.path), SystemCalls())
            #expect(second.failures == [] && second.problems == [], "call \(failing) \(error)")
            #expect(store.files() == expected, "call \(failing) \(error)")
        }
    }

    @Test func whatWasPutBesideByARunThatWasKilledComesBack() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        let path = builder.full(RegistryLayout.blob(image.key))
        builder.write(EntryName("_hook/asked/\(image.key.hex)"), Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        builder.remove(RegistryLayout.blob(image.key))
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        #expect(try await store.check().problems == [])
    }

    @Test func whatIsSparedIsNamedToASize() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let path = store.path
        let layers = (0..<60).map { builder.blob(Array("layer \($0)".utf8)) }
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let isPushed = Once()
        let calls = SystemCalls { call in
            // The first thing that is made is the trash: the plan is made by then.
            guard call == .makeDirectory, FileManager.default.fileExists(atPath: path + "/docker/registry/v2/_hook/lock"), isPushed.take()
            else { return nil }
            let pusher = StoreBuilder(path: path)
            for layer in layers { pusher.linkLayer(layer.key, in: "b") }
            return nil
        }
        let request = RegistryCollection(root: path, target: .garbage(repositories: []))
        let report = try await store.service(calls: calls).collect(request, isDryRun: false)
        #expect(report.failures == [])
        for layer in layers { #expect(store.files().contains(RegistryLayout.blob(layer.key).description)) }
        #expect(report.notes.count < 110, "\(report.notes.count)")
        #expect(report.notes.contains { $0.hasPrefix("10 more: ") })
        #expect(report.trash == nil)
    }
}
