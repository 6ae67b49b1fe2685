import Foundation
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// What a run took out stays long enough for a push that stood still meanwhile, and the next run brings back all that it needs.
@Suite struct KeptTrashTests {
    private static let name = EntryName("a")

    private static func request(_ store: TemporaryStore) -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        return request
    }

    private static func deletion(_ store: TemporaryStore, _ pattern: String, trash: Duration = .zero) throws -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .named([.init(try #require(ReferencePattern(pattern)))]))
        request.trash = trash
        return request
    }

    /// A registry of which only the state is asked.
    private struct Answering: RunningRegistry {
        let store: String
        let answer: RunningRegistryState
        func state() async -> RunningRegistryState { answer }
        func tags(of repository: String) async -> [String]? {
            try? FileManager.default.contentsOfDirectory(atPath: "\(store)/docker/registry/v2/repositories/\(repository)/_manifests/tags")
        }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { false }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome { .unknown }
    }

    /// What a pusher does who saw an image in its place and stood still until the run was over.
    enum Image: CaseIterable {
        case plain, index, wholeRepository, sharedManifest
    }

    @Test(arguments: Image.allCases) func aPushThatStoodStillUntilTheRunWasOverIsMadeWholeByTheNext(image: Image) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let own = builder.blob(Array("own".utf8))
        builder.tag("v1", builder.image(config, [own], in: "kept").key, in: "kept")
        let child = builder.image(config, [layer], in: "a")
        let pushed = image == .index ? builder.index([child], in: "a") : child
        if image == .sharedManifest { builder.tag("v1", builder.image(config, [layer], in: "b").key, in: "b") }
        var request = Self.request(store)
        if image == .wholeRepository {
            builder.tag("v1", pushed.key, in: "a")
            request = try Self.deletion(store, "a")
        }
        let first = try await store.service().collect(request, isDryRun: false)
        #expect(first.failures == [] && first.problems == [])
        let now = TemporaryStore.tomorrow / 1_000_000_000
        let until = try #require(first.keptUntil).seconds
        #expect((now + 3500...now + 3600).contains(until))
        #expect(first.freed == .zero)
        #expect(image == .sharedManifest || !store.files().contains(RegistryLayout.blob(layer.key).description))
        // The registry writes the links that it was about to write.
        builder.linkRevision(pushed.key, in: "a")
        builder.tag("again", pushed.key, in: "a")
        #expect(try await store.check().broken != [])
        let request2 = Self.request(store)
        let dry = try await store.service(after: 60).collect(request2, isDryRun: true)
        let second = try await store.service(after: 60).collect(request2, isDryRun: false)
        #expect(second.failures == [] && second.problems == [], "\(second)")
        #expect(try await store.check().broken == [])
        for path in dry.repairs { #expect(FileManager.default.fileExists(atPath: path)) }
        #expect(!dry.repairs.isEmpty)
        let third = try await store.service(after: 7200).collect(request2, isDryRun: false)
        #expect(third.failures == [] && third.problems == [])
        #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [])
        #expect(try await store.check().broken == [])
        for part in [config, layer, pushed, child] { #expect(store.files().contains(RegistryLayout.blob(part.key).description)) }
    }

    @Test func aBlobThatOnlyAManifestOutOfTheTrashNamesIsNotCollectedBeforeThatIsRead() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(builder.blob(Array("other".utf8)), [], in: "kept").key, in: "kept")
        let image = builder.image(config, [layer], in: "a")
        _ = try await store.service().collect(Self.request(store), isDryRun: false)
        builder.linkRevision(image.key, in: "a")
        builder.tag("again", image.key, in: "a")
        // Somebody pushed the blobs once more, and links nothing.
        for bytes in ["config", "layer"] { builder.blob(Array(bytes.utf8)) }
        let report = try await store.service(after: 60).collect(Self.request(store), isDryRun: false)
        #expect(report.failures == [] && report.problems == [], "\(report)")
        #expect(!report.groups.contains { $0.subject == "blobs" })
        #expect(try await store.check().broken == [])
    }

    /// What is known of pushes, and whether this run frees what it takes.
    @Test(
        arguments: [
            (nil, 3600, false), (nil, 0, true), (.writable, 3600, false), (.unclear("502"), 3600, false), (.stopped, 3600, true),
            (.readOnly, 3600, true),
        ] as [(RunningRegistryState?, Int, Bool)]
    )
    func whatGoesIsKeptWherePushesCanHappen(state: RunningRegistryState?, minimumAge: Int, isFreed: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        builder.blob(Array("orphan".utf8))
        var request = Self.request(store)
        request.minimumAge = .seconds(minimumAge)
        if state != nil { request.registry = "http://registry" }
        let (path, waited) = (store.path, Flag())
        let service = LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow) },
            wait: { if $0 == 2_000_000_000 { waited.set() } },
            connect: { _ in Answering(store: path, answer: state ?? .writable) }
        )
        let report = try await service.collect(request, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        let isWaitedFor = state.map { $0 != .stopped && $0 != .readOnly } ?? true
        #expect(waited.isSet == isWaitedFor, "requests that had begun are waited for where there can be some")
        #expect(report.reclaimed == ByteSize(bytes: 6))
        #expect(report.freed == (isFreed ? ByteSize(bytes: 6) : .zero))
        #expect((report.trash == nil) == isFreed)
        #expect((report.keptUntil == nil) == isFreed)
        // The period of the trash, where it is longer, is what counts.
        builder.blob(Array("another".utf8))
        request.trash = .seconds(86_400)
        let second = try await service.collect(request, isDryRun: false)
        let now = TemporaryStore.tomorrow / 1_000_000_000
        let until = try #require(second.keptUntil)
        #expect((now + 86_300...now + 86_400).contains(until.seconds))
    }

    @Test func aRunSaysWhatItFreedFromTheTrashOfEarlierOnes() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        builder.blob(Array(repeating: 7, count: 5000))
        builder.upload("stale", startedAt: "2020-01-01T00:00:00Z", bytes: Array(repeating: 1, count: 300), in: "a")
        var request = Self.request(store)
        request.uploadsOlderThan = .seconds(1)
        let first = try await store.service().collect(request, isDryRun: false)
        #expect(first.reclaimed == ByteSize(bytes: 5300))
        #expect(first.freed == .zero)
        let dry = try await store.service(after: 3601).collect(request, isDryRun: true)
        #expect(dry.freedFromTrash >= ByteSize(bytes: 5300) && dry.freedFromTrash < ByteSize(bytes: 5400))
        // A plan that was agreed to says whether it goes.
        let run = try #require(first.trash)
        request.expected = []
        let other = try await store.service(after: 3601).collect(request, isDryRun: false)
        #expect(other.freedFromTrash == .zero)
        #expect(other.notes.contains("not in the plan, so left in the trash although its period is over: \(run)"))
        let planned = dry.trashToEmpty.map { $0.change(subject: "trash") }
        #expect(planned.count == 1 && planned.allSatisfy { $0.target.hasSuffix("/\(RegistryLayout.trash(of: EntryName(run)))") })
        request.expected = planned
        let second = try await store.service(after: 3601).collect(request, isDryRun: false)
        #expect(second.plan?.madeBefore == 0)
        let again = try await store.service(after: 3601).collect(request, isDryRun: false)
        #expect(again.plan?.planned == 1 && again.plan?.madeBefore == 1)
        #expect(second.freedFromTrash == dry.freedFromTrash && second.freed == second.freedFromTrash)
        #expect(second.trash == nil)
    }

    /// What a run with a long period took out, and what a later one with the default takes.
    enum Need: CaseIterable {
        case layerOfAnotherRepository, layerOfAnotherTag, manifestOfAnotherTag, childOfAnotherIndex
    }

    @Test(arguments: Need.allCases) func whatTheTrashNeedsStaysAsLongAsItsPeriod(need: Need) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let others = (1...2).map { builder.blob(Array("own \($0)".utf8)) }
        builder.tag("v1", builder.image(config, [], in: "kept").key, in: "kept")
        let second = need == .layerOfAnotherRepository ? "b" : "a"
        switch need {
        case .layerOfAnotherRepository, .layerOfAnotherTag:
            builder.tag("v1", builder.image(config, [layer, others[0]], in: "a").key, in: "a")
            builder.tag("v2", builder.image(config, [layer, others[1]], in: second).key, in: second)
        case .manifestOfAnotherTag:
            let image = builder.image(config, [layer], in: "a")
            for tag in ["v1", "v2"] { builder.tag(tag, image.key, in: "a") }
        case .childOfAnotherIndex:
            let children = others.map { builder.image(config, [layer, $0], in: "a") }
            builder.tag("v1", builder.index(children, in: "a").key, in: "a")
            builder.tag("v2", builder.index([children[0]], in: "a").key, in: "a")
        }
        let first = try await store.service().collect(try Self.deletion(store, "a:v1", trash: .seconds(7 * 86400)), isDryRun: false)
        #expect(first.failures == [] && first.problems == [])
        let later = try await store.service(after: 60).collect(try Self.deletion(store, "\(second):v2"), isDryRun: false)
        #expect(later.failures == [] && later.problems == [])
        // Collections empty the trash of the second run.
        for time in [Int64(7200), 14_400] {
            let report = try await store.service(after: time).collect(Self.request(store), isDryRun: false)
            #expect(report.failures == [] && report.problems == [])
        }
        let root = try StorageRoot(path: store.path)
        let runs = try Trash(root: root).runs().filter { $0.name.description == first.trash }
        let restoration = try Trash(root: root).restore(try #require(runs.first))
        #expect(restoration.lacking == [] && restoration.failures == [])
        #expect(try await store.check().broken == [])
        #expect(store.files().contains(RegistryLayout.tagLink(EntryName("v1"), of: Self.name).description))
    }

    @Test func whatTheTrashNeededGoesWhenItsPeriodIsOver() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [], in: "kept").key, in: "kept")
        for tag in ["v1", "v2"] { builder.tag(tag, builder.image(config, [layer, builder.blob(Array(tag.utf8))], in: "a").key, in: "a") }
        _ = try await store.service().collect(try Self.deletion(store, "a:v1", trash: .seconds(86400)), isDryRun: false)
        _ = try await store.service(after: 60).collect(try Self.deletion(store, "a:v2"), isDryRun: false)
        #expect(store.files().contains(RegistryLayout.blob(layer.key).description))
        for time in [Int64(90_000), 100_000] {
            let report = try await store.service(after: time).collect(Self.request(store), isDryRun: false)
            #expect(report.failures == [] && report.problems == [])
        }
        #expect(!store.files().contains(RegistryLayout.blob(layer.key).description))
        #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [])
        #expect(try await store.check().problems.filter { $0.kind != .emptyRepository } == [])
    }

    /// How an image is damaged, and whether the trash may hold what it lacks.
    enum Damage: CaseIterable {
        case emptyTag, tagWithoutLink, truncatedBlob, missingBlob, missingManifest, damagedManifest, danglingTag

        var withholds: Bool { self == .damagedManifest || self == .danglingTag }
    }

    @Test(arguments: Damage.allCases) func oneDamagedImageDoesNotKeepTheTrashOfOthers(damage: Damage) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.tag("v1", builder.image(builder.blob(Array("other".utf8)), [], in: "b").key, in: "b")
        builder.image(builder.blob(Array("gone".utf8)), [], in: "b")
        let tag = RegistryLayout.tagLink(EntryName("v1"), of: Self.name)
        switch damage {
        case .emptyTag: builder.write(tag, [])
        case .tagWithoutLink: builder.remove(tag)
        case .truncatedBlob: builder.write(RegistryLayout.blob(layer.key), Array("lay".utf8))
        case .missingBlob: builder.remove(RegistryLayout.blob(layer.key))
        case .missingManifest: builder.remove(RegistryLayout.blob(image.key))
        case .damagedManifest: builder.write(RegistryLayout.blob(image.key), Array("{".utf8))
        case .danglingTag: builder.deleteRevision(image.key, in: "a")
        }
        let first = try await store.service().collect(Self.request(store), isDryRun: false)
        #expect(first.failures == [])
        // The plan finds a tag that names nothing in its directory, the check at its link.
        #expect(first.problems.count(where: \.breaksImages) == (damage == .danglingTag ? 2 : 1), "\(first.problems)")
        let run = try #require(first.trash)
        let dry = try await store.service(after: 3601).collect(Self.request(store), isDryRun: true)
        #expect((dry.freedFromTrash > .zero) == !damage.withholds)
        #expect(dry.notes.contains("the trash would not be emptied (\(run)): it may hold what images lack") == damage.withholds)
        let second = try await store.service(after: 3601).collect(Self.request(store), isDryRun: false)
        let runs = try Trash(root: StorageRoot(path: store.path)).runs().map(\.name.description)
        #expect(runs == (damage.withholds ? [run] : []))
        let words = "the trash is not emptied (\(run)): it may hold what images lack"
        #expect(second.notes.contains(words) == damage.withholds)
        #expect((second.freedFromTrash > .zero) == !damage.withholds)
    }

    @Test(arguments: [true, false]) func aDryRunSaysWhetherDamageKeepsWhatTheRunItselfTakes(isDamaged: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let image = builder.image(builder.blob(Array("config".utf8)), [], in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.tag("v1", builder.image(builder.blob(Array("other".utf8)), [], in: "b").key, in: "b")
        builder.image(builder.blob(Array("gone".utf8)), [], in: "b")
        if isDamaged { builder.deleteRevision(image.key, in: "a") }
        var request = Self.request(store)
        request.minimumAge = .zero
        let dry = try await store.service().collect(request, isDryRun: true)
        let run = try await store.service().collect(request, isDryRun: false)
        #expect(run.reclaimed > .zero && dry.reclaimed == run.reclaimed)
        #expect(dry.freed == run.freed)
        #expect((run.freed == .zero) == isDamaged && (run.trash == nil) == !isDamaged)
        #expect(dry.wouldBeKeptFor == (isDamaged ? .zero : nil))
        #expect(dry.notes.contains("the trash would not be emptied: it may hold what images lack") == isDamaged)
    }

    @Test func runsThatBeginInOneSecondHaveTheirOwnPlacesInTheTrash() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        var runs: Set<String> = []
        for number in 1...3 {
            builder.blob(Array("orphan \(number)".utf8))
            let report = try await store.collect(TemporaryStore.policy(), trash: 3_600_000_000_000)
            runs.insert(try #require(report.trash).name.description)
        }
        #expect(runs.count == 3)
        #expect(Set(try Trash(root: StorageRoot(path: store.path)).runs().map(\.name.description)) == runs)
    }
}
