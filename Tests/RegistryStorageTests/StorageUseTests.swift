import Foundation
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// Who uses the bytes of a store, as collections and checks report it.
@Suite struct StorageUseTests {
    private struct NoRegistry: Error {}

    private func service() -> LocalRegistryStores {
        LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow) },
            connect: { _ in throw NoRegistry() }
        )
    }

    /// The bytes of every blob of a store, by the file system.
    private func bytes(_ store: TemporaryStore) throws -> Int64 {
        try store.files().filter { $0.hasPrefix("blobs/") }.reduce(0) { sum, name in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(store.path)/docker/registry/v2/\(name)")
            return sum + (attributes[.size] as? Int64 ?? Int64(attributes[.size] as? Int ?? 0))
        }
    }

    @Test func everyBlobIsCountedOnceWhereItIsUsed() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let shared = builder.blob([UInt8](repeating: 1, count: 5000))
        let config = builder.blob(Array("{}".utf8))
        let first = builder.image(config, [shared, builder.blob([UInt8](repeating: 2, count: 300))], in: "a")
        builder.tag("v1", first.key, in: "a")
        let second = builder.image(config, [shared, builder.blob([UInt8](repeating: 3, count: 70))], in: "a/b")
        builder.tag("v1", second.key, in: "a/b")
        _ = builder.blob([UInt8](repeating: 4, count: 9))
        let check = try await service().check(RegistryCheck(root: store.path), isDryRun: true)
        let use = try #require(check.use)
        #expect(
            use.repositories.map { "\($0.name) \($0.bytes.bytes)" } == ["a \(300 + first.size)", "a/b \(70 + second.size)"]
        )
        #expect(use.shared.bytes == 5002)
        #expect(use.unreferenced.bytes == 9)
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        #expect(try await service().collect(request, isDryRun: true).use == nil)
        let report = try await service().collect(request, isDryRun: false)
        #expect(
            report.use == .init(repositories: use.repositories, shared: use.shared, unreferenced: .zero, largestTags: use.largestTags)
        )
        #expect(
            use.largestTags.map { "\($0.repository):\($0.name) \($0.bytes.bytes)" }
                == ["a:v1 \(5302 + first.size)", "a/b:v1 \(5072 + second.size)"]
        )
        #expect(report.reclaimed.bytes == 9)
    }

    @Test func tagReachesEveryBlobOnceThroughIndexesToo() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("{}".utf8))
        let layers = (0..<3).map { builder.blob([UInt8](repeating: UInt8($0), count: 1000 * ($0 + 1))) }
        // A layer stands twice in one image, and two images of an index share another.
        let first = builder.image(config, [layers[0], layers[1], layers[0]], in: "a")
        let second = builder.image(config, [layers[1], layers[2]], in: "a")
        let index = builder.index([first, second], in: "a")
        let outer = builder.index([index, second], in: "a")
        for (tag, part) in [("one", first), ("two", second), ("both", index), ("outer", outer)] { builder.tag(tag, part.key, in: "a") }
        let use = try #require(try await service().check(RegistryCheck(root: store.path), isDryRun: true).use)
        let both = 2 + 6000 + first.size + second.size + index.size
        #expect(
            use.largestTags.map { "\($0.repository):\($0.name) \($0.bytes.bytes)" }
                == ["a:outer \(both + outer.size)", "a:both \(both)", "a:two \(5002 + second.size)", "a:one \(3002 + first.size)"]
        )
    }

    @Test(arguments: [1, 3]) func largestTagsAreAFewAndTheSameInAnyOrder(jobs: Int) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("{}".utf8))
        var sizes: [(size: Int, name: String)] = []
        for number in 0..<60 {
            // Some are of one size: then the names decide.
            let size = 100 + number * 7 % 13 * 50
            let layer = builder.blob([UInt8](repeating: UInt8(number % 7), count: size))
            let image = builder.image(config, [layer], in: "r\(number % 9)")
            builder.tag("v\(number)", image.key, in: "r\(number % 9)")
            sizes.append((size + 2 + image.size, "r\(number % 9):v\(number)"))
        }
        var check = RegistryCheck(root: store.path)
        check.jobs = jobs
        let use = try #require(try await service().check(check, isDryRun: true).use)
        let expected = sizes.sorted { ($1.size, $0.name) < ($0.size, $1.name) }.prefix(20).map { "\($0.name) \($0.size)" }
        #expect(use.largestTags.map { "\($0.repository):\($0.name) \($0.bytes.bytes)" } == Array(expected))
    }

    @Test(arguments: [1, 2, 3, 7]) func theSumIsWhatTheDiskHolds(jobs: Int) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layers = (0..<40).map { builder.blob([UInt8](repeating: UInt8($0), count: 10 + $0 * 37)) }
        for repository in 0..<9 {
            for image in 0..<5 {
                let picked = layers.indices.filter { ($0 * 7 + repository * 3 + image * 11) % 9 < 2 }.map { layers[$0] }
                let part = builder.image(builder.blob(Array("\(repository) \(image)".utf8)), picked, in: "r\(repository)")
                if image % 2 == 0 { builder.tag("v\(image)", part.key, in: "r\(repository)") }
            }
        }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.jobs = jobs
        let before = try bytes(store)
        let use = try #require(try await service().collect(request, isDryRun: false).use)
        let sum = use.repositories.reduce(use.shared.bytes + use.unreferenced.bytes) { $0 + $1.bytes.bytes }
        #expect(try bytes(store) == sum)
        #expect(sum < before)
        #expect(use.unreferenced == .zero)
        var check = RegistryCheck(root: store.path)
        check.jobs = jobs
        #expect(try await service().check(check, isDryRun: true).use == use)
    }
}
