import Foundation
import Glibc
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// What stays although nothing in its place needs it is said, with the reason for which it stays.
@Suite struct LeftThingsTests {
    private static let week = Duration.seconds(7 * 86400)

    private func garbage(_ store: TemporaryStore, _ minimumAge: Duration = .seconds(3600), in patterns: [String] = []) throws
        -> RegistryCollection
    {
        var request = RegistryCollection(
            root: store.path,
            target: .garbage(repositories: try patterns.map { try #require(ReferencePattern($0)) })
        )
        request.deletesUntagged = true
        request.minimumAge = minimumAge
        return request
    }

    private func deletion(
        _ store: TemporaryStore,
        _ pattern: String,
        trash: Duration = .zero,
        _ minimumAge: Duration = .seconds(3600)
    ) throws -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .named([.init(try #require(ReferencePattern(pattern)))]))
        request.trash = trash
        request.minimumAge = minimumAge
        return request
    }

    private func until(_ run: String) throws -> Timestamp {
        let parts = run.split(separator: "-").compactMap { Int64($0) }
        return Timestamp(nanoseconds: (try #require(parts.first) + parts[1]) * 1_000_000_000)
    }

    // MARK: Referrers

    @Test func whatATagNamesIsNotSaidToStayBecauseOfItsSubject() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [builder.blob(Array("old".utf8))], in: "a")
        builder.tag("v2", builder.image(config, [], in: "a").key, in: "a")
        let referrer = builder.image(config, [config], subject: image, in: "a")
        builder.tag("sbom-v1", referrer.key, in: "a")
        for seconds: Int64 in [0, 60, 7200, 14_400] {
            let report = try await store.service(after: seconds).collect(try garbage(store), isDryRun: false)
            #expect(report.problems == [] && report.failures == [] && report.notes.allSatisfy { !$0.contains("stay") }, "\(report.notes)")
            #expect(!store.files().contains(RegistryLayout.revision(image.key, of: EntryName("a")).description))
            #expect(store.files().contains(RegistryLayout.revision(referrer.key, of: EntryName("a")).description))
        }
    }

    /// Images of `app`, one of which has a signature in a repository of its own; what belongs to that.
    private func sign(_ builder: StoreBuilder) -> (image: StoreBuilder.Part, files: (TemporaryStore) -> Set<String>) {
        let config = builder.blob(Array("config".utf8))
        builder.tag("v2", builder.image(config, [], in: "app").key, in: "app")
        let image = builder.image(config, [builder.blob(Array("layer".utf8))], in: "app")
        builder.tag("v1", image.key, in: "app")
        let signature = builder.image(builder.blob(Array("signature config".utf8)), [builder.blob(Array("signature".utf8))], in: "sigs")
        builder.tag("sha256-\(image.key.hex).sig", signature.key, in: "sigs")
        return (image, { store in store.files().filter { $0.hasPrefix("repositories/sigs/") || $0.contains(signature.key.hex) } })
    }

    private func untag(_ store: TemporaryStore) throws {
        try FileManager.default.removeItem(atPath: store.builder.full(RegistryLayout.tag(EntryName("v1"), of: EntryName("app"))))
    }

    private static let leftNote =
        "1 manifest of 'sigs' stays although what it belongs to goes: as long as that lies in the trash, a registry-gc of 'sigs' takes it; "
        + "afterwards nothing tells that it is to go, and registry-delete takes it by name"

    @Test(arguments: [false, true]) func aSignatureElsewhereFollowsItsImageIntoTheTrash(isUntagged: Bool) async throws {
        let store = TemporaryStore()
        let (image, files) = sign(store.builder)
        if isUntagged { try untag(store) }
        let before = files(store)
        let request = isUntagged ? try garbage(store, in: ["app"]) : try deletion(store, "app:v1")
        let planned = try await store.service().collect(request, isDryRun: true)
        let first = try await store.service().collect(request, isDryRun: false)
        for report in [planned, first] { #expect(report.problems == [] && report.notes == [Self.leftNote]) }
        #expect(!store.files().contains(RegistryLayout.revision(image.key, of: EntryName("app")).description) && files(store) == before)
        let second = try await store.service(after: 60).collect(try garbage(store), isDryRun: false)
        #expect(second.problems == [] && second.failures == [] && second.notes == [])
        #expect(files(store) == [])
        #expect(try await store.check().broken == [])
    }

    @Test func aSignatureElsewhereStaysAsLongAsItsImageCanBePutBack() async throws {
        let store = TemporaryStore()
        let (_, files) = sign(store.builder)
        let before = files(store)
        let first = try await store.service().collect(try deletion(store, "app:v1", trash: Self.week), isDryRun: false)
        let run = try #require(first.trash)
        let second = try await store.service(after: 60).collect(try garbage(store, .zero), isDryRun: false)
        #expect(second.problems == [] && files(store) == before)
        #expect(second.notes == ["1 manifest stays, because the trash needs it: the run \(run) can be put back until \(try until(run))"])
        let trash = Trash(root: try StorageRoot(path: store.path))
        let restoration = try trash.restore(try #require(trash.runs().first))
        #expect(restoration.failures == [] && restoration.occupied == [])
        let again = try await store.service(after: 120).collect(try deletion(store, "app:v1", trash: Self.week), isDryRun: false)
        #expect(again.failures == [])
        let last = try await store.service(after: 8 * 86400).collect(try garbage(store), isDryRun: false)
        #expect(last.problems == [] && last.failures == [] && files(store) == [])
        #expect(try await store.check().broken == [])
    }

    @Test func aSignatureElsewhereStaysWhenNothingTellsOfItsImageAnyMore() async throws {
        let store = TemporaryStore()
        let (image, files) = sign(store.builder)
        let before = files(store)
        let first = try await store.service().collect(try deletion(store, "app:v1", .zero), isDryRun: false)
        #expect(first.notes == [Self.leftNote])
        let second = try await store.service(after: 60).collect(try garbage(store, .zero), isDryRun: false)
        let words = "what belongs to \(image.key) is kept: nothing tells that this manifest ever was in this store"
        #expect(second.problems.map(\.message) == [words])
        #expect(files(store) == before)
        // Its own name takes it.
        let third = try await store.service(after: 60).collect(try deletion(store, "sigs:*", .zero), isDryRun: false)
        #expect(third.problems == [] && files(store).filter { !$0.contains("_layers") } == [])
    }

    @Test func theDirectoryThatAnImageLeftTellsOfItInAnyRepository() async throws {
        let store = TemporaryStore()
        let (image, files) = sign(store.builder)
        let builder = store.builder
        builder.deleteRevision(image.key, in: "app")
        try untag(store)
        builder.remove(RegistryLayout.blob(image.key))
        let report = try await store.service().collect(try garbage(store), isDryRun: false)
        #expect(report.problems == [] && report.failures == [] && files(store) == [])
    }

    // MARK: What the trash needs

    @Test func whatStaysBecauseTheTrashNeedsItIsSaidAndNotCalledUseless() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layer = builder.blob(Array("layer".utf8))
        for (tag, layers) in [("v1", [layer]), ("v2", [layer, builder.blob(Array("own".utf8))]), ("other", [])] {
            builder.tag(tag, builder.image(builder.blob(Array(tag.utf8)), layers, in: "app").key, in: "app")
        }
        let first = try await store.service().collect(try deletion(store, "app:v1", trash: Self.week), isDryRun: false)
        let run = try #require(first.trash)
        let note = "1 layer link and 1 blob stay, because the trash needs them: the run \(run) can be put back until \(try until(run))"
        let requests = [try deletion(store, "app:v2", .zero), try garbage(store, .zero)]
        for (request, seconds) in zip(requests, [60, 120] as [Int64]) {
            let planned = try await store.service(after: seconds).collect(request, isDryRun: true)
            let report = try await store.service(after: seconds).collect(request, isDryRun: false)
            for report in [planned, report] { #expect(report.notes == [note] && report.problems == [] && report.failures == []) }
        }
        #expect(store.files().contains(RegistryLayout.layer(layer.key, of: EntryName("app")).description))
        let check = try await store.service(after: 180).check(RegistryCheck(root: store.path), isDryRun: false)
        #expect(check.problems == [])
        // When the period is over, a check calls it what it is, and a collection takes it.
        let later = try await store.service(after: 8 * 86400).check(RegistryCheck(root: store.path), isDryRun: false)
        #expect(later.problems.map(\.kind) == ["unneeded-layer"])
        let last = try await store.service(after: 8 * 86400).collect(try garbage(store), isDryRun: false)
        #expect(last.problems == [] && last.notes.allSatisfy { !$0.contains("the trash needs") })
        #expect(!store.files().contains(RegistryLayout.blob(layer.key).description))
    }

    @Test func manifestsThatTheTrashNeedsAreCounted() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v3", builder.image(builder.blob(Array("other".utf8)), [], in: "app").key, in: "app")
        let children = ["1", "2"].map { builder.image(config, [builder.blob(Array($0.utf8))], in: "app") }
        builder.tag("v1", builder.index(children, in: "app").key, in: "app")
        builder.tag("v2", builder.index([children[0]], in: "app").key, in: "app")
        let first = try await store.service().collect(try deletion(store, "app:v1", trash: Self.week), isDryRun: false)
        let run = try #require(first.trash)
        let note = "1 manifest stays, because the trash needs it: the run \(run) can be put back until \(try until(run))"
        let second = try await store.service(after: 60).collect(try deletion(store, "app:v2", .zero), isDryRun: false)
        #expect(second.notes == [note])
        let third = try await store.service(after: 120).collect(try garbage(store, .zero), isDryRun: false)
        #expect(third.notes == [note] && third.problems == [])
        #expect(store.files().contains(RegistryLayout.revision(children[0].key, of: EntryName("app")).description))
    }

    // MARK: Damage

    @Test func aDamagedRepositoryThatLosesATagIsNotSaidToBeKeptWhole() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let lost = builder.blob(Array("lost".utf8))
        for (tag, layers) in [("v1", []), ("v2", [lost])] {
            builder.tag(tag, builder.image(builder.blob(Array(tag.utf8)), layers, in: "team/app").key, in: "team/app")
        }
        builder.remove(RegistryLayout.blob(lost.key))
        rmdir(builder.full(RegistryLayout.blob(lost.key).parent))
        let request = try deletion(store, "team/app:v1", trash: .seconds(86400), .zero)
        let planned = try await store.service().collect(request, isDryRun: true)
        let report = try await store.service().collect(request, isDryRun: false)
        for report in [planned, report] {
            #expect(report.groups.map(\.counts) == [[.init("tag", 1)]])
            #expect(
                report.notes == [
                    "'team/app' loses no more than the tags that were asked for, because something in it is damaged or not understood; when "
                        + "that is mended, a registry-gc with 'delete-untagged' frees what no tag reaches"
                ]
            )
        }
        let other = try await store.service(after: 60).collect(try garbage(store), isDryRun: false)
        #expect(other.notes == ["'team/app' is kept whole, because something in it is damaged or not understood"])
    }
}
