import Foundation
import HookKit
import HookTesting
import OCI
import RegistryStorage
import StorageFixtures
import Synchronization
import Testing

/// Something that happens once.
final class Flag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}

/// A number that only grows.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)
    var count: Int { number.load(ordering: .acquiring) }
    func increment() { number.add(1, ordering: .releasing) }
}

@Suite(.enabled(if: RealRegistry.isThere), .serialized) struct RealRegistryTests {
    static func bytes(_ text: String) -> [UInt8] { Array((text + String(repeating: "\n", count: 600)).utf8) }

    private func collect(_ store: TemporaryStore, _ registry: (any RunningRegistry)?, trash: Int64 = 0) async throws -> SweepReport {
        var policy = TemporaryStore.policy {
            $0.untagged = .removed(keepLast: 0, olderThan: 0)
            $0.minimumAge = 0
            $0.jobs = 4
        }
        policy.now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        return try await store.collect(policy, trash: trash) { options in
            guard let registry else { return }
            (options.server, options.settle) = (.running(registry), 200_000_000)
        }
    }

    @Test(arguments: [false, true], [false, true])
    func whatIsPushedAgainAfterACollectionCanBePulled(inMemoryCache: Bool, deletes: Bool) async throws {
        let store = TemporaryStore()
        let registry = try RealRegistry(store: store.path, inMemoryCache: inMemoryCache, deletes: deletes)
        let layout = store.path + ".oci"
        defer { try? FileManager.default.removeItem(atPath: layout) }
        var images = OCILayout(path: layout)
        images.image("first", layers: [Self.bytes("shared"), Self.bytes("first")])
        images.image("second", layers: [Self.bytes("shared"), Self.bytes("second")])
        try await registry.start()
        defer { registry.kill() }
        #expect(try await registry.push(layout, "first", to: "team/app:v1"))
        // Who pulls an image makes the registry remember its manifest.
        #expect(try await registry.pull("team/app:v1", to: layout + "/pulled"))
        #expect(try await registry.push(layout, "second", to: "team/app:v1"))
        let before = store.files().filter { $0.hasPrefix("blobs/") }
        let report = try await collect(store, registry)
        #expect(report.failures == [])
        #expect(report.removed[.revision] == 1)
        if inMemoryCache, !deletes {
            #expect(report.removed[.layerLink] == nil && report.removed[.blob] == nil)
        } else {
            #expect(report.removed[.layerLink] == 2)
            #expect(report.removed[.blob] == (inMemoryCache ? 2 : 3))
            #expect(report.restored == [])
            let after = store.files().filter { $0.hasPrefix("blobs/") }
            #expect(before.subtracting(after).count == report.removed[.blob])
        }
        #expect(try await registry.pull("team/app:v1", to: layout + "/pulled"))
        #expect(try await registry.push(layout, "first", to: "team/app:v2"))
        #expect(try await registry.pull("team/app:v2", to: layout + "/pulled"))
        try await registry.stop()
        try await registry.start()
        #expect(try await registry.pull("team/app:v1", to: layout + "/pulled"))
        #expect(try await registry.pull("team/app:v2", to: layout + "/pulled"))
        #expect(try await store.check().broken == [])
    }

    /// The blob of the manifest that a tag names.
    private func manifest(of tag: String, in repository: String, _ store: TemporaryStore) throws -> String {
        let link = store.builder.full(RegistryLayout.tagLink(EntryName(tag), of: EntryName(repository)))
        let text = try String(contentsOfFile: link, encoding: .utf8)
        let key = try #require(Digest(text).flatMap { BlobKey($0) }, "\(text)")
        return RegistryLayout.blob(key).description
    }

    @Test func aManifestThatTheRegistryRemembersGoesAfterARestart() async throws {
        let store = TemporaryStore()
        let registry = try RealRegistry(store: store.path, inMemoryCache: true)
        let layout = store.path + ".oci"
        defer { try? FileManager.default.removeItem(atPath: layout) }
        var images = OCILayout(path: layout)
        for name in ["pulled", "pushed", "last"] { images.image(name, layers: [Self.bytes("shared"), Self.bytes(name)]) }
        try await registry.start()
        defer { registry.kill() }
        for repository in ["team/app", "team/other"] { #expect(try await registry.push(layout, "pulled", to: "\(repository):v1")) }
        let pulled = try manifest(of: "v1", in: "team/app", store)
        #expect(try await registry.pull("team/other:v1", to: layout + "/directory"))
        // What is pushed once and not pulled is not remembered.
        #expect(try await registry.push(layout, "pushed", to: "team/other:v1"))
        let pushed = try manifest(of: "v1", in: "team/other", store)
        for repository in ["team/app", "team/other"] { #expect(try await registry.push(layout, "last", to: "\(repository):v1")) }
        let report = try await collect(store, registry)
        #expect(report.failures == [] && report.removed[.revision] == 3)
        let note = "1 manifest's own blob stays until the registry is stopped or restarted: it remembers it, and would not write it again"
        #expect(report.postponed == [note])
        #expect(store.files().contains(pulled) && !store.files().contains(pushed))
        // However often it is asked, as long as the registry runs.
        #expect(try await collect(store, registry).postponed == [note])
        #expect(try await registry.push(layout, "pushed", to: "team/app:new"))
        #expect(try await registry.pull("team/app:new", to: layout + "/directory"))
        #expect(store.files().contains(pulled) && store.files().contains(pushed))
        try await registry.stop()
        try await registry.start()
        let second = try await collect(store, registry)
        #expect(second.failures == [] && second.postponed == [])
        #expect(second.removed == [.blob: 1])
        #expect(!store.files().contains(pulled))
        for repository in ["team/app", "team/other"] {
            #expect(try await registry.push(layout, "pulled", to: "\(repository):again"))
            #expect(try await registry.pull("\(repository):again", to: layout + "/directory"))
            #expect(try await registry.pull("\(repository):v1", to: layout + "/directory"))
        }
        #expect(store.files().contains(pulled))
        #expect(store.files().allSatisfy { !$0.contains("/hook-") })
        #expect(try await store.check().broken == [])
    }

    /// Two processes behind one address that answer in turn, as behind a balancer.
    private struct Balanced: RunningRegistry {
        let processes: [RealRegistry]
        let turn = Counter()

        private var next: RealRegistry {
            turn.increment()
            return processes[turn.count % processes.count]
        }

        func state() async -> RunningRegistryState { await next.state() }
        func tags(of repository: String) async -> [String]? { await next.tags(of: repository) }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { await next.hasBlob(digest, in: repository) }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome {
            await next.unlinkBlob(digest, in: repository)
        }
    }

    @Test(arguments: [false, true]) func whatIsPushedAgainCanBePulledWhereTwoProcessesServeTheStore(inMemoryCache: Bool) async throws {
        let store = TemporaryStore()
        let processes = try (0..<2).map { _ in try RealRegistry(store: store.path, inMemoryCache: inMemoryCache) }
        defer { for process in processes { process.kill() } }
        let layout = store.path + ".oci"
        defer { try? FileManager.default.removeItem(atPath: layout) }
        var images = OCILayout(path: layout)
        images.image("first", layers: [Self.bytes("shared"), Self.bytes("first")])
        images.image("second", layers: [Self.bytes("shared"), Self.bytes("second")])
        for process in processes { try await process.start() }
        #expect(try await processes[0].push(layout, "first", to: "team/app:v1"))
        #expect(try await processes[1].pull("team/app:v1", to: layout + "/pulled"))
        #expect(try await processes[0].push(layout, "second", to: "team/app:v1"))
        let report = try await collect(store, Balanced(processes: processes))
        #expect(report.failures == [] && report.removed[.revision] == 1)
        #expect(report.removed[.layerLink] == (inMemoryCache ? nil : 2))
        #expect(report.removed[.blob] == (inMemoryCache ? nil : 3))
        for (number, process) in processes.enumerated() {
            #expect(try await process.push(layout, "first", to: "team/app:new\(number)"))
            for other in processes { #expect(try await other.pull("team/app:new\(number)", to: layout + "/pulled")) }
        }
        #expect(try await store.check().broken == [])
    }

    @Test(arguments: [false, true]) func aRegistryThatRefusesUploadsIsRecognised(isReadOnly: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Self.bytes("config"))
        let image = builder.image(config, [], in: "team/app")
        builder.tag("v1", image.key, in: "team/app")
        builder.blob(Self.bytes("orphan"))
        let registry = try RealRegistry(store: store.path, inMemoryCache: false, isReadOnly: isReadOnly)
        try await registry.start()
        defer { registry.kill() }
        let service = LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow) },
            connect: { _ in registry }
        )
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.registry = "registry"
        let report = try await service.collect(request, isDryRun: false)
        #expect(
            report.protection
                == (isReadOnly
                    ? "the registry at 'registry' refuses uploads, so that it is taken to be read-only: what is younger than 1h stays, and links are "
                        + "looked at again before blobs go; where it takes pushes at another address, give that, or restart it afterwards"
                    : "the registry at 'registry' takes pushes: what is younger than 1h stays, and links are looked at again before blobs go, and "
                        + "what a push names meanwhile is brought back")
        )
        #expect(report.failures == [] && report.problems == [])
        #expect(report.groups.map(\.subject) == ["blobs"])
        #expect(store.files().contains(RegistryLayout.blob(image.key).description))
    }

    @Test func whatIsLeftOfACollectionThatWasKilledIsServed() async throws {
        let program = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("registry-bench").path ?? ""
        try #require(FileManager.default.isExecutableFile(atPath: program), "the product registry-bench must be built beside the tests")
        let original = TemporaryStore()
        let layout = original.path + ".oci"
        defer { try? FileManager.default.removeItem(atPath: layout) }
        var images = OCILayout(path: layout)
        for number in 0..<8 { images.image("i\(number)", layers: [Self.bytes("shared"), Self.bytes("own \(number)")]) }
        let writer = try RealRegistry(store: original.path, inMemoryCache: false)
        try await writer.start()
        for number in 0..<8 { #expect(try await writer.push(layout, "i\(number)", to: "team/app\(number % 2):v\(number % 4)")) }
        try await writer.stop()
        // Four tags, each moved once: four images are untagged. The points lie between the first change and the last.
        var generator = SeededGenerator(seed: 11)
        var (killed, pulls) = (0, 0)
        let rounds = ProcessInfo.processInfo.environment["HOOK_TEST_KILLS"].flatMap { Int($0) } ?? 40
        for round in 0..<rounds {
            let store = TemporaryStore()
            try FileManager.default.removeItem(atPath: store.path)
            try FileManager.default.copyItem(atPath: original.path, toPath: store.path)
            let (point, keeps) = (Int.random(in: 1...60, using: &generator), round % 2 == 0)
            let command = [program, "gc", store.path, "--delete-untagged", "--kill-at", "\(point)"]
            if case .signalled = try await runProcess(command + (keeps ? ["--trash"] : [])).status { killed += 1 }
            let registry = try RealRegistry(store: store.path, inMemoryCache: false)
            try await registry.start()
            defer { registry.kill() }
            for repository in ["team/app0", "team/app1"] {
                let tags = try #require(await registry.tags(of: repository))
                #expect(tags.count == 2)
                for tag in tags {
                    #expect(try await registry.pull("\(repository):\(tag)", to: layout + "/pulled"), "round \(round)")
                    pulls += 1
                }
            }
            // For at least as long as the run that was killed keeps what it took.
            let second = try await collect(store, nil, trash: keeps ? 2 * 86_400_000_000_000 : 0)
            #expect(second.failures == [], "round \(round)")
            #expect(try await store.check().problems.filter { $0.kind == .unreferencedBlob } == [], "round \(round)")
            #expect(try await registry.pull("team/app0:v0", to: layout + "/pulled"), "round \(round)")
        }
        print("killed \(killed) of \(rounds) collections of a store that a registry wrote; \(pulls) pulls")
        #expect(killed > rounds / 2)
    }

    @Test(arguments: [false, true])
    func everyPushThatSucceedsWhileCollectionsRunCanBePulled(inMemoryCache: Bool) async throws {
        let store = TemporaryStore()
        let registry = try RealRegistry(store: store.path, inMemoryCache: inMemoryCache)
        let layout = store.path + ".oci"
        defer { try? FileManager.default.removeItem(atPath: layout) }
        var images = OCILayout(path: layout)
        for number in 0..<16 { images.image("i\(number)", layers: [Self.bytes("shared"), Self.bytes("own \(number)")]) }
        try await registry.start()
        defer { registry.kill() }
        let (isFinished, collections, removals) = (Flag(), Counter(), Counter())
        var (removed, freed) = (0, ByteSize.zero)
        let pusher = Task.detached { () async throws -> (pushes: Int, refused: Int, delayed: Int, lost: [String]) in
            defer { isFinished.set() }
            var (pushes, refused, delayed, lost) = (0, 0, 0, [String]())
            var turn = ContinuousClock.now
            // On a busy machine few collections end in the time of these pushes, so they go on until some collection took something.
            for round in 0..<560 where (round < 56 || removals.count == 0) && !Task.isCancelled {
                if round > 0, round % 16 == 0 {
                    // Each manifest gets older than `min-age` before it is pushed again.
                    try await Task.sleep(until: turn + .seconds(3))
                    turn = .now
                }
                let tag = "i\(round % 16)"
                guard try await registry.push(layout, tag, to: "team/app:latest") else {
                    refused += 1
                    continue
                }
                pushes += 1
                if try await registry.pull("team/app:latest", to: layout + "/pulled") { continue }
                // A collection that is under way gives back what the push has named before it ends.
                delayed += 1
                let running = collections.count
                while collections.count < running + 2, !Task.isCancelled { await Task.yield() }
                if try await !registry.pull("team/app:latest", to: layout + "/pulled") { lost.append("round \(round)") }
            }
            return (pushes, refused, delayed, lost)
        }
        defer { pusher.cancel() }
        // As the rule collects: what goes is kept for `min-age`, longer than a push stands still, and goes in a later run.
        let service = LocalRegistryStores(
            process: 1,
            cores: 4,
            now: { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000)) },
            wait: { _ in try await Task.sleep(nanoseconds: 200_000_000) },
            connect: { _ in registry }
        )
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.minimumAge = .seconds(2)
        request.registry = "registry"
        while !isFinished.isSet {
            let report = try await service.collect(request, isDryRun: false)
            #expect(report.failures == [])
            removed += report.groups.flatMap(\.counts).filter { $0.kind == "blob" }.reduce(0) { $0 + $1.count }
            if report.freed > .zero {
                freed += report.freed
                removals.increment()
            }
            collections.increment()
        }
        let result = try await pusher.value
        print(
            "cache \(inMemoryCache): \(collections.count) collections removed \(removed) blobs and freed \(freed); \(result.pushes) pushes, \(result.refused) refused, "
                + "\(result.delayed) served late, \(result.lost.count) lost"
        )
        #expect(removed > 0 && freed > .zero)
        #expect(result.lost == [])
        #expect(result.pushes > 0)
        try await registry.stop()
        try await registry.start()
        #expect(try await registry.pull("team/app:latest", to: layout + "/pulled"))
        #expect(try await store.check().broken == [])
    }
}
