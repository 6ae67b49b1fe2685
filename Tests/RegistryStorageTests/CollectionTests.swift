import Foundation
import Glibc
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

@Suite struct CollectionTests {
    static let untagged = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }

    private func plan(_ store: TemporaryStore, _ policy: CollectionPolicy) async throws -> SweepPlan {
        try await StorageCollector(root: StorageRoot(path: store.path), policy: policy).plan()
    }

    private func revisions(_ store: TemporaryStore, _ repository: String) -> Set<String> {
        Set(
            store.files().compactMap { file in
                file.hasPrefix("repositories/\(repository)/_manifests/revisions/sha256/")
                    ? file.components(separatedBy: "/").dropLast().last : nil
            }
        )
    }

    @Test func childrenOfATaggedIndexStayToAnyDepth() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let leaf = builder.image(config, [], in: "a")
        let attestation = builder.image(config, [config], in: "a")
        let inner = builder.index([leaf, attestation], in: "a")
        let outer = builder.index([inner], in: "a")
        builder.tag("v1", outer.key, in: "a")
        let loose = builder.index([leaf], in: "a")
        try await store.collect(Self.untagged)
        #expect(revisions(store, "a") == Set([leaf, attestation, inner, outer].map(\.key.hex)))
        #expect(!store.files().contains(RegistryLayout.blob(loose.key).description))
    }

    @Test func referrersOfReferrersAndSignatureTagsGoWithTheirImage() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        let sbom = builder.image(config, [config], subject: image, in: "a")
        let signature = builder.image(config, [config], subject: sbom, in: "a")
        let cosign = builder.image(builder.blob(Array("cosign".utf8)), [], in: "a")
        builder.tag("sha256-\(image.key.hex).sig", cosign.key, in: "a")
        let fallback = builder.index([sbom], in: "a")
        builder.tag("sha256-\(image.key.hex)", fallback.key, in: "a")
        let other = builder.image(config, [], mediaType: nil, in: "a")
        builder.tag("keep", other.key, in: "a")
        builder.tag("v1", image.key, in: "a")
        try await store.collect(Self.untagged)
        #expect(revisions(store, "a") == Set([image, sbom, signature, cosign, fallback, other].map(\.key.hex)))
        builder.tag("v1", other.key, in: "a")
        try await store.collect(Self.untagged)
        #expect(revisions(store, "a") == [other.key.hex])
        #expect(store.files().filter { $0.contains("/tags/sha256-") } == [])
    }

    @Test func anImageIsSoundWhoseForeignLayerOnlyAnotherRepositoryLinks() async throws {
        let store = TemporaryStore()
        let layer = store.makeForeignImage()
        let before = store.files()
        #expect(try await store.check().problems == [])
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(report.problems == [] && report.failures == [])
        #expect(store.files() == before)
        // As long as an image names it, it stays, whoever linked it.
        try await store.collect(DeletionTests.policy(repositories: ["b"]))
        #expect(store.files().contains(RegistryLayout.blob(layer.key).description))
        #expect(try await store.check().problems == [])
    }

    @Test func signaturesInARepositoryOfTheirOwnStayWhereTheirImageIsElsewhere() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "app")
        builder.tag("v1", image.key, in: "app")
        let signature = builder.image(config, [config], in: "signatures")
        builder.tag("sha256-\(image.key.hex).sig", signature.key, in: "signatures")
        let foreign = builder.image(config, [config, config], in: "signatures")
        let elsewhere = BlobHash.digest(of: Array("in another registry".utf8))
        builder.tag("sha256-\(elsewhere.hex).sig", foreign.key, in: "signatures")
        let plan = try await plan(store, Self.untagged)
        #expect(plan.isEmpty)
        #expect(
            plan.problems.map(\.description) == [
                "repositories/signatures: what belongs to \(elsewhere) is kept: nothing tells that this manifest ever was in this store"
            ]
        )
    }

    @Test func keepLastCountsDigestsThatStandForThemselves() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        var images: [StoreBuilder.Part] = []
        for number in 0..<4 {
            let layer = builder.blob(Array("layer \(number)".utf8))
            let image = builder.image(config, [layer], in: "a")
            builder.setModified(RegistryLayout.revision(image.key, of: EntryName("a")), Int64(1_000_000 + number) * 1_000_000_000)
            images.append(image)
        }
        let index = builder.index([images[0]], in: "a")
        builder.setModified(RegistryLayout.revision(index.key, of: EntryName("a")), 2_000_000 * 1_000_000_000)
        let signature = builder.image(config, [config], subject: images[3], in: "a")
        builder.setModified(RegistryLayout.revision(signature.key, of: EntryName("a")), 3_000_000 * 1_000_000_000)
        var policy = Self.untagged
        policy.untagged = .removed(keepLast: 2, olderThan: 0)
        try await store.collect(policy)
        #expect(revisions(store, "a") == Set([index, images[0], images[3], signature].map(\.key.hex)))
    }

    @Test func nothingThatIsYoungGoes() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        // The orphan is young, and so is every link.
        var policy = FaultTests.policy
        policy.now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        policy.uploadsOlderThan = 0
        #expect(try await plan(store, policy).isEmpty)
        // A clock that was set back makes everything younger still.
        policy.now -= 365 * 86400 * 1_000_000_000
        #expect(try await plan(store, policy).isEmpty)
    }

    @Test func aYoungLayerLinkKeepsItsOldBlob() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layer = builder.blob(Array("mounted".utf8))
        let old = builder.blob(Array("old".utf8))
        for part in [layer, old] { builder.setModified(RegistryLayout.blob(part.key), 1_000_000_000) }
        builder.linkLayer(layer.key, in: "a")
        builder.linkLayer(old.key, in: "a")
        builder.setModified(RegistryLayout.layer(old.key, of: EntryName("a")), 1_000_000_000)
        let image = builder.image(builder.blob(Array("config".utf8)), [], in: "b")
        builder.tag("v1", image.key, in: "b")
        let kept = store.files().filter { $0.hasPrefix("repositories/b/") }
        var policy = Self.untagged
        policy.now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        let report = try await store.collect(policy)
        #expect(report.removed == [.blob: 1, .layerLink: 1])
        let left = store.files().subtracting(kept)
        #expect(
            left.isSuperset(of: [RegistryLayout.blob(layer.key), RegistryLayout.layer(layer.key, of: EntryName("a"))].map(\.description))
        )
        #expect(
            left.isDisjoint(with: [RegistryLayout.blob(old.key), RegistryLayout.layer(old.key, of: EntryName("a"))].map(\.description))
        )
    }

    @Test func theDryRunListsExactlyWhatTheRunRemovesAndChangesNothing() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let before = store.files()
        let plan = try await plan(store, FaultTests.policy)
        #expect(store.files() == before)
        #expect(!FileManager.default.fileExists(atPath: store.path + "/docker/registry/v2/_hook"))
        var listed: Set<String> = []
        plan.forEachRemoval { removal in
            let path = removal.path.description
            listed.formUnion(before.filter { $0 == path || $0.hasPrefix(path + "/") })
        }
        try await store.collect(FaultTests.policy)
        #expect(before.subtracting(store.files()) == listed)
    }

    @Test func aPlanIsCarriedOutOnce() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let plan = try await plan(store, FaultTests.policy)
        var options = SweepOptions(process: 1)
        options.settle = 0
        _ = try await Sweeper(plan, options: options).execute()
        await #expect(throws: RegistryStorageError(.planUsed, "the plan for '\(store.path)' was carried out already")) {
            try await Sweeper(plan, options: options).execute()
        }
    }

    @Test func emptyRepositoriesGoUpTheTreeAndOthersStay() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.image(config, [], in: "a/b/c")
        let kept = builder.image(config, [], in: "a/d")
        builder.tag("v1", kept.key, in: "a/d")
        builder.makeDirectory(builder.full(EntryName("repositories/x/y/z")))
        var policy = Self.untagged
        policy.deletesEmptyRepositories = true
        try await store.collect(policy)
        let left = Set(FileManager.default.subpaths(atPath: store.path + "/docker/registry/v2/repositories") ?? [])
        #expect(left.filter { !$0.contains("_") }.sorted() == ["a", "a/d"])
    }

    @Test func uploadsGoByTheirAgeAlsoWithoutTheirStart() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let now = Int64(Date().timeIntervalSince1970)
        for (name, startedAt, age) in [("old", "2020-01-01T00:00:00Z", 30), ("lost", nil, 30), ("fresh", "2020-01-01T00:00:00Z", 0)]
            as [(String, String?, Int64)]
        {
            builder.upload(name, startedAt: startedAt, bytes: [1, 2, 3], in: "a")
            let path = RegistryLayout.upload(EntryName(name), of: EntryName("a"))
            for entry in [path.appending(EntryName("data")), path] { builder.setModified(entry, (now - age * 86400) * 1_000_000_000) }
        }
        var policy = Self.untagged
        policy.now = now * 1_000_000_000
        let report = try await store.collect(policy)
        #expect(report.removed == [.upload: 2])
        #expect(report.bytes == 6)
        #expect(store.files().allSatisfy { $0.contains("_uploads/fresh/") })
    }

    @Test(arguments: [false, true]) func whatARunTookOutIsPutBack(whole: Bool) async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let before = store.files()
        var policy = FaultTests.policy
        policy.deletesEmptyRepositories = false
        if whole { policy.deletion = .init(repository: { _ in true }, tag: { _, _ in false }) }
        let report = try await store.collect(policy, trash: 86_400_000_000_000)
        #expect(store.files().count < before.count)
        let root = try StorageRoot(path: store.path)
        let trash = Trash(root: root)
        let runs = try trash.runs()
        #expect(runs == [try #require(report.trash)])
        let restoration = try trash.restore(runs[0])
        #expect(restoration.failures == [] && restoration.occupied == [])
        #expect(store.files() == before)
        #expect(try trash.runs() == [])
    }

    @Test func theTrashIsDeletedWhenItsPeriodIsOver() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        try await store.collect(FaultTests.policy, trash: 86_400_000_000_000)
        let root = try StorageRoot(path: store.path)
        var later = FaultTests.policy
        #expect(try await StorageCollector(root: root, policy: later).emptyTrash(jobs: 1).runs == [])
        later.now += 86_400_000_000_000
        #expect(try await StorageCollector(root: root, policy: later).emptyTrash(jobs: 1).runs.count == 1)
        #expect(try Trash(root: root).runs() == [])
    }

    @Test func theSignatureOfAnImageThatCannotBeListedStays() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "app")
        builder.tag("v1", image.key, in: "app")
        let signature = builder.image(config, [config], in: "signatures")
        builder.tag("sha256-\(image.key.hex).sig", signature.key, in: "signatures")
        let own = builder.image(config, [config, config], in: "signatures")
        builder.tag("latest", own.key, in: "signatures")
        let revisions = builder.full(RegistryLayout.manifests(of: EntryName("app")).appending(EntryName("revisions")))
        rename(revisions, revisions + ".elsewhere")
        symlink(revisions + ".elsewhere", revisions)
        let before = store.files()
        try await store.collect(Self.untagged)
        #expect(store.files() == before)
    }

    @Test func aSignatureStaysInATaggedRepositoryWhereNothingTellsOfItsImage() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let own = builder.image(config, [], in: "signatures")
        builder.tag("latest", own.key, in: "signatures")
        let elsewhere = BlobHash.digest(of: Array("in another registry".utf8))
        let signature = builder.image(config, [config], in: "signatures")
        builder.tag("sha256-\(elsewhere.hex).sig", signature.key, in: "signatures")
        let plan = try await plan(store, Self.untagged)
        #expect(plan.isEmpty)
        #expect(plan.problems.map(\.kind) == [.unknownSubject])
    }

    @Test func uploadsOfARepositoryThatGoesAreCounted() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.upload("fresh", startedAt: nil, bytes: [1, 2, 3], in: "a")
        builder.upload("other", startedAt: nil, bytes: [1, 2], in: "b")
        var policy = DeletionTests.policy(repositories: ["a"])
        policy.now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        let plan = try await plan(store, policy)
        var removals: [String] = []
        plan.forEachRemoval { removals.append("\($0.kind.rawValue) \($0.path) \($0.reason.rawValue) \($0.bytes)") }
        #expect(removals == ["upload repositories/a/_uploads/fresh asked 3", "repository repositories/a asked 0"])
        let report = try await store.collect(policy)
        #expect(report.removed[.upload] == 1 && report.bytes == 3)
        #expect(store.files().allSatisfy { $0.hasPrefix("repositories/b/") })
    }

    @Test func anUploadOfTheFarFutureIsNoOldOne() async throws {
        let store = TemporaryStore()
        store.builder.upload("future", startedAt: "9999-01-01T00:00:00Z", bytes: [1], in: "a")
        #expect(try await store.collect(Self.untagged).removed == [:])
        #expect(store.files().contains { $0.hasSuffix("_uploads/future/data") })
    }

    @Test func aTrashForEverCanBePutBack() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let report = try await store.collect(FaultTests.policy, trash: .max)
        let runs = try Trash(root: StorageRoot(path: store.path)).runs()
        #expect(runs == [try #require(report.trash)])
    }

    @Test func nothingIsLinkedWhoseBlobCouldNotBePutBack() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let report = try await store.collect(FaultTests.policy, trash: 86_400_000_000_000)
        let run = try #require(report.trash)
        let failing = Once()
        let calls = SystemCalls { $0 == .rename && failing.take() ? Errno(ENOSPC) : nil }
        let restoration = try Trash(root: StorageRoot(path: store.path, calls: calls)).restore(run)
        #expect(restoration.failures.count == 1)
        #expect(restoration.restored.allSatisfy { $0.description.hasPrefix("blobs/") })
        #expect(try await store.check().broken == [])
        // The second attempt brings the rest.
        let second = try Trash(root: StorageRoot(path: store.path)).restore(run)
        #expect(second.failures == [] && second.occupied == [])
        #expect(try await store.check().broken == [])
    }

    @Test func theMemoryOfATagThatIsGoneIsNoTag() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let former = builder.image(config, [config], in: "a")
        builder.tag("v1", former.key, in: "a")
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        let report = try await store.collect(Self.untagged, trash: 86_400_000_000_000)
        #expect(report.removed[.tagEntry] == 1)
        try FileManager.default.removeItem(atPath: builder.full(RegistryLayout.tag(EntryName("v1"), of: EntryName("a"))))
        let restoration = try Trash(root: StorageRoot(path: store.path)).restore(try #require(report.trash))
        #expect(restoration.withoutTag == [RegistryLayout.tagEntry(former.key, EntryName("v1"), of: EntryName("a"))])
        #expect(try await store.check().broken == [])
    }

    /// The other repository's link is the planned one's second name, so that only the way to it tells them apart, or is none.
    @Test(arguments: [true, false]) func aLinkThatIsPutInTheWayAfterThePlanIsNotFollowed(isSameFile: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        for name in ["a", "b"] { builder.tag("v1", builder.image(config, [], in: name).key, in: name) }
        let links = ["a", "b"].map { RegistryLayout.tagLink(EntryName("v1"), of: EntryName($0)) }
        if isSameFile {
            builder.remove(links[1])
            #expect(link(builder.full(links[0]), builder.full(links[1])) == 0)
        }
        let plan = try await plan(store, DeletionTests.policy(tags: ["a:v1"]))
        let tags = builder.full(RegistryLayout.tags(of: EntryName("a")))
        rename(tags, tags + ".moved")
        symlink(builder.full(RegistryLayout.tags(of: EntryName("b"))), tags)
        var options = SweepOptions(process: 1)
        options.settle = 0
        let report = try await Sweeper(plan, options: options).execute()
        #expect(report.failures.map(\.error) == (isSameFile ? [.symbolicLink] : []))
        // Another version than was planned.
        #expect(report.spared.contains(links[0].parent.parent) == !isSameFile)
        #expect(report.removed == [:])
        #expect(store.files().contains(links[1].description))
    }

    @Test(arguments: [false, true]) func aManifestOfAnUnknownTypeStaysWithoutATagAndIsReported(hasSubject: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let content = builder.blob(Array("special content".utf8))
        builder.linkLayer(content.key, in: "a")
        let gone = builder.image(config, [config], in: "a")
        let subject = hasSubject ? ",\"subject\":{\"mediaType\":\"\(StoreBuilder.ociManifest)\",\"size\":4,\"digest\":\"\(gone.key)\"}" : ""
        builder.deleteRevision(gone.key, in: "a")
        if !hasSubject { builder.remove(RegistryLayout.blob(gone.key)) }
        let text =
            "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.acme.thing+json\",\"items\":[{\"digest\":\"\(content.key)\"}]\(subject)}"
        let unknown = builder.manifest(text, in: "a")
        let before = store.files()
        let plan = try await plan(store, Self.untagged)
        #expect(
            plan.problems.map(\.description) == [
                "\(RegistryLayout.blob(unknown.key)): the manifest's media type is unknown; it is kept, and so is everything that it names"
            ]
        )
        try await store.collect(Self.untagged)
        #expect(store.files() == before)
        // By name it goes, and then nothing says that it is kept.
        builder.tag("special", unknown.key, in: "a")
        let named = try await self.plan(store, DeletionTests.policy(tags: ["a:special"]))
        #expect(named.problems == [])
        #expect(named.count(of: .revision) == 1)
    }

    @Test func directoriesAboveARepositoryThatGoesStandInThePlan() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "b/c").key, in: "b/c")
        for name in ["a/b/c", "a/d/e"] { builder.image(config, [], in: name) }
        builder.makeDirectory(builder.full(EntryName("repositories/b/x/y")))
        var policy = Self.untagged
        policy.deletesEmptyRepositories = true
        let before = Set(FileManager.default.subpaths(atPath: builder.full(RegistryLayout.repositories)) ?? [])
        let plan = try await plan(store, policy)
        var planned: [String] = []
        plan.forEachRemoval { if $0.kind == .repository { planned.append($0.path.description) } }
        #expect(
            planned == ["a/b/c", "a/d/e", "b/x/y", "b/x", "a/b", "a/d", "a"].map { "repositories/\($0)" }
        )
        let report = try await store.collect(policy)
        #expect(report.removed[.repository] == 7)
        let after = Set(FileManager.default.subpaths(atPath: builder.full(RegistryLayout.repositories)) ?? [])
        #expect(Set(before.subtracting(after).filter { !$0.contains("_") }.map { "repositories/\($0)" }) == Set(planned))
    }

    @Test func aBlobWithASecondNameGivesNothingBack() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        let (linked, orphan) = (builder.blob(Array("has a second name".utf8)), builder.blob(Array("orphan".utf8)))
        link(builder.full(RegistryLayout.blob(linked.key)), store.path + "/second")
        let report = try await store.collect(Self.untagged)
        #expect(report.removed[.blob] == 2)
        #expect(report.bytes == Int64(orphan.size))
    }

    @Test func whatWentOfARepositoryIsCountedAlsoWhereItsUploadsCouldNotGo() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("v1", builder.image(config, [], in: "kept").key, in: "kept")
        builder.tag("v1", builder.image(config, [config], in: "a").key, in: "a")
        builder.upload("0a", startedAt: nil, bytes: [1, 2, 3], in: "a")
        let name = EntryName("a")
        let manifests = builder.full(RegistryLayout.manifests(of: name))
        let hasFailed = Once()
        let calls = SystemCalls { call in
            call == .rename && !FileManager.default.fileExists(atPath: manifests) && hasFailed.take() ? .inputOutput : nil
        }
        let report = try await store.collect(DeletionTests.policy(repositories: ["a"]), calls: calls)
        #expect(report.failures.map(\.path) == [RegistryLayout.upload(EntryName("0a"), of: name)])
        #expect(
            report.removed[.tag] == 1 && report.removed[.revision] == 1 && report.removed[.layerLink] == 1 && report.removed[.blob] == 1
        )
        #expect(report.removed[.upload] == nil)
        #expect(store.files().filter { $0.hasPrefix("repositories/a/") }.allSatisfy { $0.contains("/_uploads/") })
    }
}
