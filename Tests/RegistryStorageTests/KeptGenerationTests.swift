import Foundation
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// Where the image that a tag names is damaged, what the tag named before may be all that works, and stays.
@Suite struct KeptGenerationTests {
    private static let name = EntryName("a")
    private static let link = RegistryLayout.tagLink(EntryName("v1"), of: name)

    /// The image that a tag names, of an index, and what it named before; and a repository beside it with garbage.
    struct Images {
        let index: StoreBuilder.Part
        let image: StoreBuilder.Part
        let config: StoreBuilder.Part
        let layer: StoreBuilder.Part
        let garbage: StoreBuilder.Part

        init(_ builder: StoreBuilder) {
            layer = builder.blob(Array("layer".utf8))
            let former = builder.image(builder.blob(Array("former config".utf8)), [builder.blob(Array("former layer".utf8))], in: "a")
            builder.tag("v1", former.key, in: "a")
            config = builder.blob(Array("config".utf8))
            image = builder.image(config, [layer], in: "a")
            index = builder.index([image], in: "a")
            builder.tag("v1", index.key, in: "a")
            garbage = builder.blob(Array("garbage".utf8))
            builder.tag("v1", builder.image(builder.blob(Array("other".utf8)), [], in: "b").key, in: "b")
            builder.image(builder.blob(Array("other".utf8)), [garbage], in: "b")
        }
    }

    enum Damage: CaseIterable {
        case tagLink, flippedDigit, otherObject, indexFlipped, layer, config, child, childLink

        /// What is reported.
        var kind: StorageProblem.Kind {
            switch self {
            case .tagLink: .tagWithoutLink
            case .flippedDigit, .otherObject, .indexFlipped: .damagedManifest
            case .layer, .config: .missingBlob
            case .child: .missingManifest
            case .childLink: .missingLink
            }
        }

        func apply(_ images: Images, _ builder: StoreBuilder) throws {
            /// A digest's digit differs in one bit.
            func flip(_ key: BlobKey, in manifest: StoreBuilder.Part) throws {
                let path = RegistryLayout.blob(manifest.key)
                let text = try String(contentsOfFile: builder.full(path), encoding: .utf8)
                let last = try #require(key.hex.last)
                let flipped = "\(key.hex.dropLast())\(last == "0" ? "1" : "0")"
                builder.write(path, Array(text.replacing(key.hex, with: flipped).utf8))
            }
            switch self {
            case .tagLink: builder.remove(link)
            case .flippedDigit: try flip(images.layer.key, in: images.image)
            case .otherObject: builder.write(RegistryLayout.blob(images.image.key), Array("{}".utf8))
            case .indexFlipped: try flip(images.image.key, in: images.index)
            case .layer: try remove(images.layer)
            case .config: try remove(images.config)
            case .child: try remove(images.image)
            case .childLink: builder.deleteRevision(images.image.key, in: "a")
            }
            func remove(_ part: StoreBuilder.Part) throws {
                let path = builder.full(RegistryLayout.blob(part.key).parent)
                try FileManager.default.removeItem(atPath: path)
            }
        }
    }

    @Test(arguments: Damage.allCases, [false, true])
    func nothingGoesOfARepositoryWhoseTaggedImageIsDamaged(damage: Damage, deletesUntagged: Bool) async throws {
        let store = TemporaryStore()
        let images = Images(store.builder)
        try damage.apply(images, store.builder)
        let policy = TemporaryStore.policy { if deletesUntagged { $0.untagged = .removed(keepLast: 0, olderThan: 0) } }
        let before = store.files()
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(plan.wholeRepositories == [Self.name])
        #expect(Set(plan.problems.filter { $0.repository == Self.name }.map(\.kind)) == [damage.kind])
        let report = try await store.collect(policy)
        #expect(report.failures == [])
        let lost = before.subtracting(store.files())
        #expect(lost.filter { !$0.hasPrefix("repositories/b/") && !$0.hasPrefix("blobs/") } == [])
        // The rest is collected.
        let garbage = RegistryLayout.blob(images.garbage.key).description
        let itself = lost.filter { $0.hasPrefix("blobs/") }
        #expect(deletesUntagged ? itself.contains(garbage) && itself.count == 2 : itself.isEmpty, "\(itself)")
        // What is checked says the same of the image.
        #expect(try await store.check().broken.contains { $0.kind == damage.kind && $0.repository == Self.name })
    }

    @Test(arguments: Damage.allCases) func theDamagedTagGoesByName(damage: Damage) async throws {
        let store = TemporaryStore()
        try damage.apply(Images(store.builder), store.builder)
        let request = RegistryCollection(root: store.path, target: .named([.init(try #require(ReferencePattern("a:v1")))]))
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(report.failures == [] && report.unmatched == [])
        #expect(report.groups.first { $0.subject == "a" }?.counts.first == .init("tag", 1))
        #expect(!store.files().contains(Self.link.description))
    }

    /// What lacks something, or seems to, and keeps nothing else.
    enum Harmless: CaseIterable {
        case untagged, foreignLayer, buildCache, unknownType, inTrash, emptyTag, emptyIndex

        func apply(_ images: Images, _ store: TemporaryStore) throws {
            let builder = store.builder
            let lost = StoreBuilder.Part(key: BlobHash.digest(of: Array("lost".utf8)), size: 4)
            switch self {
            case .untagged: builder.image(images.config, [lost], in: "a")
            case .foreignLayer: builder.tag("v2", builder.foreignImage(images.config, lost, in: "a").key, in: "a")
            case .buildCache:
                builder.linkLayer(images.layer.key, in: "a")
                builder.tag("cache", builder.index([images.layer], in: "a").key, in: "a")
            case .unknownType:
                let text = "{\"schemaVersion\":2,\"mediaType\":\"application/x-unknown\",\"names\":[\"\(lost.key)\"]}"
                builder.tag("v2", builder.manifest(text, in: "a").key, in: "a")
            case .inTrash: try store.trash(images.layer)
            case .emptyTag: builder.makeDirectory(builder.full(RegistryLayout.tag(EntryName("v2"), of: name)))
            case .emptyIndex: builder.makeDirectory(builder.full(RegistryLayout.tagEntry(lost.key, EntryName("v2"), of: name).parent))
            }
        }
    }

    @Test(arguments: Harmless.allCases) func whatLacksNothingThatIsNeededIsCollected(harmless: Harmless) async throws {
        let store = TemporaryStore()
        let images = Images(store.builder)
        let former = store.files().filter { $0.hasPrefix("repositories/a/_manifests/revisions/") }.count
        try harmless.apply(images, store)
        let policy = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(plan.wholeRepositories == [] && plan.problems.filter(\.breaksImages) == [])
        #expect(plan.count(of: .revision) == (harmless == .untagged ? 3 : 2))
        let report = try await store.collect(policy)
        #expect(report.failures == [])
        let isMore = [.foreignLayer, .buildCache, .unknownType].contains(harmless)
        #expect(store.files().filter { $0.hasPrefix("repositories/a/_manifests/revisions/") }.count == former - (isMore ? 0 : 1))
        #expect(store.files().contains(RegistryLayout.blob(images.layer.key).description))
    }

    @Test func aTagWhoseIndexIsYoungBelongsToAPush() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let images = Images(builder)
        let pushed = builder.image(images.config, [], in: "a")
        builder.tag("v2", pushed.key, in: "a")
        let tag = EntryName("v2")
        builder.remove(RegistryLayout.tagLink(tag, of: Self.name))
        for path in [RegistryLayout.tagEntry(pushed.key, tag, of: Self.name), RegistryLayout.revision(pushed.key, of: Self.name)] {
            builder.setModified(path, TemporaryStore.tomorrow - 60_000_000_000)
        }
        let policy = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(plan.wholeRepositories == [] && plan.problems == [])
        #expect(plan.count(of: .revision) == 2)
        try await store.collect(policy)
        #expect(store.files().contains(RegistryLayout.revision(pushed.key, of: Self.name).description))
    }

    @Test func oneRepositoryThatIsKeptWholeMayShowThatAnotherLacksSomething() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let images = Images(builder)
        // The signature belongs to what `a` no longer needs, and lacks its layer.
        let lost = StoreBuilder.Part(key: BlobHash.digest(of: Array("lost".utf8)), size: 4)
        let subject = builder.image(images.config, [images.layer, images.config], in: "a")
        builder.image(images.config, [lost], subject: subject, in: "signatures")
        let former = builder.image(builder.blob(Array("former".utf8)), [], in: "signatures")
        let policy = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }
        let sound = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(sound.wholeRepositories == [])
        try Damage.layer.apply(images, builder)
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(plan.wholeRepositories == [Self.name, EntryName("signatures")])
        try await store.collect(policy)
        #expect(store.files().contains(RegistryLayout.revision(former.key, of: EntryName("signatures")).description))
    }

    /// What a manifest is instead of an image, and what the collection and the check say of it.
    @Test(arguments: [
        ("null", StorageProblem.Kind.damagedManifest, true), ("[]", .damagedManifest, true), ("7", .damagedManifest, true),
        ("{}", .unknownMediaType, false),
    ])
    func aManifestThatIsNoneIsNotPassedOver(text: String, kind: StorageProblem.Kind, breaksImages: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.manifest(text, in: "a").key, in: "a")
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: TemporaryStore.policy()).plan()
        for problems in [plan.problems, try await store.check().problems] {
            #expect(problems.map(\.kind) == [kind] && problems.map(\.breaksImages) == [breaksImages], "\(problems)")
        }
    }

    @Test(arguments: ["", "\"signatures\":[{\"header\":{\"alg\":\"ES256\"}}],"])
    func aManifestOfTheFirstSchemaIsWhatItsDigestNames(signatures: String) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layer = builder.blob(Array("layer".utf8))
        builder.linkLayer(layer.key, in: "a")
        let layers = "\"fsLayers\":[{\"blobSum\":\"\(layer.key)\"}]"
        let text = "{\"schemaVersion\":1,\(signatures)\"name\":\"a\",\"tag\":\"v1\",\(layers),\"history\":[]}"
        builder.tag("v1", builder.manifest(text, in: "a").key, in: "a")
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: TemporaryStore.policy()).plan()
        #expect(plan.problems == [] && plan.isEmpty)
        #expect(try await store.check().problems == [])
    }

    /// What of a repository cannot be looked into.
    @Test(arguments: ["repositories/a/_manifests/revisions/sha256", "repositories/a/_layers/sha256"])
    func aBlobIsNotCalledUnnamedWhereSomethingCannotBeListed(path: String) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "b").key, in: "b")
        let orphan = builder.blob(Array("orphan".utf8))
        #expect(try await store.check().problems.map(\.path) == [RegistryLayout.blob(orphan.key)])
        builder.write(EntryName(path), [])
        #expect(try await store.check().problems.map(\.kind) == [.unreadable])
        try FileManager.default.removeItem(atPath: builder.full(EntryName("repositories/a")))
        try FileManager.default.createSymbolicLink(atPath: builder.full(EntryName("repositories/a")), withDestinationPath: "b")
        #expect(try await store.check().problems.map(\.kind) == [.unreadable])
        try FileManager.default.removeItem(atPath: builder.full(EntryName("repositories/a")))
        builder.write(EntryName("repositories/a"), [])
        #expect(try await store.check().problems.map(\.kind) == [.unreferencedBlob, .unknownEntry])
    }
}
