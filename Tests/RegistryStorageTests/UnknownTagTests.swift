import Foundation
import Glibc
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// Tags of which nobody knows what they name can be deleted by name.
@Suite struct UnknownTagTests {
    /// What is wrong with the link of a tag.
    enum Damage: CaseIterable {
        case isEmpty, isNoDigest, isNoFile, isMissing

        func apply(_ link: EntryName, _ builder: StoreBuilder) {
            switch self {
            case .isEmpty: builder.write(link, [])
            case .isNoDigest: builder.write(link, Array("sha256:../../etc".utf8))
            case .isNoFile:
                builder.remove(link)
                symlink("elsewhere", builder.full(link))
            case .isMissing: builder.remove(link)
            }
        }
    }

    private static let name = EntryName("a")

    private func request(_ store: TemporaryStore, _ pattern: String) throws -> RegistryCollection {
        RegistryCollection(root: store.path, target: .named([.init(try #require(ReferencePattern(pattern)))]))
    }

    private func tags(_ store: TemporaryStore) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: store.builder.full(RegistryLayout.tags(of: Self.name))))?.sorted() ?? []
    }

    /// Two images of `a`, and a tag of one of them that is damaged.
    private func fill(_ store: TemporaryStore, _ damage: Damage) {
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [builder.blob(Array("layer".utf8))], in: "a").key, in: "a")
        builder.tag("v2", builder.image(config, [], in: "a").key, in: "a")
        damage.apply(RegistryLayout.tagLink(EntryName("v1"), of: Self.name), builder)
    }

    @Test(arguments: Damage.allCases) func aDamagedTagGoesByNameAndEverythingElseStays(damage: Damage) async throws {
        let store = TemporaryStore()
        fill(store, damage)
        let kept = store.files().filter { !$0.contains("/tags/v1/") }
        let request = try request(store, "a:v1")
        let note =
            "what 'a:v1' named cannot be told, so that 'a' keeps everything else; a later registry-gc with 'delete-untagged' frees what no tag "
            + "reaches"
        let planned = try await store.service().collect(request, isDryRun: true)
        let report = try await store.service().collect(request, isDryRun: false)
        for report in [planned, report] {
            #expect(report.groups.map(\.counts) == [[.init("tag", 1)]])
            #expect(report.problems == [] && report.failures == [] && report.unmatched == [] && report.notes == [note])
        }
        #expect(tags(store) == ["v2"] && store.files() == kept)
        var garbage = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        garbage.deletesUntagged = true
        let collected = try await store.service(after: 7200).collect(garbage, isDryRun: false)
        #expect(collected.failures == [] && collected.problems == [])
        #expect(store.files().filter { $0.contains("/revisions/") }.count == 1)
    }

    @Test(arguments: Damage.allCases) func aDamagedTagStaysThatIsPushedMeanwhile(damage: Damage) async throws {
        let store = TemporaryStore()
        fill(store, damage)
        let builder = store.builder
        let root = try StorageRoot(path: store.path)
        let plan = try await StorageCollector(root: root, policy: DeletionTests.policy(tags: ["a:v1"])).plan()
        let link = RegistryLayout.tagLink(EntryName("v1"), of: Self.name)
        if damage == .isNoFile { builder.remove(link) }
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        builder.setModified(link, 1_000_000_000)
        let before = store.files()
        var options = SweepOptions(process: 1)
        options.settle = 0
        let report = try await Sweeper(plan, options: options).execute()
        #expect(report.spared == [link.parent.parent] && report.removed == [:])
        #expect(store.files() == before)
    }

    @Test(arguments: Damage.allCases) func aRepositoryThatGoesTakesItsDamagedLinksAlong(damage: Damage) async throws {
        let store = TemporaryStore()
        fill(store, damage)
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("other".utf8)), [], in: "b").key, in: "b")
        let kept = store.files().filter { $0.hasPrefix("repositories/b/") }
        let bare = builder.image(builder.blob(Array("config".utf8)), [builder.blob(Array("lost".utf8))], in: "a")
        builder.remove(RegistryLayout.blob(bare.key))
        builder.write(RegistryLayout.revision(bare.key, of: Self.name), [])
        let request = try request(store, "a")
        let planned = try await store.service().collect(request, isDryRun: true)
        let report = try await store.service().collect(request, isDryRun: false)
        for report in [planned, report] {
            let counts = try #require(report.groups.first { $0.subject == "a" }).counts
            #expect(counts.first == .init("tag", 2) && counts.contains(.init("revision", 3)))
            #expect(report.problems == [] && report.failures == [] && report.notes == [])
        }
        #expect(store.files().filter { $0.hasPrefix("repositories/") } == kept)
        // All of it comes back as it was.
        let run = try #require(try Trash(root: StorageRoot(path: store.path)).runs().first)
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(restoration.failures == [] && restoration.occupied == [])
    }
}
