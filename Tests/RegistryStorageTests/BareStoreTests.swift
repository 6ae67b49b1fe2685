import Foundation
import Glibc
import HookKit
import HookTesting
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// Stores whose repositories, or a part of them, are not where they must be: then nothing is garbage.
@Suite struct BareStoreTests {
    /// How the repositories came to be missing.
    enum Cause: CaseIterable {
        case moved, notMounted, onlyLayers
    }

    /// A registry that answers for the store that it shows.
    struct ShowingRegistry: RunningRegistry {
        let store: String
        func state() async -> RunningRegistryState { .writable }
        func tags(of repository: String) async -> [String]? {
            try? FileManager.default.contentsOfDirectory(atPath: "\(store)/docker/registry/v2/repositories/\(repository)/_manifests/tags")
        }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { false }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome { .unknown }
    }

    private static func fill(_ store: TemporaryStore) -> Int {
        let builder = store.builder
        for name in ["a", "b/c"] {
            let image = builder.image(
                builder.blob(Array("config of \(name)".utf8)),
                [builder.blob(Array("layer of \(name)".utf8))],
                in: name
            )
            builder.tag("v1", image.key, in: name)
        }
        return 6
    }

    @Test(arguments: Cause.allCases, [false, true])
    func aStoreWithoutRepositoriesLosesNoBlob(cause: Cause, isServed: Bool) async throws {
        let store = TemporaryStore()
        let count = Self.fill(store)
        let repositories = store.builder.full(RegistryLayout.repositories)
        rename(repositories, store.path + "/elsewhere")
        switch cause {
        case .moved: break
        case .notMounted: store.builder.makeDirectory(repositories)
        case .onlyLayers: store.builder.linkLayer(BlobHash.digest(of: Array("layer of a".utf8)), in: "new")
        }
        let before = store.files().filter { $0.hasPrefix("blobs/") }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.deletesEmptyRepositories = true
        if isServed { request.registry = "http://registry" }
        let service = store.service(registry: isServed ? ShowingRegistry(store: store.path) : nil)
        let problem = RegistryStoreReport.Problem(
            kind: "no-repository",
            path: "\(store.path)/docker/registry/v2/repositories",
            repository: nil,
            message:
                "no repository has a tag or a manifest, but there are blobs (\(count)): no blob goes, because the directory may be missing, "
                + "moved or not mounted",
            breaksImages: true
        )
        for isDryRun in [true, false] {
            let report = try await service.collect(request, isDryRun: isDryRun)
            #expect(report.problems == [problem])
            #expect(report.groups.filter { $0.subject == "blobs" } == [])
            #expect(report.failures == [])
            #expect(store.files().filter { $0.hasPrefix("blobs/") } == before)
        }
        if cause == .moved { #expect(!FileManager.default.fileExists(atPath: repositories), "hook does not make it") }
        let check = try await service.check(RegistryCheck(root: store.path), isDryRun: false)
        #expect(check.problems.contains { $0.kind == "no-repository" && $0.breaksImages })
    }

    @Test func whereAllManifestsWereDeletedThroughTheRegistryTheBlobsAreGarbage() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let image = builder.image(builder.blob(Array("config".utf8)), [], in: "a")
        builder.deleteRevision(image.key, in: "a")
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(report.problems == [] && report.failures == [])
        #expect(store.files() == [])
    }

    @Test func patternsThatChooseNoRepositoryFailAndTakeNoBlob() async throws {
        let store = TemporaryStore()
        _ = Self.fill(store)
        let orphan = store.builder.blob(Array("orphan".utf8))
        let patterns = try ["a", "nomatch"].map { try #require(ReferencePattern($0)) }
        let orphanFile = RegistryLayout.blob(orphan.key).description
        let none = RegistryCollection(root: store.path, target: .garbage(repositories: [patterns[1]]))
        let untouched = try await store.service().collect(none, isDryRun: false)
        #expect(untouched.unmatched == ["nomatch"])
        #expect(untouched.groups == [])
        #expect(store.files().contains(orphanFile))
        let some = RegistryCollection(root: store.path, target: .garbage(repositories: patterns))
        let report = try await store.service().collect(some, isDryRun: false)
        #expect(report.unmatched == ["nomatch"])
        #expect(!store.files().contains(orphanFile))
    }

    @Test(.enabled(if: Mounting.isPossible, Mounting.reason), arguments: ["repositories", "blobs", "blobs/sha256"])
    func aPartOnAnotherFileSystemIsRefusedBeforeAnythingGoes(part: String) async throws {
        let store = TemporaryStore()
        let base = store.path + "/docker/registry/v2"
        try await Mounting.withMount(.memory(options: "size=4m"), at: "\(base)/\(part)") {
            _ = Self.fill(store)
            store.builder.blob(Array("orphan".utf8))
            let before = store.files()
            let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
            for isDryRun in [true, false] {
                let error = await #expect(throws: RegistryStoreError.self) {
                    _ = try await store.service().collect(request, isDryRun: isDryRun)
                }
                #expect(
                    error?.description
                        == "'\(base)/\(part)' is mounted by itself in '\(base)', so that nothing is changed: what goes is renamed into "
                        + "'\(base)/_hook', which works only within one mount; mount the directory above both"
                )
            }
            #expect(store.files() == before)
        }
        withExtendedLifetime(store) {}
    }
}
