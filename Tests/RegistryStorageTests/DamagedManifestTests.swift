import Foundation
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// A manifest that reads well and whose content is not what its digest names tells nobody what it names.
@Suite struct DamagedManifestTests {
    private static let period: Int64 = 86_400_000_000_000
    private static let name = EntryName("a")

    /// The path of a blob in the trash of a run.
    private func trashed(_ key: BlobKey, _ run: String) -> EntryName {
        EntryName("_hook/trash/\(run)/blobs/sha256/\(key.hex.prefix(2))/\(key.hex)")
    }

    private func bytes(_ store: TemporaryStore, _ path: EntryName) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: store.builder.full(path))))
    }

    /// What a flipped bit makes of a manifest.
    enum Damage: CaseIterable {
        case otherLayer, otherType
    }

    /// Lets a manifest read otherwise, as after a flipped bit.
    private func damage(_ store: TemporaryStore, _ path: EntryName, _ layer: BlobKey, _ damage: Damage = .otherLayer) throws {
        let text = String(decoding: try bytes(store, path), as: UTF8.self)
        let last = layer.hex.last == "0" ? "1" : "0"
        let other =
            switch damage {
            case .otherLayer: text.replacing("sha256:\(layer.hex)", with: "sha256:\(layer.hex.dropLast())\(last)")
            case .otherType: text.replacing("image.manifest.v1+json", with: "image.manifest.v3+json")
            }
        #expect(other != text && other.utf8.count == text.utf8.count)
        store.builder.write(path, Array(other.utf8))
    }

    private func isThere(_ store: TemporaryStore, _ path: EntryName) -> Bool {
        FileManager.default.fileExists(atPath: store.builder.full(path))
    }

    /// A store with an image that stays and one whose manifest and layers differ; the layer that only the second has.
    private func makeStore() -> (store: TemporaryStore, image: BlobKey, layer: BlobKey) {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [], in: "kept").key, in: "kept")
        let image = builder.image(config, [layer], in: "a")
        return (store, image.key, layer.key)
    }

    // MARK: What lies in the trash

    @Test(arguments: [false, true]) func aDamagedCopyIsNotBroughtBackAndASoundOneIs(hasSoundCopy: Bool) async throws {
        let (store, image, layer) = makeStore()
        let builder = store.builder
        builder.tag("v1", image, in: "a")
        let content = try bytes(store, RegistryLayout.blob(image))
        // Runs that were killed had taken the manifest, the latter of them a damaged one.
        builder.write(trashed(image, "2000-3600-1"), content)
        try damage(store, trashed(image, "2000-3600-1"), layer)
        if hasSoundCopy { builder.write(trashed(image, "1000-3600-1"), content) }
        builder.remove(RegistryLayout.blob(image))
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(report.failures == [])
        if hasSoundCopy {
            #expect(report.problems == [])
            #expect(try bytes(store, RegistryLayout.blob(image)) == content)
            #expect(try await store.check().broken == [])
        } else {
            // A push writes what is missing, and not what is in its place.
            #expect(report.problems.map(\.kind) == ["missing-manifest"])
            #expect(!isThere(store, RegistryLayout.blob(image)))
            #expect(isThere(store, trashed(image, "2000-3600-1")))
        }
        #expect(isThere(store, RegistryLayout.blob(layer)))
    }

    @Test(arguments: Damage.allCases) func aDamagedManifestIsNotPutBackByARestoration(damage: Damage) async throws {
        let (store, image, layer) = makeStore()
        store.builder.tag("v1", image, in: "a")
        let report = try await store.collect(DeletionTests.policy(tags: ["a:v1"]), trash: Self.period)
        let run = try #require(report.trash)
        let copy = trashed(image, run.name.description)
        let content = try bytes(store, copy)
        try self.damage(store, copy, layer, damage)
        let trash = Trash(root: try StorageRoot(path: store.path))
        let first = try trash.restore(run)
        let lacking = [RegistryLayout.revision(image, of: Self.name), RegistryLayout.tag(EntryName("v1"), of: Self.name)]
        #expect(first.failures == [] && first.lacking == lacking)
        #expect(!isThere(store, RegistryLayout.blob(image)))
        #expect(try await store.check().broken == [])
        // Where the manifest is sound again, all of it comes back.
        store.builder.write(copy, content)
        let second = try trash.restore(run)
        #expect(second.failures == [] && second.lacking == [])
        #expect(try await store.check().problems == [])
    }

    @Test(arguments: Damage.allCases) func aDamagedManifestInItsPlaceIsNotLinkedByARestoration(damage: Damage) async throws {
        let (store, image, layer) = makeStore()
        store.builder.tag("v1", image, in: "a")
        // The blob stays in its place, because another repository has it.
        for key in [image, layer] { key == image ? store.builder.linkRevision(key, in: "b") : store.builder.linkLayer(key, in: "b") }
        store.builder.linkLayer(BlobHash.digest(of: Array("config".utf8)), in: "b")
        store.builder.tag("v1", image, in: "b")
        let report = try await store.collect(DeletionTests.policy(tags: ["a:v1"]), trash: Self.period)
        let run = try #require(report.trash)
        try self.damage(store, RegistryLayout.blob(image), layer, damage)
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.failures == [])
        #expect(restoration.lacking == [RegistryLayout.revision(image, of: Self.name), RegistryLayout.tag(EntryName("v1"), of: Self.name)])
        #expect(!isThere(store, RegistryLayout.revision(image, of: Self.name)))
    }

    /// Where there is a sound copy of the manifest that is damaged in the trash.
    enum Copy: CaseIterable {
        case nowhere, inAnotherRun, inItsPlace
    }

    @Test(arguments: Copy.allCases) func whatADamagedManifestInTheTrashNeedsStaysUntilItsPeriodIsOver(copy: Copy) async throws {
        let (store, image, layer) = makeStore()
        let builder = store.builder
        builder.tag("v1", image, in: "a")
        let (other, own) = (builder.blob(Array("other".utf8)), builder.blob(Array("own".utf8)))
        // The layer stays for another image, which goes next.
        let next = builder.image(other, [.init(key: layer, size: 5), own], in: "a")
        builder.tag("v2", next.key, in: "a")
        builder.tag("v1", builder.image(own, [other], in: "c").key, in: "c")
        let first = try await store.collect(DeletionTests.policy(tags: ["a:v1"]), trash: Self.period)
        let run = try #require(first.trash)
        let trashed = trashed(image, run.name.description)
        let content = try bytes(store, trashed)
        try damage(store, trashed, layer)
        switch copy {
        case .nowhere: break
        case .inAnotherRun: builder.write(self.trashed(image, "1000-3600-1"), content)
        case .inItsPlace: builder.write(RegistryLayout.blob(image), content)
        }
        var request = RegistryCollection(root: store.path, target: .named([.init(try #require(.init("a:v2")))]))
        request.minimumAge = .zero
        let report = try await store.service(after: 60).collect(request, isDryRun: false)
        #expect(report.failures == [])
        #expect(isThere(store, RegistryLayout.layer(layer, of: Self.name)) && isThere(store, RegistryLayout.blob(layer)))
        #expect(!isThere(store, RegistryLayout.tag(EntryName("v2"), of: Self.name)))
        let link = "\(store.path)/docker/registry/v2/_hook/trash/\(run.name)/repositories/a/_manifests/revisions/sha256/\(image.hex)"
        if copy == .nowhere {
            #expect(report.problems.map(\.path) == [link])
            #expect(
                report.problems.map(\.message) == [
                    "a manifest that is kept in the trash is damaged, so that what it needs is not known: its content is not what its digest names; "
                        + "'a' is kept whole until the run's period is over, or the manifest is sound again"
                ]
            )
            #expect(report.problems.map(\.breaksImages) == [false])
            #expect(isThere(store, RegistryLayout.blob(next.key)) && isThere(store, RegistryLayout.layer(own.key, of: Self.name)))
        } else {
            #expect(report.problems == [])
            #expect(!isThere(store, RegistryLayout.revision(next.key, of: Self.name)))
            #expect(!isThere(store, RegistryLayout.layer(own.key, of: Self.name)))
        }
        // Once the period is over, nothing holds the repository.
        var garbage = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        garbage.deletesUntagged = true
        let last = try await store.service(after: 2 * 86400).collect(garbage, isDryRun: false)
        #expect(last.failures == [] && last.problems == [])
        #expect(!isThere(store, RegistryLayout.layer(layer, of: Self.name)))
    }

    // MARK: What a push names

    @Test func whatADamagedManifestThatIsPushedNamesIsNotKnownAndTheOtherPushIsMadeWhole() async throws {
        let (store, image, layer) = makeStore()
        let builder = store.builder
        let (config, own) = (builder.blob(Array("config".utf8)), builder.blob(Array("own".utf8)))
        let sound = builder.image(config, [own], in: "b")
        // Nothing links them any more; one of the manifests is damaged in its place, where the registry finds it and does not write it again.
        for (key, name) in [(image, "a"), (sound.key, "b")] { builder.remove(RegistryLayout.revision(key, of: EntryName(name))) }
        try damage(store, RegistryLayout.blob(image), layer)
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        let path = store.path
        let service = store.service(meanwhile: {
            let pusher = StoreBuilder(path: path)
            for (key, name) in [(image, "a"), (sound.key, "b")] {
                pusher.linkRevision(key, in: name)
                pusher.tag("v1", key, in: name)
            }
        })
        let report = try await service.collect(request, isDryRun: false)
        let blob = "\(store.path)/docker/registry/v2/\(RegistryLayout.blob(image))"
        #expect(
            report.failures.map(\.message).filter { $0.contains("content") } == [
                "the manifest '\(RegistryLayout.blob(image))' is damaged: its content is not what its digest names"
            ],
            "\(report.failures)"
        )
        #expect(report.problems.contains { $0.kind == "damaged-manifest" && $0.path == blob })
        // What the sound one names is back in its repository, and what the damaged one named is in the trash.
        for key in [sound.key, own.key] { #expect(isThere(store, RegistryLayout.blob(key))) }
        #expect(isThere(store, RegistryLayout.layer(own.key, of: EntryName("b"))))
        let run = try #require(report.trash)
        #expect(isThere(store, RegistryLayout.blob(layer)) || isThere(store, trashed(layer, run)))
        // It stays there however late it gets, until the manifest is sound again.
        _ = try await store.service(after: 10 * 86400).collect(request, isDryRun: false)
        #expect(isThere(store, RegistryLayout.blob(layer)) || isThere(store, trashed(layer, run)))
    }
}
