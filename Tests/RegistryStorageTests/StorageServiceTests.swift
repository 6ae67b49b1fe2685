import Foundation
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

@Suite struct StorageServiceTests {
    private struct NoRegistry: Error {}

    private func service() -> LocalRegistryStores {
        LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow) },
            connect: { _ in throw NoRegistry() }
        )
    }

    private func pattern(_ text: String) throws -> ReferencePattern { try #require(ReferencePattern(text)) }

    @Test func onlyRepositoriesThatAPatternMatchesLoseAnything() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        for name in ["team/app", "team/app/deep", "other"] {
            builder.image(config, [], mediaType: name == "other" ? nil : StoreBuilder.ociManifest, in: name)
        }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: [try pattern("team/*")]))
        request.deletesUntagged = true
        let planned = try await service().collect(request, isDryRun: true)
        #expect(planned.groups.map(\.subject) == ["team/app", "team/app/deep", "blobs"])
        #expect(
            planned.groups.map { $0.counts.map { "\($0.kind) \($0.count)" } } == [
                ["revision 1", "layer-link 1"], ["revision 1", "layer-link 1"], ["blob 1"],
            ]
        )
        let words =
            "no 'registry' was given, so that none is asked whether it runs: what is younger than 1h stays, and links are looked at again "
            + "before blobs go; one that runs with an in-memory blob cache must be restarted afterwards"
        #expect(planned.protection == words)
        #expect(planned.wouldBeKeptFor == .seconds(3600) && planned.freed == .zero)
        let report = try await service().collect(request, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        #expect(report.protection == words)
        #expect(store.files().contains(RegistryLayout.blob(config.key).description))
    }

    @Test func namesOfAnyDepthAreDeletedAndWhatMatchesNothingIsSaid() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        for (name, tag) in [("tickets", "v1"), ("testrepo/awesomeimage", "supertag"), ("team/a/b", "pr-1"), ("team/a/b", "main")] {
            let image = builder.image(config, [builder.blob(Array("\(name) \(tag)".utf8))], in: name)
            builder.tag(tag, image.key, in: name)
        }
        let patterns = try ["tickets", "testrepo/awesomeimage:supertag", "team/*:pr-*", "nothing:v1"].map { try pattern($0) }
        var request = RegistryCollection(root: store.path, target: .named(patterns.map { .init($0) }))
        request.deletesEmptyRepositories = true
        let planned = try await service().collect(request, isDryRun: true)
        #expect(planned.unmatched == ["nothing:v1"])
        let tags = planned.groups.flatMap(\.removals).filter { $0.kind == "tag" }.map(\.path)
        #expect(
            tags.map { $0.replacing(store.path + "/docker/registry/v2/repositories/", with: "") } == [
                "team/a/b/_manifests/tags/pr-1", "testrepo/awesomeimage/_manifests/tags/supertag", "tickets/_manifests/tags/v1",
            ]
        )
        let report = try await service().collect(request, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        let left = Set(store.files().filter { $0.hasPrefix("repositories") }.map { $0.components(separatedBy: "/_")[0] })
        #expect(left == ["repositories/team/a/b"])
    }

    @Test(arguments: [
        ("docker*", ["docker.io/x"]), ("d*", ["docker.io/x"]), ("docker.io/*", ["docker.io/x"]), ("tickets", ["tickets"]),
        ("*/tickets", ["library/tickets"]), ("library/*", ["library/tickets"]), ("t*", ["team/app", "tickets"]),
        ("tickets:v1", ["tickets"]),
        ("docker*:v*", ["docker.io/x"]), ("docker.io/library/tickets", []), ("docker.io/tickets:v1", []),
    ])
    func onlyWhatHasThatNameInTheStoreIsMeant(text: String, expected: [String]) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        for name in ["team/app", "tickets", "library/tickets", "docker.io/x"] {
            builder.tag("v1", builder.image(config, [builder.blob(Array(name.utf8))], in: name).key, in: name)
            builder.image(config, [builder.blob(Array("untagged in \(name)".utf8))], in: name)
        }
        let pattern = try pattern(text)
        let deletion = RegistryCollection(root: store.path, target: .named([.init(pattern)]))
        let deleted = try await service().collect(deletion, isDryRun: true)
        // A directory above that nothing else is in goes as well.
        #expect(deleted.groups.filter { group in group.counts.contains { $0.kind == "tag" } }.map(\.subject).sorted() == expected)
        #expect(deleted.unmatched == (expected.isEmpty ? [text] : []))
        if text.contains(":") { return }
        var garbage = RegistryCollection(root: store.path, target: .garbage(repositories: [pattern]))
        garbage.deletesUntagged = true
        let collected = try await service().collect(garbage, isDryRun: true)
        #expect(collected.groups.map(\.subject).filter { $0 != "blobs" }.sorted() == expected)
    }

    @Test func aLostLinkIsWrittenAgainAndATagIsNotGuessed() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        let name = EntryName("a")
        builder.remove(RegistryLayout.layer(config.key, of: name))
        builder.write(RegistryLayout.revision(image.key, of: name), [])
        builder.write(RegistryLayout.tagLink(EntryName("v2"), of: name), [])
        var request = RegistryCheck(root: store.path)
        let before = try await service().check(request, isDryRun: false)
        #expect(before.problems.filter(\.breaksImages).map(\.kind) == ["missing-link", "empty-link", "empty-link"])
        request.repairs = true
        let report = try await service().check(request, isDryRun: false)
        let links = [RegistryLayout.layer(config.key, of: name), RegistryLayout.revision(image.key, of: name)]
        #expect(Set(report.repairs) == Set(links.map { "\(store.path)/docker/registry/v2/\($0)" }))
        #expect(report.problems.filter(\.breaksImages).map(\.message) == ["the tag's link is empty: push the tag again, or remove it"])
    }

    @Test func aBlobThatIsDamagedOrShortIsFound() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.write(RegistryLayout.blob(config.key), Array("Config".utf8))
        builder.write(RegistryLayout.blob(layer.key), Array("lay".utf8))
        var request = RegistryCheck(root: store.path)
        #expect(try await service().check(request, isDryRun: true).problems.map(\.kind) == ["truncated-blob"])
        request.verifiesDigests = true
        #expect(Set(try await service().check(request, isDryRun: true).problems.map(\.kind)) == ["truncated-blob", "corrupt-blob"])
    }

    @Test func aBusyStoreIsRefusedAlsoByADryRun() async throws {
        let store = TemporaryStore()
        let lock = try StorageLock(StorageRoot(path: store.path))
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        for isDryRun in [true, false] {
            await #expect {
                _ = try await service().collect(request, isDryRun: isDryRun)
            } throws: { error in
                (error as? RegistryStoreError)?.code == .busy
            }
        }
        withExtendedLifetime(lock) {}
    }

    @Test func agesAreCountedFromTheTimeOfThePlanAndTheTrashFromNow() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.image(builder.blob(Array("config".utf8)), [], in: "a")
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.minimumAge = .seconds(3600)
        // A year ago everything was young.
        request.time = Timestamp(nanoseconds: TemporaryStore.tomorrow - 365 * 86400 * 1_000_000_000)
        #expect(try await service().collect(request, isDryRun: true).groups == [])
        request.time = Timestamp(nanoseconds: TemporaryStore.tomorrow - 80_000 * 1_000_000_000)
        request.trash = .seconds(60)
        let planned = try await service().collect(request, isDryRun: true)
        request.expected = planned.groups.flatMap { group in group.removals.map { $0.change(subject: group.subject) } }
        let done = try await service().collect(request, isDryRun: false)
        let run = try #require(done.trash)
        let began = try #require(run.split(separator: "-").first.flatMap { Int64($0) })
        #expect(began > (request.time?.seconds ?? .max) + 79_000)
    }

    /// A registry that remembers what it had, does not delete, and takes pushes: nothing that it may remember goes.
    private struct RememberingRegistry: RunningRegistry {
        let store: String
        func state() async -> RunningRegistryState { .writable }
        func tags(of repository: String) async -> [String]? {
            try? FileManager.default.contentsOfDirectory(atPath: "\(store)/docker/registry/v2/repositories/\(repository)/_manifests/tags")
        }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { true }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome { .notAllowed }
    }

    @Test func whatStaysAfterAllIsNotReportedAsRemoved() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let kept = builder.image(config, [], in: "a")
        builder.tag("v1", kept.key, in: "a")
        builder.image(config, [layer], in: "a")
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.registry = "http://registry"
        let path = store.path
        let service = LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow) },
            connect: { _ in RememberingRegistry(store: path) }
        )
        let planned = try await service.collect(request, isDryRun: true)
        #expect(planned.groups.map { $0.counts.map { "\($0.kind) \($0.count)" } } == [["revision 1", "layer-link 1"], ["blob 2"]])
        let report = try await service.collect(request, isDryRun: false)
        #expect(report.groups.map { $0.counts.map { "\($0.kind) \($0.count)" } } == [["revision 1"]])
        #expect(report.reclaimed == .zero)
        #expect(report.notes.contains("2 blobs stay until the registry is stopped, or allows deletes"))
        #expect(store.files().contains(RegistryLayout.blob(layer.key).description))
    }

    @Test func whatAPushWasJustWritingIsNotReportedAsBroken() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let (path, isPushed) = (store.path, Once())
        // The blobs are listed first; when the first manifest is read, a push has written another image.
        let calls = SystemCalls { call in
            guard call == .read, isPushed.take() else { return nil }
            let pusher = StoreBuilder(path: path)
            let (config, layer) = (pusher.blob(Array("new config".utf8)), pusher.blob(Array("new layer".utf8)))
            pusher.tag("v2", pusher.image(config, [layer], in: "z").key, in: "z")
            return nil
        }
        builder.tag("v1", builder.image(config, [], in: "z").key, in: "z")
        var request = RegistryCheck(root: path)
        request.jobs = 1
        let report = try await store.service(calls: calls).check(request, isDryRun: false)
        #expect(!isPushed.take())
        #expect(report.problems.filter(\.breaksImages) == [])
        // What is really missing is still found.
        builder.remove(RegistryLayout.blob(config.key))
        #expect(try await store.service().check(request, isDryRun: false).problems.contains { $0.kind == "missing-blob" })
    }

    @Test func whatWentIsReportedAlsoWhenTheEndOfTheRunFails() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        let orphan = builder.blob(Array("orphan".utf8))
        let isSwept = Flag()
        let calls = SystemCalls { call in isSwept.isSet && call == .open ? .inputOutput : nil }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.trash = .seconds(3600)
        let service = store.service(calls: calls) { isSwept.set() }
        let report = try await service.collect(request, isDryRun: false)
        #expect(report.groups.map(\.subject) == ["blobs"])
        #expect(report.reclaimed == ByteSize(bytes: 6))
        #expect(!report.failures.isEmpty)
        #expect(!store.files().contains(RegistryLayout.blob(orphan.key).description))
    }

    @Test func aManifestThatAnIndexLacksComesBackAndIsLinkedAgain() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let (lost, unlinked) = (builder.image(config, [], in: "a"), builder.image(config, [config], in: "a"))
        builder.tag("v1", builder.index([lost, unlinked], in: "a").key, in: "a")
        try store.trash(lost)
        for part in [lost, unlinked] { builder.deleteRevision(part.key, in: "a") }
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        _ = try await service().check(request, isDryRun: false)
        // The manifest's link can be written when its blob is back.
        let second = try await service().check(request, isDryRun: false)
        #expect(second.problems.filter(\.breaksImages) == [])
        #expect(try await store.check().broken == [])
    }

    @Test func digestsOfAnotherAlgorithmAreSaidToBeUnchecked() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let other = "sha512:" + String(repeating: "ab", count: 64)
        let text = "{\"schemaVersion\":2,\"mediaType\":\"\(StoreBuilder.ociManifest)\",\"layers\":[{\"size\":1,\"digest\":\"\(other)\"}]}"
        let image = builder.manifest(text, in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.write(RegistryLayout.tagLink(EntryName("v2"), of: EntryName("a")), Array(other.utf8))
        let report = try await service().check(RegistryCheck(root: store.path), isDryRun: false)
        #expect(
            report.problems.map(\.message) == [
                "the manifest names digests of an algorithm that is not checked",
                "the tag names a digest of an algorithm that is not checked",
            ]
        )
        #expect(report.problems.allSatisfy { $0.kind == "other-algorithm" && !$0.breaksImages })
    }

    @Test func aLayerOfAnotherAlgorithmIsNotSaidToBeUnneeded() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layer = builder.blob(Array("layer".utf8))
        builder.linkLayer(layer.key, in: "a")
        let other = "sha512:" + String(repeating: "ab", count: 64)
        let text = "{\"schemaVersion\":2,\"mediaType\":\"\(StoreBuilder.ociManifest)\",\"layers\":[{\"size\":1,\"digest\":\"\(other)\"}]}"
        builder.tag("v1", builder.manifest(text, in: "a").key, in: "a")
        let report = try await service().check(RegistryCheck(root: store.path), isDryRun: false)
        // A collection keeps it as well.
        #expect(report.problems.map(\.kind) == ["other-algorithm"])
    }

    /// Registries before 2.6 wrote signatures, and serve no manifest without them.
    @Test func signaturesOfTheFirstManifestsStay() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let name = EntryName("a")
        let layer = builder.blob(Array("layer".utf8))
        builder.linkLayer(layer.key, in: "a")
        let manifest = builder.manifest("{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"\(layer.key)\"}],\"history\":[]}", in: "a")
        builder.tag("v1", manifest.key, in: "a")
        let signature = builder.blob(Array("{\"signature\":1}".utf8))
        let directory = RegistryLayout.signatures(of: manifest.key, in: name)
        builder.write(directory.appending(EntryName("\(signature.key.hex)/link")), Array("\(signature.key)".utf8))
        let before = store.files()
        let report = try await store.service().collect(
            RegistryCollection(root: store.path, target: .garbage(repositories: [])),
            isDryRun: false
        )
        #expect(store.files() == before)
        let means = "the signatures, as registries before 2.6 keep them, are not collected; everything that the repository links is kept"
        #expect(report.problems.first?.message == means && report.problems.first?.path.hasSuffix("/\(directory)") == true)
        let check = try await service().check(RegistryCheck(root: store.path), isDryRun: false)
        #expect(check.problems.map(\.kind) == ["unknown-entry"])
    }

    @Test func whatIsKeptLongerThanAClockCanSayIsReported() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        let orphan = builder.blob(Array("orphan".utf8))
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.trash = .seconds(99999 * 86400)
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(report.groups.flatMap(\.removals).map(\.kind) == ["blob"] && report.failures == [])
        #expect(!store.files().contains(RegistryLayout.blob(orphan.key).description))
        #expect(report.keptUntil == Timestamp(nanoseconds: .max))
    }

    @Test func aDirectoryThatHoldsAnotherRepositoryIsNotSaidToGo() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        for name in ["team/app", "team/app/nested", "other", "other/nested"] {
            builder.tag("v1", builder.image(config, [], in: name).key, in: name)
        }
        let patterns = try ["team/app", "other", "other/nested"].map { RegistryCollection.NamedPattern(try pattern($0)) }
        let request = RegistryCollection(root: store.path, target: .named(patterns))
        let planned = try await service().collect(request, isDryRun: true)
        let repositories = planned.groups.flatMap(\.removals).filter { $0.kind == "repository" }.map(\.path)
        let base = "\(store.path)/docker/registry/v2/repositories"
        #expect(repositories == ["\(base)/other", "\(base)/other/nested"])
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(report.failures == [])
        #expect(report.groups.flatMap(\.removals).filter { $0.kind == "repository" }.map(\.path) == repositories)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(base)/team/app") == ["nested"])
        #expect(!FileManager.default.fileExists(atPath: "\(base)/other"))
    }

    @Test func anUploadIntoWhichSomethingWasJustWrittenIsNotStale() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        for upload in ["stale", "live"] {
            builder.upload(upload, startedAt: "2020-01-01T00:00:00Z", bytes: [1, 2, 3], in: "a")
            let path = RegistryLayout.upload(EntryName(upload), of: EntryName("a"))
            for part in [path.appending(EntryName("startedat")), path] { builder.setModified(part, 1_000_000_000) }
            if upload == "stale" { builder.setModified(path.appending(EntryName("data")), 1_000_000_000) }
        }
        let report = try await service().check(RegistryCheck(root: store.path), isDryRun: false)
        #expect(report.problems.map(\.path) == ["\(store.path)/docker/registry/v2/repositories/a/_uploads/stale"])
    }
}
