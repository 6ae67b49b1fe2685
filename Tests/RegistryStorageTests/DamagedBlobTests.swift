import Foundation
import Glibc
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// A repair takes damaged blobs out, which no push replaces, and brings sound copies back.
@Suite struct DamagedBlobTests {
    /// What is wrong with a blob.
    enum Damage: CaseIterable {
        case short, empty, corrupt, manifest

        /// Which blob it is, and what its content is instead.
        func apply(_ store: TemporaryStore, _ image: StoreBuilder.Part, _ layer: StoreBuilder.Part) -> StoreBuilder.Part {
            let part = self == .manifest ? image : layer
            let bytes: String =
                switch self {
                case .short: "lay"
                case .empty: ""
                case .corrupt: "LAYER"
                case .manifest: "{"
                }
            store.builder.write(RegistryLayout.blob(part.key), Array(bytes.utf8))
            return part
        }
    }

    private func fill(_ store: TemporaryStore) -> (image: StoreBuilder.Part, layer: StoreBuilder.Part) {
        let builder = store.builder
        let layer = builder.blob(Array("layer".utf8))
        let image = builder.image(builder.blob(Array("config".utf8)), [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        return (image, layer)
    }

    private func request(_ store: TemporaryStore, repairs: Bool = true) -> RegistryCheck {
        var request = RegistryCheck(root: store.path)
        (request.repairs, request.verifiesDigests) = (repairs, true)
        return request
    }

    private func content(_ path: EntryName, _ store: TemporaryStore) -> [UInt8]? {
        FileManager.default.contents(atPath: store.builder.full(path)).map { Array($0) }
    }

    private func display(_ path: EntryName, _ store: TemporaryStore) -> String { "\(store.path)/docker/registry/v2/\(path)" }

    /// What lies in the trash as damaged.
    private func damaged(_ store: TemporaryStore) -> [String] {
        let base = store.builder.full(RegistryLayout.trash)
        return (FileManager.default.subpaths(atPath: base) ?? []).filter { $0.contains("/damaged/") }
    }

    @Test(arguments: Damage.allCases) func aSoundCopyComesFromTheTrashIntoThePlaceOfADamagedBlob(damage: Damage) async throws {
        let store = TemporaryStore()
        let (image, layer) = fill(store)
        let part = damage == .manifest ? image : layer
        let sound = try #require(content(RegistryLayout.blob(part.key), store))
        try store.trash(part)
        #expect(damage.apply(store, image, layer) == part)
        let path = display(RegistryLayout.blob(part.key), store)
        let before = store.files()
        let planned = try await store.service().check(request(store), isDryRun: true)
        #expect(store.files() == before && damaged(store) == [])
        let report = try await store.service().check(request(store), isDryRun: false)
        #expect(report.repairs == [path] && planned.repairs == [path])
        #expect(report.groups == [] && planned.groups == [] && report.notes == [])
        #expect(report.problems == [] && report.failures == [])
        #expect(content(RegistryLayout.blob(part.key), store) == sound)
        #expect(damaged(store).map { $0.split(separator: "/").last.map(String.init) } == [part.key.hex])
    }

    @Test(arguments: Damage.allCases) func aDamagedBlobWithoutASoundCopyMakesRoomForAPush(damage: Damage) async throws {
        let store = TemporaryStore()
        let (image, layer) = fill(store)
        let part = damage.apply(store, image, layer)
        // A copy that is damaged as well is none.
        store.builder.write(EntryName("_hook/trash/1000-3600-1/blobs/sha256/\(part.key.hex.prefix(2))/\(part.key.hex)"), Array("la".utf8))
        let path = display(RegistryLayout.blob(part.key), store)
        let planned = try await store.service().check(request(store), isDryRun: true)
        let report = try await store.service().check(request(store), isDryRun: false)
        for report in [planned, report] {
            let group = try #require(report.groups.first)
            #expect(report.groups.count == 1 && group.subject == "blobs" && group.counts == [.init("blob", 1)] && group.bytes == .zero)
            #expect(Array(group.removals) == [.init(kind: "blob", path: path, reason: "damaged", bytes: .zero)])
            #expect(report.repairs == [] && report.failures == [])
        }
        let run = try #require(try Trash(root: StorageRoot(path: store.path)).runs().last)
        let advice = ": push the images again that name it, and restart a registry that keeps blobs in memory before"
        let words = "1 blob whose content is not what its digest names"
        #expect(planned.notes == ["\(words) would go to the trash\(advice)"])
        #expect(report.notes == ["\(words) went to the trash ('\(display(RegistryLayout.trash(of: run.name), store))')\(advice)"])
        let kind = damage == .manifest ? "missing-manifest" : "missing-blob"
        #expect(report.problems.filter(\.breaksImages).map(\.kind) == [kind])
        #expect(!report.canBeMendedFurther && damaged(store).count == 1)
        // What a push writes then is sound.
        if damage == .manifest { return }
        store.builder.blob(Array("layer".utf8))
        #expect(try await store.service().check(request(store, repairs: false), isDryRun: false).problems == [])
    }

    @Test func aSoundBlobStaysWhoseSizeTheManifestHasWrong() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let layer = builder.blob(Array("layer".utf8))
        let wrong = StoreBuilder.Part(key: layer.key, size: 50)
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [wrong], in: "a").key, in: "a")
        let before = store.files()
        let report = try await store.service().check(request(store), isDryRun: false)
        #expect(report.problems.map(\.message) == ["the blob has 5 bytes instead of 50, and a push does not replace it"])
        #expect(report.repairs == [] && report.groups == [] && !report.canBeMendedFurther)
        #expect(store.files() == before)
    }

    @Test func nothingPutsADamagedBlobBack() async throws {
        let store = TemporaryStore()
        let (image, layer) = fill(store)
        _ = Damage.short.apply(store, image, layer)
        _ = try await store.service().check(request(store), isDryRun: false)
        let trash = Trash(root: try StorageRoot(path: store.path))
        let run = try #require(try trash.runs().last)
        #expect(try trash.holdsAnything(run) && !trash.canRestoreAnything(of: run))
        #expect(try trash.restore(run).restored == [])
        let garbage = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        let report = try await store.service(after: 60).collect(garbage, isDryRun: false)
        #expect(report.problems.map(\.kind) == ["missing-blob"] && damaged(store).count == 1)
        #expect(content(RegistryLayout.blob(layer.key), store) == nil)
        // When its period is over, and nothing lacks anything, it goes.
        store.builder.blob(Array("layer".utf8))
        let last = try await store.service(after: 8 * 86400).collect(garbage, isDryRun: false)
        #expect(last.problems == [] && damaged(store) == [] && last.freedFromTrash.bytes == 3)
    }

    @Test func aFailureAtAnyMomentNeverLosesTheSoundCopy() async throws {
        func mend(_ store: TemporaryStore, _ calls: SystemCalls) async throws -> RegistryStoreReport {
            try await store.service(calls: calls).check(request(store), isDryRun: false)
        }
        func prepare() throws -> (TemporaryStore, StoreBuilder.Part) {
            let store = TemporaryStore()
            let (image, layer) = fill(store)
            try store.trash(layer)
            _ = Damage.short.apply(store, image, layer)
            return (store, layer)
        }
        let counting = Fault(failing: 0, error: .inputOutput)
        _ = try await mend(prepare().0, counting.calls)
        #expect(counting.total > 50)
        for failing in 1...counting.total {
            let error = [Errno(EIO), Errno(ENOSPC), Errno(EACCES)][failing % 3]
            let (store, layer) = try prepare()
            // A failure may end the repair with an error; what counts is what it leaves.
            _ = try? await mend(store, Fault(failing: failing, error: error).calls)
            let report = try await mend(store, SystemCalls())
            #expect(report.failures == [] && report.problems == [], "call \(failing) \(error)")
            #expect(content(RegistryLayout.blob(layer.key), store) == Array("layer".utf8), "call \(failing) \(error)")
        }
    }

    @Test func aRepairThatIsHeldToAPlanTakesOutOnlyWhatThePlanHas() async throws {
        let store = TemporaryStore()
        let (image, layer) = fill(store)
        _ = Damage.short.apply(store, image, layer)
        let other = store.builder.blob(Array("other".utf8))
        store.builder.tag("v2", store.builder.image(other, [], in: "a").key, in: "a")
        let planned = try await store.service().check(request(store), isDryRun: true)
        var held = request(store)
        held.expected = planned.groups.flatMap { group in group.removals.map { $0.change(subject: group.subject) } }
        store.builder.write(RegistryLayout.blob(other.key), Array("OTHER".utf8))
        let report = try await store.service().check(held, isDryRun: false)
        #expect(report.groups.flatMap(\.removals).map(\.path) == [display(RegistryLayout.blob(layer.key), store)])
        #expect(report.plan?.unmended == [display(RegistryLayout.blob(other.key), store)] && report.canBeMendedFurther)
        #expect(content(RegistryLayout.blob(other.key), store) == Array("OTHER".utf8))
        // The same plan again has nothing left to do.
        let again = try await store.service().check(held, isDryRun: false)
        #expect(again.plan?.madeBefore == 1 && again.groups == [])
    }
}
