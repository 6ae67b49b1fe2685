import HookKit
import HookTesting
import RegistryStorage
import StorageFixtures
import Synchronization
import Testing

/// Who uses the bytes of a store by the plan of a dry run.
@Suite struct PlannedUseTests {
    private func total(_ use: RegistryStoreReport.Use) throws -> Int64 {
        let others = try #require(use.reclaimable)
        return use.repositories.reduce(others.shared.bytes + others.unreferenced.bytes + others.uploads.bytes) { $0 + $1.reclaimable.bytes }
    }

    /// The use that a check after the run would find, if the plan is right.
    private func expected(_ use: RegistryStoreReport.Use) -> RegistryStoreReport.Use {
        .init(
            repositories: use.repositories.filter { $0.bytes > .zero }.map { .init(name: $0.name, bytes: $0.bytes) },
            shared: use.shared,
            unreferenced: use.unreferenced,
            largestTags: use.largestTags
        )
    }

    @Test func whatStaysAndWhatGoesIsCountedWhereItIsUsed() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("{}".utf8))
        let layers = (1...6).map { builder.blob([UInt8](repeating: UInt8($0), count: 1000 * $0)) }
        let kept = builder.image(config, [layers[0], layers[1]], in: "a")
        builder.tag("v1", kept.key, in: "a")
        let former = builder.image(config, [layers[0], layers[2]], in: "a")
        let other = builder.image(config, [layers[1]], in: "b")
        builder.tag("v1", other.key, in: "b")
        // Two repositories lose the same manifest.
        let lost = builder.image(config, [layers[3]], in: "a")
        builder.linkRevision(lost.key, in: "b")
        builder.linkLayer(layers[3].key, in: "b")
        builder.upload("3f2c", startedAt: "2020-01-01T00:00:00Z", bytes: [UInt8](repeating: 7, count: 77), in: "b")
        let young = builder.blob([UInt8](repeating: 8, count: 88))
        builder.setModified(RegistryLayout.blob(young.key), TemporaryStore.tomorrow)
        // What somebody linked a moment ago stays, and its manifest goes.
        let touched = builder.image(config, [layers[5]], in: "c")
        builder.setModified(RegistryLayout.blob(layers[5].key), TemporaryStore.tomorrow)

        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.uploadsOlderThan = .seconds(3600)
        request.measuresUse = true
        let before = store.files()
        let report = try await store.service().collect(request, isDryRun: true)
        let use = try #require(report.use)
        #expect(store.files() == before)
        #expect(
            use.repositories.map { "\($0.name) \($0.bytes.bytes) \($0.reclaimable.bytes)" } == [
                "a \(1000 + kept.size) \(3000 + former.size)", "b \(other.size) 0", "c 0 \(touched.size)",
            ]
        )
        #expect(use.shared.bytes == 2002)
        #expect(use.unreferenced.bytes == 6088)
        #expect(
            use.reclaimable == .init(shared: ByteSize(bytes: 4000 + Int64(lost.size)), unreferenced: ByteSize(bytes: 5000), uploads: "77B")
        )
        #expect(
            use.largestTags.map { "\($0.repository):\($0.name) \($0.bytes.bytes)" }
                == ["a:v1 \(3002 + kept.size)", "b:v1 \(2002 + other.size)"]
        )
        #expect(try total(use) == report.reclaimed.bytes)
        let real = try await store.service().collect(request, isDryRun: false)
        #expect(real.reclaimed == report.reclaimed)
        #expect(real.use == expected(use))
    }

    @Test(arguments: ["garbage", "untagged", "chosen", "named"])
    func aRunLeavesWhatItsDryRunSaid(_ kind: String) async throws {
        var reclaimed: Int64 = 0
        for seed in TestSeed.first..<TestSeed.first + 150 {
            let store = TemporaryStore()
            RandomStore(store.builder, seed: seed)
            if seed % 3 == 0 {
                let young = store.builder.blob(Array("young \(seed)".utf8))
                store.builder.setModified(RegistryLayout.blob(young.key), TemporaryStore.tomorrow)
            }
            let names = ["a", "a/b:v1", "team/*:*", "z"].compactMap { ReferencePattern($0) }.map { RegistryCollection.NamedPattern($0) }
            let chosen = kind == "chosen" ? ["a/*", "z"].compactMap { ReferencePattern($0) } : []
            var request = RegistryCollection(root: store.path, target: kind == "named" ? .named(names) : .garbage(repositories: chosen))
            request.deletesUntagged = kind == "untagged" || kind == "chosen"
            request.deletesEmptyRepositories = seed % 2 == 0
            request.jobs = Int(seed % 3) + 1
            request.measuresUse = true
            let dry = try await store.service().collect(request, isDryRun: true)
            let use = try #require(dry.use)
            let real = try await store.service().collect(request, isDryRun: false)
            #expect(real.use == expected(use), "seed \(seed)")
            #expect(try total(use) == real.reclaimed.bytes, "seed \(seed)")
            #expect(dry.reclaimed == real.reclaimed, "seed \(seed)")
            reclaimed += real.reclaimed.bytes
        }
        #expect(reclaimed > 1000, "there is something to compare")
    }

    @Test func largestTagsAreThoseOfTheCheckWhereManyAreOfASize() async throws {
        let store = TemporaryStore()
        let config = store.builder.blob(Array("{}".utf8))
        for repository in 0..<9 {
            for tag in 0..<9 {
                let layer = store.builder.blob([UInt8](repeating: UInt8(repository), count: repository < 4 ? 3000 : 100 + tag % 2))
                let image = store.builder.image(config, [layer], in: "r\(8 - repository)")
                store.builder.tag("v\(tag)", image.key, in: "r\(8 - repository)")
            }
        }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.measuresUse = true
        let use = try await store.service().collect(request, isDryRun: true).use
        let check = try await store.service().check(RegistryCheck(root: store.path), isDryRun: true).use
        #expect(use?.largestTags.count == 20)
        #expect(use?.largestTags == check?.largestTags)
    }

    /// How often each system call is made.
    private final class Counter: Sendable {
        let counts = Mutex<[SystemCalls.Call: Int]>([:])
        var calls: SystemCalls {
            SystemCalls { call in
                self.counts.withLock { $0[call, default: 0] += 1 }
                return nil
            }
        }
    }

    @Test func whatStaysIsAskedForItsSizeOnceAndOnlyWhereThatIsWanted() async throws {
        let store = TemporaryStore()
        let config = store.builder.blob(Array("{}".utf8))
        for number in 0..<40 {
            let layers = (0..<5).map { store.builder.blob(Array("layer \($0) of \(number)".utf8)) }
            let image = store.builder.image(config, layers, in: "r\(number % 8)")
            store.builder.tag("v\(number)", image.key, in: "r\(number % 8)")
        }
        var counts: [[SystemCalls.Call: Int]] = []
        for measures in [false, true] {
            let counter = Counter()
            var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
            request.jobs = 1
            request.measuresUse = measures
            _ = try await store.service(calls: counter.calls).collect(request, isDryRun: true)
            counts.append(counter.counts.withLock { $0 })
        }
        // 40 images of five layers each, one config for all, and 40 manifests.
        #expect(counts[1][.status, default: 0] - counts[0][.status, default: 0] == 241)
        // The tags of repositories that may have one of the largest are read again, and nothing else is: no manifest, no directory of blobs.
        #expect(counts[1][.list, default: 0] - counts[0][.list, default: 0] <= 2 * 8)
        #expect(counts[1][.read, default: 0] - counts[0][.read, default: 0] <= 40)
    }
}
