import Foundation
import Glibc
import RegistryStorage
import StorageFixtures
import Testing

@Suite struct DamagedStoreTests {
    /// What is done to a repository, and what its problem is called.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let kind: StorageProblem.Kind
        let apply: @Sendable (StoreBuilder, _ tagged: BlobKey, _ untagged: BlobKey) -> Void
    }

    static func link(_ builder: StoreBuilder, _ path: EntryName, to target: String) {
        let full = builder.full(path)
        rename(full, full + ".moved")
        symlink(target, full)
    }

    static let nested =
        "{\"schemaVersion\":2,\"layers\":[],\"x\":" + String(repeating: "[", count: 10000) + String(repeating: "]", count: 10000) + "}"

    static let damages: [Damage] = [
        Damage(testDescription: "empty revision link", kind: .emptyLink) { builder, _, untagged in
            builder.write(RegistryLayout.revision(untagged, of: EntryName("bad")), [])
        },
        Damage(testDescription: "empty tag link", kind: .emptyLink) { builder, _, _ in
            builder.write(RegistryLayout.tagLink(EntryName("v1"), of: EntryName("bad")), [])
        },
        Damage(testDescription: "upper-case hex", kind: .damagedLink) { builder, tagged, _ in
            builder.write(RegistryLayout.tagLink(EntryName("v1"), of: EntryName("bad")), Array("sha256:\(tagged.hex.uppercased())".utf8))
        },
        Damage(testDescription: "path in a link", kind: .damagedLink) { builder, _, _ in
            builder.write(RegistryLayout.tagLink(EntryName("v1"), of: EntryName("bad")), Array("sha256:../../../../../../etc/passwd".utf8))
        },
        Damage(testDescription: "zero bytes in a link", kind: .damagedLink) { builder, _, untagged in
            builder.write(RegistryLayout.revision(untagged, of: EntryName("bad")), [UInt8](repeating: 0, count: 71))
        },
        Damage(testDescription: "a megabyte of link", kind: .damagedLink) { builder, _, untagged in
            builder.write(RegistryLayout.revision(untagged, of: EntryName("bad")), [UInt8](repeating: 0x61, count: 1 << 20))
        },
        Damage(testDescription: "link of another algorithm", kind: .damagedLink) { builder, _, untagged in
            builder.write(RegistryLayout.revision(untagged, of: EntryName("bad")), Array("md5:d41d8cd98f00b204e9800998ecf8427e".utf8))
        },
        Damage(testDescription: "missing manifest", kind: .missingManifest) { builder, _, untagged in
            builder.remove(RegistryLayout.blob(untagged))
        },
        Damage(testDescription: "truncated manifest", kind: .damagedManifest) { builder, _, untagged in
            builder.write(RegistryLayout.blob(untagged), Array("{\"layers\":[{\"digest\":".utf8))
        },
        Damage(testDescription: "empty manifest", kind: .damagedManifest) { builder, _, untagged in
            builder.write(RegistryLayout.blob(untagged), [])
        },
        Damage(testDescription: "ten thousand levels", kind: .damagedManifest) { builder, _, untagged in
            builder.write(RegistryLayout.blob(untagged), Array(nested.utf8))
        },
        Damage(testDescription: "a hundred megabytes", kind: .damagedManifest) { builder, _, untagged in
            builder.write(RegistryLayout.blob(untagged), [UInt8](repeating: 0x20, count: 100 << 20))
        },
        Damage(testDescription: "a layer without a digest", kind: .damagedManifest) { builder, _, untagged in
            builder.write(RegistryLayout.blob(untagged), Array("{\"schemaVersion\":2,\"layers\":[{\"size\":1}]}".utf8))
        },
        Damage(testDescription: "tag of a manifest that is not there", kind: .danglingTag) { builder, _, _ in
            builder.tag("v2", BlobHash.digest(of: [1]), in: "bad")
        },
        Damage(testDescription: "symbolic link as a tag", kind: .unknownEntry) { builder, _, _ in
            link(builder, RegistryLayout.tag(EntryName("v1"), of: EntryName("bad")), to: "v1.moved")
        },
        Damage(testDescription: "symbolic link as a link", kind: .unreadable) { builder, _, untagged in
            link(builder, RegistryLayout.revision(untagged, of: EntryName("bad")), to: "link.moved")
        },
        Damage(testDescription: "link of another algorithm's directory", kind: .otherAlgorithm) { builder, _, _ in
            let hex = String(repeating: "a", count: 128)
            builder.write(
                EntryName("repositories/bad/_layers/sha512/\(hex)/link"),
                Array(BlobHash.digest(of: Array("orphan".utf8)).description.utf8)
            )
        },
    ]

    @Test(arguments: damages) func aDamagedRepositoryIsKeptWholeAndTheRestIsCollected(damage: Damage) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let bad = builder.blob(Array("only in bad".utf8))
        let good = builder.blob(Array("only in good".utf8))
        builder.blob(Array("orphan".utf8))
        let tagged = builder.image(config, [], in: "bad")
        let untagged = builder.image(config, [bad], in: "bad")
        builder.linkLayer(bad.key, in: "bad")
        builder.tag("v1", tagged.key, in: "bad")
        let kept = builder.image(config, [], mediaType: nil, in: "good")
        let removed = builder.image(config, [good], in: "good")
        builder.tag("v1", kept.key, in: "good")
        damage.apply(builder, tagged.key, untagged.key)
        let before = store.files().filter { $0.hasPrefix("repositories/bad") }
        let policy = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(plan.problems.contains { $0.kind == damage.kind && $0.repository == EntryName("bad") }, "\(plan.problems)")
        #expect(plan.wholeRepositories == [EntryName("bad")])
        let report = try await store.collect(policy)
        #expect(report.failures == [])
        let files = store.files()
        #expect(files.filter { $0.hasPrefix("repositories/bad") } == before)
        #expect(files.contains(RegistryLayout.blob(bad.key).description))
        #expect(!files.contains(RegistryLayout.revision(removed.key, of: EntryName("good")).description))
        #expect(!files.contains(RegistryLayout.blob(good.key).description))
        // A link of another algorithm keeps the blob that it names.
        #expect(
            files.contains(RegistryLayout.blob(BlobHash.digest(of: Array("orphan".utf8))).description) == (damage.kind == .otherAlgorithm)
        )
    }

    @Test func whatCannotBeListedForbidsTheRemovalOfAnyBlob() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let builder = store.builder
        builder.makeDirectory(builder.full(EntryName("repositories/real")))
        symlink("real", builder.full(EntryName("repositories/alias")))
        let blobs = store.files().filter { $0.hasPrefix("blobs") }
        let policy = FaultTests.policy
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(
            plan.unlistable.map(\.description) == [
                "repositories/alias: a symbolic link is not followed, so that what it names is not known"
            ]
        )
        #expect(plan.count(of: .blob) == 0)
        #expect(plan.count(of: .revision) > 0)
        try await store.collect(policy)
        #expect(store.files().filter { $0.hasPrefix("blobs") } == blobs)
    }

    @Test func namesWithControlCharactersAreKeptAndPrintedEscaped() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a\nb")
        let policy = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
        #expect(plan.isEmpty)
        #expect(
            plan.problems.map(\.description) == [
                "repositories/a\\x0ab: the directory's name is not one that a registry gives to a repository; everything in it is kept"
            ]
        )
        try await store.collect(policy)
        #expect(store.files().contains(RegistryLayout.blob(image.key).description))
    }

    @Test func anIndexThatContainsItselfAndAMillionLayersEndSoon() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let index = builder.index([StoreBuilder.Part(key: BlobHash.digest(of: [7]), size: 1)], in: "a")
        let itself = StoreBuilder.indexText([index])
        builder.write(RegistryLayout.blob(index.key), Array(itself.utf8))
        builder.tag("v1", index.key, in: "a")
        let part = builder.blob(Array("part".utf8))
        let entry = "{\"digest\":\"\(part.key)\"}"
        let layers = "{\"schemaVersion\":2,\"layers\":[" + String(repeating: entry + ",", count: 1_000_000) + entry + "]}"
        // The content does not have this digest; hashing so much takes long without optimisation, and nobody compares.
        let large = BlobHash.digest(of: Array("a million layers".utf8))
        builder.write(RegistryLayout.blob(large), Array(layers.utf8))
        builder.linkRevision(large, in: "b")
        builder.linkLayer(part.key, in: "b")
        let plan = try await StorageCollector(root: StorageRoot(path: store.path), policy: TemporaryStore.policy()).plan()
        #expect(plan.isEmpty)
        // No index has its own digest.
        #expect(plan.wholeRepositories == [EntryName("a"), EntryName("b")])
    }

    @Test func aPathWithoutAStoreIsRefused() throws {
        let store = TemporaryStore()
        #expect {
            _ = try StorageRoot(path: store.path + "/docker")
        } throws: { error in
            "\(error)" == "'\(store.path)/docker' is no registry's storage: it holds neither 'docker/registry/v2' nor 'repositories'"
        }
        #expect(try StorageRoot(path: store.path + "/docker/registry/v2").basePath == StorageRoot(path: store.path).basePath)
    }

    @Test func anotherCollectorHoldsTheLock() throws {
        let store = TemporaryStore()
        let root = try StorageRoot(path: store.path)
        #expect(try StorageLock.isHeld(root) == false)
        let lock = try StorageLock(root)
        #expect(try StorageLock.isHeld(StorageRoot(path: store.path)))
        #expect(
            throws: RegistryStorageError(.busy, "another collector holds '\(root.basePath)/_hook/lock'; try again when it has finished")
        ) {
            try StorageLock(StorageRoot(path: store.path))
        }
        withExtendedLifetime(lock) {}
    }
}
