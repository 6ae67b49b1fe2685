import Foundation
import Glibc
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// A link to a manifest that is nowhere and that nothing names does not keep its repository whole for ever: a repair takes it.
@Suite struct LostManifestTests {
    private static let name = EntryName("app")

    private func repair(_ store: TemporaryStore) -> RegistryCheck {
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        return request
    }

    private func garbage(_ store: TemporaryStore) -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.minimumAge = .zero
        return request
    }

    /// Two images that were pushed as one tag, of which the first has lost its blob; what the first was.
    private func pushTwice(_ builder: StoreBuilder) -> (lost: StoreBuilder.Part, layer: StoreBuilder.Part, kept: StoreBuilder.Part) {
        let layer = builder.blob(Array("first layer".utf8))
        let lost = builder.image(builder.blob(Array("first".utf8)), [layer], in: "app")
        builder.tag("v4", lost.key, in: "app")
        let kept = builder.image(builder.blob(Array("second".utf8)), [], in: "app")
        builder.tag("v4", kept.key, in: "app")
        builder.remove(RegistryLayout.blob(lost.key))
        rmdir(builder.full(RegistryLayout.blob(lost.key).parent))
        return (lost, layer, kept)
    }

    private func path(_ store: TemporaryStore, _ path: EntryName) -> String { "\(store.path)/docker/registry/v2/\(path)" }

    @Test func aLinkToAManifestThatIsNowhereGoesToTheTrashAndEverythingIsCollected() async throws {
        let store = TemporaryStore()
        let (lost, layer, kept) = pushTwice(store.builder)
        let link = RegistryLayout.revision(lost.key, of: Self.name)
        let before = store.files()
        let stuck = try await store.service().collect(garbage(store), isDryRun: false)
        #expect(stuck.problems.map(\.kind) == ["missing-manifest"] && store.files() == before)
        let planned = try await store.service().check(repair(store), isDryRun: true)
        #expect(store.files() == before && planned.problems.map(\.kind) == ["missing-manifest"])
        let counts = [RegistryStoreReport.Count("tag-entry", 1), RegistryStoreReport.Count("revision", 1)]
        #expect(planned.groups.map(\.counts) == [counts] && planned.groups.map(\.subject) == ["app"])
        #expect(planned.groups.flatMap(\.removals).last.map(\.path) == path(store, link))
        #expect(planned.groups.flatMap(\.removals).last.map(\.reason) == "lost")
        #expect(planned.notes == ["1 link to a manifest that nothing names and whose blob is missing would go to the trash"])
        var request = repair(store)
        request.expected = planned.groups.flatMap { group in group.removals.map { $0.change(subject: group.subject) } }
        let report = try await store.service().check(request, isDryRun: false)
        #expect(report.failures == [] && report.problems.filter(\.breaksImages) == [] && report.groups.map(\.counts) == [counts])
        let run = try #require(Trash(root: StorageRoot(path: store.path)).runs().first)
        #expect(
            report.notes == [
                "1 link to a manifest that nothing names and whose blob is missing went to the trash "
                    + "('\(path(store, RegistryLayout.trash(of: run.name)))')"
            ]
        )
        #expect(!store.files().contains(link.description))
        #expect(before.subtracting(store.files()).allSatisfy { $0.contains(lost.key.hex) })
        // The collection is free again.
        let done = try await store.service(after: 60).collect(garbage(store), isDryRun: false)
        #expect(done.problems == [] && done.failures == [])
        #expect(!store.files().contains(RegistryLayout.blob(layer.key).description))
        #expect(store.files().contains(RegistryLayout.blob(kept.key).description))
        #expect(try await store.check().broken == [])
    }

    @Test func theLinkComesBackOutOfTheTrashWhenItsBlobIsThereAgain() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (lost, layer, _) = pushTwice(builder)
        _ = try await store.service().check(repair(store), isDryRun: false)
        let trash = Trash(root: try StorageRoot(path: store.path))
        let run = try #require(trash.runs().first)
        let link = RegistryLayout.revision(lost.key, of: Self.name)
        #expect(try !trash.restore(run).restored.contains(link) && !store.files().contains(link.description))
        // Somebody puts the blob back.
        let again = builder.image(builder.blob(Array("first".utf8)), [layer], in: "elsewhere")
        #expect(again.key == lost.key)
        #expect(try trash.restore(run).restored.contains(link))
        #expect(try await store.check().broken == [])
    }

    /// What keeps a link although its blob is missing.
    enum Reason: CaseIterable {
        case tag, tagElsewhere, index, referrer, subjectTag, youth, otherDamage, tagInTheTrash, copyInTheTrash
    }

    @Test(arguments: Reason.allCases) func aLinkStaysThatSomethingMayNeed(reason: Reason) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "app").key, in: "app")
        let lost = builder.image(config, [config], in: "app")
        var now = TemporaryStore.tomorrow
        switch reason {
        case .tag: builder.tag("lost", lost.key, in: "app")
        case .tagElsewhere:
            builder.linkRevision(lost.key, in: "other")
            builder.tag("lost", lost.key, in: "other")
        case .index: builder.index([lost], in: "other")
        case .referrer: builder.image(config, [config, config], subject: lost, in: "other")
        case .subjectTag: builder.tag("sha256-\(lost.key.hex).sig", builder.image(config, [config, config], in: "app").key, in: "app")
        case .youth: now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        case .otherDamage: builder.write(RegistryLayout.tagLink(EntryName("v1"), of: Self.name), [])
        case .tagInTheTrash:
            let tag = RegistryLayout.tagLink(EntryName("lost"), of: Self.name)
            let run = EntryName("\(now / 1_000_000_000 - 60)-\(30 * 86400)-1")
            builder.write(RegistryLayout.trash(of: run).appending(tag), Array(lost.key.description.utf8))
        case .copyInTheTrash: try store.trash(lost)
        }
        builder.linkRevision(lost.key, in: "app")
        if reason != .youth { builder.setModified(RegistryLayout.revision(lost.key, of: Self.name), 1_000_000_000_000_000_000) }
        if reason != .copyInTheTrash { builder.remove(RegistryLayout.blob(lost.key)) }
        struct NoRegistry: Error {}
        let time = Timestamp(nanoseconds: now)
        let service = LocalRegistryStores(process: 1, cores: 1, now: { time }, wait: { _ in }, connect: { _ in throw NoRegistry() })
        let report = try await service.check(repair(store), isDryRun: false)
        #expect(store.files().contains(RegistryLayout.revision(lost.key, of: Self.name).description))
        #expect(report.groups.flatMap(\.counts).allSatisfy { $0.kind != "revision" })
    }

    @Test func aDamagedManifestWithoutItsTagIsEndedByARepair() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layer = builder.blob(Array("layer".utf8))
        let image = builder.image(builder.blob(Array("config".utf8)), [layer], in: "app")
        builder.tag("v1", image.key, in: "app")
        builder.tag("v2", builder.image(builder.blob(Array("other".utf8)), [], in: "app").key, in: "app")
        let blob = RegistryLayout.blob(image.key)
        builder.write(blob, Array(try Data(contentsOf: URL(fileURLWithPath: builder.full(blob)))) + [0x20])
        builder.remove(RegistryLayout.tagLink(EntryName("v1"), of: Self.name))
        let first = try await store.service().check(repair(store), isDryRun: false)
        #expect(Set(first.problems.filter(\.breaksImages).map(\.kind)) == ["missing-manifest", "tag-without-link"])
        let request = RegistryCollection(root: store.path, target: .named([.init(try #require(ReferencePattern("app:v1")))]))
        let deletion = try await store.service(after: 60).collect(request, isDryRun: false)
        #expect(deletion.groups.map(\.counts) == [[.init("tag", 1)]])
        let stuck = try await store.service(after: 120).collect(garbage(store), isDryRun: false)
        #expect(stuck.problems.map(\.kind).contains("missing-manifest"))
        let second = try await store.service(after: 180).check(repair(store), isDryRun: false)
        #expect(second.failures == [] && second.problems.filter(\.breaksImages) == [])
        let done = try await store.service(after: 240).collect(garbage(store), isDryRun: false)
        #expect(done.problems == [] && done.failures == [])
        #expect(!store.files().contains(RegistryLayout.blob(layer.key).description))
        #expect(try await store.check().broken == [])
    }

    @Test func aLinkThatAPushWritesMeanwhileStays() async throws {
        let store = TemporaryStore()
        let (lost, layer, _) = pushTwice(store.builder)
        let (path, isPushed) = (store.path, Once())
        // When the link is about to go, a push has written the manifest again and tagged it.
        let calls = SystemCalls { call in
            guard call == .rename, isPushed.take() else { return nil }
            let pusher = StoreBuilder(path: path)
            let again = pusher.image(pusher.blob(Array("first".utf8)), [layer], in: "app")
            pusher.tag("again", again.key, in: "app")
            return nil
        }
        let report = try await store.service(calls: calls).check(repair(store), isDryRun: false)
        #expect(report.failures == [] && !isPushed.take())
        #expect(store.files().contains(RegistryLayout.revision(lost.key, of: Self.name).description))
        #expect(try await store.check().broken == [])
    }
}
