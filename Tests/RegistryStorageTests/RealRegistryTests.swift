import Foundation
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

    private func collect(_ store: TemporaryStore, _ registry: RealRegistry?, minimumAge: Int64 = 0) async throws -> SweepReport {
        let root = try StorageRoot(path: store.path)
        let lock = try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        var policy = TemporaryStore.policy {
            $0.untagged = .removed(keepLast: 0, olderThan: 0)
            $0.minimumAge = minimumAge
        }
        policy.now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        let plan = try await StorageCollector(root: root, policy: policy).plan()
        var options = SweepOptions(process: 1)
        options.registry = registry
        options.pushes = registry == nil ? .impossible : .possible(settle: 200_000_000)
        return try await Sweeper(plan, options: options).execute()
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
        defer { registry.stop() }
        #expect(registry.push(layout, "first", to: "team/app:v1"))
        #expect(registry.push(layout, "second", to: "team/app:v1"))
        let report = try await collect(store, registry)
        #expect(report.failures == [])
        #expect(report.removed[.revision] == 1)
        if inMemoryCache, !deletes {
            #expect(report.removed[.layerLink] == nil && report.removed[.blob] == nil)
        } else {
            #expect(report.removed[.layerLink] == 2)
            #expect(report.removed[.blob] == (inMemoryCache ? 2 : 3))
        }
        #expect(registry.pull("team/app:v1", to: layout + "/pulled"))
        #expect(registry.push(layout, "first", to: "team/app:v2"))
        #expect(registry.pull("team/app:v2", to: layout + "/pulled"))
        registry.stop()
        try await registry.start()
        #expect(registry.pull("team/app:v1", to: layout + "/pulled"))
        #expect(registry.pull("team/app:v2", to: layout + "/pulled"))
        #expect(try await store.check().broken == [])
    }

    @Test(arguments: [false, true])
    func everyPushThatSucceedsWhileCollectionsRunCanBePulled(inMemoryCache: Bool) async throws {
        let store = TemporaryStore()
        let registry = try RealRegistry(store: store.path, inMemoryCache: inMemoryCache)
        let layout = store.path + ".oci"
        defer { try? FileManager.default.removeItem(atPath: layout) }
        var images = OCILayout(path: layout)
        for number in 0..<6 { images.image("i\(number)", layers: [Self.bytes("shared"), Self.bytes("own \(number)")]) }
        try await registry.start()
        defer { registry.stop() }
        let (isFinished, collections, removals) = (Flag(), Counter(), Counter())
        var removed = 0
        let pusher = Task.detached { () -> (pushes: Int, refused: Int, delayed: Int, lost: [String]) in
            var (pushes, refused, delayed, lost) = (0, 0, 0, [String]())
            // On a busy machine few collections end in the time of forty pushes: the pushes go on until some collection took something.
            for round in 0..<400 where round < 40 || removals.count == 0 {
                let tag = "i\(round % 6)"
                guard registry.push(layout, tag, to: "team/app:latest") else {
                    refused += 1
                    continue
                }
                pushes += 1
                if registry.pull("team/app:latest", to: layout + "/pulled") { continue }
                // A collection that is under way gives back what the push has named before it ends.
                delayed += 1
                let running = collections.count
                while collections.count < running + 2 { await Task.yield() }
                if !registry.pull("team/app:latest", to: layout + "/pulled") { lost.append("round \(round)") }
            }
            isFinished.set()
            return (pushes, refused, delayed, lost)
        }
        while !isFinished.isSet {
            let report = try await collect(store, registry, minimumAge: 1_000_000_000)
            #expect(report.failures == [])
            removed += report.removed[.blob, default: 0]
            if removed > 0 { removals.increment() }
            collections.increment()
        }
        let result = await pusher.value
        print(
            "cache \(inMemoryCache): \(collections.count) collections removed \(removed) blobs; \(result.pushes) pushes, \(result.refused) refused, "
                + "\(result.delayed) served late, \(result.lost.count) lost"
        )
        #expect(removed > 0)
        #expect(result.lost == [])
        #expect(result.pushes > 0)
        registry.stop()
        try await registry.start()
        #expect(registry.pull("team/app:latest", to: layout + "/pulled"))
        #expect(try await store.check().broken == [])
    }
}
