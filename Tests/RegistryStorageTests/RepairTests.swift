import Foundation
import Glibc
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

@Suite struct RepairTests {
    private static let name = EntryName("a")

    /// A store in which a layer's link is lost, a manifest's link is empty, and directories have lost their file.
    private func damage(_ builder: StoreBuilder) -> (config: StoreBuilder.Part, image: StoreBuilder.Part, bare: BlobKey) {
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        let bare = builder.image(config, [config], in: "a")
        builder.deleteRevision(bare.key, in: "a")
        builder.remove(RegistryLayout.blob(bare.key))
        builder.remove(RegistryLayout.layer(config.key, of: Self.name))
        builder.write(RegistryLayout.revision(image.key, of: Self.name), [])
        return (config, image, bare.key)
    }

    private func service(at now: Int64 = TemporaryStore.tomorrow) -> LocalRegistryStores {
        struct NoRegistry: Error {}
        return LocalRegistryStores(process: 1, cores: 1, now: { Timestamp(nanoseconds: now) }, connect: { _ in throw NoRegistry() })
    }

    /// The expected repairs, in their order.
    private func expected(_ store: TemporaryStore, _ config: BlobKey, _ image: BlobKey, _ bare: BlobKey, directories: Bool) -> Set<String> {
        var paths = [RegistryLayout.layer(config, of: Self.name), RegistryLayout.revision(image, of: Self.name)]
        if directories { paths += [RegistryLayout.revision(bare, of: Self.name).parent, RegistryLayout.blob(bare).parent] }
        // The directory of the layer's link lost its file as well; it is filled again and does not go.
        return Set(paths.map { "\(store.path)/docker/registry/v2/\($0)" })
    }

    @Test func aDryRunListsWhatIsMendedAndChangesNothing() async throws {
        let store = TemporaryStore()
        let (config, image, bare) = damage(store.builder)
        let before = store.files()
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let planned = try await service().check(request, isDryRun: true)
        #expect(store.files() == before)
        #expect(!FileManager.default.fileExists(atPath: store.path + "/docker/registry/v2/_hook"))
        let report = try await service().check(request, isDryRun: false)
        #expect(Set(report.repairs) == expected(store, config.key, image.key, bare, directories: true))
        #expect(planned.repairs == report.repairs)
        #expect(report.failures == [])
        #expect(report.problems.map(\.message) == [])
    }

    @Test func aYoungDirectoryWithoutItsFileStaysForThePushThatMadeIt() async throws {
        let store = TemporaryStore()
        let (config, image, bare) = damage(store.builder)
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        let report = try await service(at: now).check(request, isDryRun: false)
        #expect(Set(report.repairs) == expected(store, config.key, image.key, bare, directories: false))
    }

    /// A tag and what it names, whose link is lost.
    private func tagWithoutManifest(_ builder: StoreBuilder) -> (image: StoreBuilder.Part, layer: StoreBuilder.Part) {
        let layer = builder.blob(Array("layer".utf8))
        let image = builder.image(builder.blob(Array("config".utf8)), [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.tag("v2", builder.image(builder.blob(Array("other".utf8)), [], in: "a").key, in: "a")
        builder.deleteRevision(image.key, in: "a")
        return (image, layer)
    }

    @Test func whatATagNamesWithoutALinkIsNotCalledUselessAndIsLinkedAgain() async throws {
        let store = TemporaryStore()
        let (image, _) = tagWithoutManifest(store.builder)
        let tag = RegistryLayout.tagLink(EntryName("v1"), of: Self.name)
        let link = RegistryLayout.revision(image.key, of: Self.name)
        #expect(
            try await store.check().problems == [
                StorageProblem(
                    .emptyRevision,
                    link.parent,
                    repository: Self.name,
                    breaksImages: false,
                    "the manifest's directory holds no link"
                ),
                StorageProblem(
                    .danglingTag,
                    tag,
                    repository: Self.name,
                    breaksImages: true,
                    "the tag names \(image.key), which the repository does not have"
                ),
            ]
        )
        let before = store.files()
        try await store.collect(FaultTests.policy)
        #expect(store.files() == before)
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let planned = try await service().check(request, isDryRun: true)
        let report = try await service().check(request, isDryRun: false)
        #expect(report.repairs == ["\(store.path)/docker/registry/v2/\(link)"] && planned.repairs == report.repairs)
        #expect(report.problems == [] && report.failures == [])
        #expect(try await store.check().problems == [])
    }

    @Test(arguments: ["blob", "layer", "link", "content"]) func whatATagNamesIsNotLinkedWhereAnyOfItIsMissing(what: String) async throws {
        let store = TemporaryStore()
        let (image, layer) = tagWithoutManifest(store.builder)
        switch what {
        case "blob": store.builder.remove(RegistryLayout.blob(image.key))
        case "layer": store.builder.remove(RegistryLayout.blob(layer.key))
        case "link": store.builder.remove(RegistryLayout.layer(layer.key, of: Self.name))
        default: store.builder.write(RegistryLayout.blob(image.key), Array("{}".utf8))
        }
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let report = try await service().check(request, isDryRun: false)
        #expect(report.problems.filter(\.breaksImages).map(\.kind) == ["dangling-tag"])
        #expect(!store.files().contains(RegistryLayout.revision(image.key, of: Self.name).description))
    }

    @Test func anIndexThatATagNamesIsLinkedAfterItsManifest() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let child = builder.image(builder.blob(Array("config".utf8)), [], in: "a")
        let index = builder.index([child], in: "a")
        for (tag, part) in [("child", child), ("index", index)] {
            builder.tag(tag, part.key, in: "a")
            builder.deleteRevision(part.key, in: "a")
        }
        let root = try StorageRoot(path: store.path)
        let plan = try RepairPlanner(root: root, policy: TemporaryStore.policy()).plan(try await store.check())
        #expect(plan.mends.map(\.path) == [child, index].map { RegistryLayout.revision($0.key, of: Self.name) })
        _ = try await Sweeper(plan, options: SweepOptions(process: 1)).execute()
        #expect(try await store.check().problems == [])
    }

    /// A tagged index of an index of an image, and of another image; the links to all but the outermost are lost, and those of all layers.
    private func nestedWithoutLinks(_ builder: StoreBuilder) -> (layers: [StoreBuilder.Part], manifests: [StoreBuilder.Part]) {
        let layers = ["config", "layer", "other layer"].map { builder.blob(Array($0.utf8)) }
        let image = builder.image(layers[0], [layers[1]], in: "a")
        let inner = builder.index([image], in: "a")
        let other = builder.image(layers[0], [layers[2]], in: "a")
        builder.tag("v1", builder.index([inner, other], in: "a").key, in: "a")
        for part in [image, inner, other] { builder.deleteRevision(part.key, in: "a") }
        for part in layers { builder.remove(RegistryLayout.layer(part.key, of: Self.name)) }
        return (layers, [image, inner, other])
    }

    @Test func whatAnIndexNamesIsLinkedInOneRepairEachAfterWhatItNames() async throws {
        let store = TemporaryStore()
        let (layers, manifests) = nestedWithoutLinks(store.builder)
        let root = try StorageRoot(path: store.path)
        let plan = try RepairPlanner(root: root, policy: TemporaryStore.policy()).plan(try await store.check())
        let links = plan.mends.filter { $0.action != .removeEmptyDirectory }.map(\.path)
        #expect(Set(links.prefix(3)) == Set(layers.map { RegistryLayout.layer($0.key, of: Self.name) }))
        #expect(!(try await store.check().problems.contains { $0.kind == .unreferencedBlob }))
        let revisions = manifests.map { RegistryLayout.revision($0.key, of: Self.name) }
        #expect(Set(links.dropFirst(3)) == Set(revisions))
        #expect(try #require(links.firstIndex(of: revisions[0])) < #require(links.firstIndex(of: revisions[1])))
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let planned = try await service().check(request, isDryRun: true)
        let report = try await service().check(request, isDryRun: false)
        #expect(planned.repairs == report.repairs && report.repairs.count == 6)
        #expect(report.problems == [] && report.failures == [] && !report.canBeMendedFurther)
        #expect(try await store.check().problems == [])
    }

    @Test func aManifestOfAnIndexIsNotLinkedWhereAnyOfItIsMissingAndThatIsSaid() async throws {
        let store = TemporaryStore()
        let (layers, manifests) = nestedWithoutLinks(store.builder)
        store.builder.remove(RegistryLayout.blob(layers[1].key))
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let report = try await service().check(request, isDryRun: false)
        let base = "\(store.path)/docker/registry/v2"
        let (image, inner, other) = (manifests[0], manifests[1], manifests[2])
        #expect(report.repairs.contains("\(base)/\(RegistryLayout.revision(other.key, of: Self.name))"))
        let broken = report.problems.filter(\.breaksImages)
        #expect(broken.contains { $0.kind == "missing-blob" && $0.path == "\(base)/\(RegistryLayout.blob(layers[1].key))" })
        for part in [image, inner] {
            #expect(
                broken.contains { $0.kind == "missing-link" && $0.path == "\(base)/\(RegistryLayout.revision(part.key, of: Self.name))" }
            )
        }
        #expect(!report.canBeMendedFurther)
        // Once the layer is pushed again, one more repair does the rest.
        store.builder.blob(Array("layer".utf8))
        let second = try await service().check(request, isDryRun: false)
        #expect(second.problems == [] && second.failures == [])
    }

    @Test func theDirectoryOfADeletedManifestStaysAsLongAsItTellsOfBlobs() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let image = builder.image(builder.blob(Array("config".utf8)), [], in: "a")
        builder.deleteRevision(image.key, in: "a")
        let directory = builder.full(RegistryLayout.revision(image.key, of: Self.name).parent)
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let report = try await service().check(request, isDryRun: false)
        #expect(report.repairs == [] && FileManager.default.fileExists(atPath: directory))
        // Also where a collection that was stopped took the manifest first: the config is left.
        builder.remove(RegistryLayout.blob(image.key))
        #expect(try await service().check(request, isDryRun: false).repairs.contains { $0.hasSuffix("/\(image.key.hex)") })
        #expect(FileManager.default.fileExists(atPath: directory))
        let collected = try await service().collect(
            RegistryCollection(root: store.path, target: .garbage(repositories: [])),
            isDryRun: false
        )
        #expect(collected.problems == [] && collected.failures == [])
        #expect(store.files() == [])
    }

    @Test func aMissingBlobComesBackFromTheTrash() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        try store.trash(config)
        #expect(try await store.check().broken.map(\.kind) == [.missingBlob])
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let report = try await service().check(request, isDryRun: false)
        #expect(report.repairs == ["\(store.path)/docker/registry/v2/\(RegistryLayout.blob(config.key))"])
        #expect(try await store.check().problems == [])
    }

    @Test func whatAManifestLacksThatCameBackIsForTheNextRepairAndTheReportSaysSo() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        try store.trash(image)
        builder.remove(RegistryLayout.layer(config.key, of: Self.name))
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let base = "\(store.path)/docker/registry/v2"
        let first = try await service().check(request, isDryRun: false)
        // The link's directory is empty before anybody knows who needs it.
        let link = RegistryLayout.layer(config.key, of: Self.name)
        #expect(first.repairs == ["\(base)/\(RegistryLayout.blob(image.key))", "\(base)/\(link.parent)"])
        #expect(first.problems.filter(\.breaksImages).map(\.kind) == ["missing-link"] && first.canBeMendedFurther)
        let second = try await service().check(request, isDryRun: false)
        #expect(second.repairs == ["\(base)/\(link)"])
        #expect(second.problems == [] && !second.canBeMendedFurther)
    }

    @Test func aRepairThatIsHeldToAPlanBringsNothingBackThatThePlanDoesNotHave() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        try store.trash(image)
        try store.trash(config)
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let paths = [image, config].map { "\(store.path)/docker/registry/v2/\(RegistryLayout.blob($0.key))" }
        let planned = try await service().check(request, isDryRun: true)
        #expect(planned.repairs == [paths[0]])
        request.expected = planned.repairs.map { PlannedChange(.mend, $0, subject: $0) }
        let held = try await service().check(request, isDryRun: false)
        #expect(held.repairs == [paths[0]] && held.failures == [])
        #expect(held.problems.filter(\.breaksImages).map(\.kind) == ["missing-blob"] && held.canBeMendedFurther)
        // The same plan again has nothing left to do; without a plan the rest comes back.
        let again = try await service().check(request, isDryRun: false)
        #expect(again.repairs == [] && again.plan?.madeBefore == 1 && again.plan?.unmended == [paths[1]] && again.canBeMendedFurther)
        request.expected = nil
        let free = try await service().check(request, isDryRun: false)
        #expect(free.repairs == [paths[1]] && free.problems == [] && !free.canBeMendedFurther)
    }

    @Test func aFailureOfAnySystemCallOfARepairBreaksNothingAndASecondRepairFinishes() async throws {
        func mend(_ store: TemporaryStore, _ calls: SystemCalls) async throws -> SweepReport {
            let root = try StorageRoot(path: store.path, calls: calls)
            let policy = TemporaryStore.policy { $0.jobs = 1 }
            let plan = try RepairPlanner(root: root, policy: policy).plan(try await StorageChecker(root: root, jobs: 1).check())
            return try await Sweeper(plan, options: SweepOptions(process: 1)).execute()
        }
        let counting = Fault(failing: 0, error: .inputOutput)
        let reference = TemporaryStore()
        _ = damage(reference.builder)
        #expect(try await mend(reference, counting.calls).failures == [])
        #expect(try await reference.check().problems == [])
        #expect(counting.total > 50)
        for failing in 1...counting.total {
            let error = [Errno(EIO), Errno(ENOSPC), Errno(EACCES), Errno(EINTR)][failing % 4]
            let store = TemporaryStore()
            _ = damage(store.builder)
            // A failure may end the repair with an error; what counts is what it leaves.
            _ = try? await mend(store, Fault(failing: failing, error: error).calls)
            #expect(try await mend(store, SystemCalls()).failures == [], "call \(failing) \(error)")
            #expect(try await store.check().problems == [], "call \(failing) \(error)")
            #expect(store.files() == reference.files(), "call \(failing) \(error)")
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func whatIsWrittenBelongsToTheOwnerOfTheStore() async throws {
        let store = TemporaryStore()
        let (config, _, _) = damage(store.builder)
        try FileManager.default.removeItem(atPath: store.builder.full(RegistryLayout.layer(config.key, of: Self.name).parent))
        let base = store.path + "/docker/registry/v2"
        for path in [base] + (FileManager.default.subpaths(atPath: base) ?? []).map({ base + "/" + $0 }) { chown(path, 1234, 2345) }
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        _ = try await service().check(request, isDryRun: false)
        let link = RegistryLayout.layer(config.key, of: Self.name)
        for path in [link, link.parent] {
            let attributes = try FileManager.default.attributesOfItem(atPath: store.builder.full(path))
            #expect(attributes[.ownerAccountID] as? UInt == 1234 && attributes[.groupOwnerAccountID] as? UInt == 2345, "\(path)")
        }
    }

    @Test(arguments: [false, true]) func whatWasMendedIsReportedAlsoWhenTheRunIsStopped(afterTheLastMend: Bool) async throws {
        let store = TemporaryStore()
        let (config, _, _) = damage(store.builder)
        let link = store.builder.full(RegistryLayout.layer(config.key, of: Self.name))
        let isStopped = Once()
        // The moment in which the first thing is mended, or the last.
        let calls = SystemCalls { call in
            let isThere = FileManager.default.fileExists(atPath: link)
            let moment = afterTheLastMend ? call == .removeDirectory : isThere && call == .makeDirectory
            if moment, isStopped.take() { withUnsafeCurrentTask { $0?.cancel() } }
            return nil
        }
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        let (service, asked) = (store.service(calls: calls), request)
        let report = try await Task { try await service.check(asked, isDryRun: false) }.value
        #expect(!isStopped.take())
        #expect(report.isInterrupted)
        #expect(!report.repairs.isEmpty)
        #expect(Set(report.repairs).isDisjoint(with: report.problems.map(\.path)))
        #expect(report.counts.map(\.kind) == ["repository", "tag", "manifest", "blob"])
    }
}
