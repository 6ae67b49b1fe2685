import Foundation
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
}
