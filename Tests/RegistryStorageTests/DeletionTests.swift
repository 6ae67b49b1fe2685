import Foundation
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

@Suite struct DeletionTests {
    static func policy(tags: Set<String> = [], repositories: Set<String> = []) -> CollectionPolicy {
        TemporaryStore.policy {
            $0.deletion = .init(
                repository: { repositories.contains($0.description) },
                tag: { tags.contains("\($0):\($1)") }
            )
        }
    }

    @Test func aTagGoesWithWhatOnlyItUsed() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let shared = builder.blob(Array("shared".utf8))
        let own = builder.blob(Array("own".utf8))
        let going = builder.image(config, [shared, own], in: "a/b")
        let staying = builder.image(config, [shared], in: "a/b")
        builder.tag("going", going.key, in: "a/b")
        builder.tag("staying", staying.key, in: "a/b")
        let untagged = builder.image(config, [config], in: "a/b")
        let orphan = builder.blob(Array("orphan".utf8))
        let before = store.files()
        try await store.collect(Self.policy(tags: ["a/b:going"]))
        let name = EntryName("a/b")
        let gone: Set<String> = [
            RegistryLayout.tagLink(EntryName("going"), of: name).description,
            RegistryLayout.tagEntry(going.key, EntryName("going"), of: name).description,
            RegistryLayout.revision(going.key, of: name).description, RegistryLayout.layer(own.key, of: name).description,
            RegistryLayout.blob(going.key).description, RegistryLayout.blob(own.key).description,
        ]
        #expect(before.subtracting(store.files()) == gone)
        #expect(store.files().isSuperset(of: [RegistryLayout.blob(orphan.key).description, RegistryLayout.blob(untagged.key).description]))
    }

    @Test func aDigestThatAnotherTagHasStays() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.tag("v2", image.key, in: "a")
        let report = try await store.collect(Self.policy(tags: ["a:v1"]))
        #expect(report.removed == [.tag: 1])
        #expect(try await store.check().broken == [])
    }

    @Test func anIndexsChildStaysWhenItsOwnTagGoes() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let child = builder.image(config, [], in: "a")
        let other = builder.image(config, [config], in: "a")
        let index = builder.index([child, other], in: "a")
        builder.tag("multi", index.key, in: "a")
        builder.tag("amd64", child.key, in: "a")
        #expect(try await store.collect(Self.policy(tags: ["a:amd64"])).removed == [.tag: 1])
        let report = try await store.collect(Self.policy(tags: ["a:multi"]))
        #expect(report.removed == [.tag: 1, .revision: 3, .layerLink: 1, .blob: 4])
    }

    @Test func aRepositoryGoesAndAnotherKeepsItsBlobs() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let own = builder.blob(Array("own".utf8))
        for name in ["team/app", "team/app/nested"] {
            let image = builder.image(config, name == "team/app" ? [own] : [], in: name)
            builder.tag("v1", image.key, in: name)
        }
        let kept = store.files().filter { $0.contains("nested") }
        let report = try await store.collect(Self.policy(repositories: ["team/app"]))
        #expect(report.failures == [])
        #expect(report.removed == [.tag: 1, .revision: 1, .layerLink: 2, .blob: 2])
        #expect(store.files().filter { $0.hasPrefix("repositories") } == kept)
        #expect(try await store.check().problems == [])
    }

    /// When a push into a repository goes on that is to go.
    enum Moment: CaseIterable {
        case beforeTheSweep, beforeTheLayersGo
    }

    @Test(arguments: Moment.allCases) func ofARepositoryOnlyThePlannedUploadsAndLayerLinksGo(moment: Moment) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, new) = (builder.blob(Array("config".utf8)), builder.blob(Array("new".utf8)))
        builder.tag("v1", builder.image(config, [builder.blob(Array("layer".utf8))], in: "a").key, in: "a")
        builder.tag("v1", builder.image(config, [], in: "kept").key, in: "kept")
        builder.upload("0a", startedAt: nil, bytes: [1, 2, 3], in: "a")
        let name = EntryName("a")
        let push: @Sendable () -> Void = { [path = store.path] in
            let pusher = StoreBuilder(path: path)
            pusher.upload("0b", startedAt: nil, bytes: [1, 2, 3, 4], in: "a")
            pusher.linkLayer(new.key, in: "a")
        }
        let (uploads, isPushed) = (builder.full(RegistryLayout.upload(EntryName("0a"), of: name)), Once())
        let calls = SystemCalls { call in
            // The uploads have gone; next the directory of layer links is renamed.
            guard moment == .beforeTheLayersGo, call == .rename, !FileManager.default.fileExists(atPath: uploads), isPushed.take() else {
                return nil
            }
            push()
            return nil
        }
        let root = try StorageRoot(path: store.path, calls: calls)
        var policy = Self.policy(repositories: ["a"])
        policy.jobs = 1
        let plan = try await StorageCollector(root: root, policy: policy).plan()
        if moment == .beforeTheSweep { push() }
        var options = SweepOptions(process: 1)
        options.settle = 0
        options.trashPeriod = 3_600_000_000_000
        let report = try await Sweeper(plan, options: options).execute()
        #expect(report.failures == [] && report.removed[.upload] == 1 && report.removed[.layerLink] == 2)
        #expect(
            store.files().filter { $0.hasPrefix("repositories/a/") && !$0.contains("hashstates") }.sorted() == [
                RegistryLayout.layer(new.key, of: name).description,
                RegistryLayout.upload(EntryName("0b"), of: name).appending(EntryName("data")).description,
            ]
        )
        #expect(store.files().contains(RegistryLayout.blob(new.key).description))
        // And what went comes back.
        let trash = Trash(root: try StorageRoot(path: store.path))
        let restoration = try trash.restore(try #require(report.trash))
        #expect(restoration.failures == [] && restoration.leftCount == 0)
        #expect(try await store.check().broken == [])
    }

    @Test func aTagOfADamagedRepositoryGoesAloneAndEverythingElseStays() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        let damaged = builder.image(config, [config], in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.write(RegistryLayout.blob(damaged.key), [])
        let report = try await store.collect(Self.policy(tags: ["a:v1"]))
        #expect(report.removed == [.tag: 1])
        #expect(store.files().contains(RegistryLayout.revision(image.key, of: EntryName("a")).description))
    }

    @Test(arguments: [
        (
            ["v1"],
            "2 layer links, with their blobs, and 1 other blob are younger than 'min-age' (1h) and stay; a later registry-gc frees what nothing "
                + "needs then"
        ),
        (["v1", "v2"], "1 blob is younger than 'min-age' (1h) and stays; a later registry-gc frees what nothing needs then"),
    ]) func aDeletionSaysWhatItLeavesBecauseItIsYoung(tags: [String], expected: String) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "kl/app")
        for tag in tags { builder.tag(tag, image.key, in: "kl/app") }
        builder.tag("v1", builder.image(builder.blob(Array("other".utf8)), [], in: "other").key, in: "other")
        // Where the links are old, the blobs alone may be young, such as those of a manifest that was pushed anew.
        if tags.count > 1 {
            store.age(by: 86400)
            builder.blob(Array(StoreBuilder.imageText(config, [layer], subject: nil, mediaType: StoreBuilder.ociManifest).utf8))
        }
        let service = Self.serviceNow
        let patterns = try tags.map { RegistryCollection.NamedPattern(try #require(ReferencePattern("kl/app:\($0)"))) }
        let request = RegistryCollection(root: store.path, target: .named(patterns))
        #expect(try await service.collect(request, isDryRun: true).notes == [expected])
        let report = try await service.collect(request, isDryRun: false)
        #expect(report.notes == [expected] && report.unmatched == [])
        #expect(
            report.groups.first?.counts == [.init("tag", tags.count), .init("revision", 1)]
                + (tags.count > 1 ? [.init("layer-link", 2)] : [])
        )
        // A collection leaves it for the same reason.
        let garbage = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        #expect(try await service.collect(garbage, isDryRun: true).notes == [expected])
    }

    // MARK: What is young

    /// The service as it is now, and not in a day.
    private static let serviceNow = LocalRegistryStores(
        process: 1,
        cores: 1,
        now: { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970) * 1_000_000_000) },
        wait: { _ in },
        connect: { _ in throw CancellationError() }
    )

    /// Deletes the tag `a:v1` now, after a dry run that must say the same of what stays.
    private func delete(_ store: TemporaryStore) async throws -> RegistryStoreReport {
        let pattern = RegistryCollection.NamedPattern(try #require(ReferencePattern("a:v1")))
        let request = RegistryCollection(root: store.path, target: .named([pattern]))
        let planned = try await Self.serviceNow.collect(request, isDryRun: true)
        let report = try await Self.serviceNow.collect(request, isDryRun: false)
        #expect(report.notes == planned.notes && report.groups.map(\.counts) == planned.groups.map(\.counts))
        #expect(report.failures == [] && report.problems == [])
        return report
    }

    /// Collects in two days what no tag names.
    private func collectUntagged(_ store: TemporaryStore) async throws {
        var garbage = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        garbage.deletesUntagged = true
        let report = try await store.service(after: 86400).collect(garbage, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
    }

    private func blobs(_ parts: [StoreBuilder.Part]) -> Set<String> { Set(parts.map { RegistryLayout.blob($0.key).description }) }

    @Test func aDeletionOfAYoungIndexSaysThatItsManifestsStay() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("kept", builder.image(builder.blob(Array("kept".utf8)), [], in: "a").key, in: "a")
        let kept = store.files().subtracting(blobs([config]))
        let layers = ["one", "two"].map { builder.blob(Array($0.utf8)) }
        let children = layers.map { builder.image(config, [$0], in: "a") }
        builder.tag("v1", builder.index(children, in: "a").key, in: "a")
        let report = try await delete(store)
        #expect(report.groups.map(\.counts) == [[.init("tag", 1), .init("revision", 1)]])
        #expect(
            report.notes == [
                "1 blob is younger than 'min-age' (1h) and stays; a later registry-gc frees what nothing needs then",
                "2 manifests stay with all that they name, because they or what belongs to them is younger than 'min-age' (1h); a later "
                    + "registry-gc with 'delete-untagged' frees them",
            ]
        )
        #expect(store.files().isSuperset(of: blobs(children + layers + [config])))
        try await collectUntagged(store)
        #expect(store.files() == kept)
    }

    @Test(arguments: ["a tag", "a subject"]) func whatWasSignedJustNowStaysWithItsSignatureUntilBothMayGo(by means: String) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("kept", builder.image(builder.blob(Array("kept".utf8)), [], in: "a").key, in: "a")
        let kept = store.files().subtracting(blobs([config, layer]))
        let image = builder.image(config, [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        let former = builder.image(config, [builder.blob(Array("sbom".utf8))], in: "a")
        builder.tag("sha256-\(image.key.hex).sbom", former.key, in: "a")
        store.age(by: 30 * 86400)
        let part = builder.blob(Array("signature".utf8))
        let signature = builder.image(part, [], subject: means == "a subject" ? image : nil, in: "a")
        if means == "a tag" { builder.tag("sha256-\(image.key.hex).sig", signature.key, in: "a") }
        let before = store.files()
        let report = try await delete(store)
        #expect(report.groups.map(\.counts) == [[.init("tag", 1)]])
        #expect(
            report.notes == [
                "3 manifests stay with all that they name, because they or what belongs to them is younger than 'min-age' (1h); a later "
                    + "registry-gc with 'delete-untagged' frees them"
            ]
        )
        let tag = [
            RegistryLayout.tagLink(EntryName("v1"), of: EntryName("a")),
            RegistryLayout.tagEntry(image.key, EntryName("v1"), of: EntryName("a")),
        ]
        #expect(before.subtracting(store.files()) == Set(tag.map(\.description)))
        try await collectUntagged(store)
        #expect(store.files() == kept)
    }
}
