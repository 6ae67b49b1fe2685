import Foundation
import HookKit
import HookTesting
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// Collections that are held to a plan that was written down: what is planned goes, what is new stays, and what is needed by now forbids all of it.
@Suite struct HeldToPlanTests {
    private static let time = Timestamp(nanoseconds: TemporaryStore.tomorrow)

    private func pattern(_ text: String) throws -> ReferencePattern { try #require(ReferencePattern(text)) }

    private func garbage(_ store: TemporaryStore) -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.time = Self.time
        return request
    }

    private func deletion(_ store: TemporaryStore, _ patterns: String...) throws -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .named(try patterns.map { .init(try pattern($0)) }))
        request.time = Self.time
        return request
    }

    private func plan(_ request: RegistryCollection, _ store: TemporaryStore) async throws -> [PlannedChange] {
        let report = try await store.service().collect(request, isDryRun: true)
        return report.groups.flatMap { group in group.removals.map { $0.change(subject: group.subject) } }
            + report.repairs.map { PlannedChange(.mend, $0, subject: $0) }
    }

    private func apply(
        _ request: RegistryCollection,
        _ changes: [PlannedChange],
        _ store: TemporaryStore
    ) async throws -> RegistryStoreReport {
        var request = request
        request.expected = changes
        return try await store.service().collect(request, isDryRun: false)
    }

    private func path(_ name: EntryName, _ store: TemporaryStore) -> String { "\(store.path)/docker/registry/v2/\(name)" }

    /// Expects that a plan is refused for these paths, and that nothing is changed.
    private func expectRefusal(
        _ request: RegistryCollection,
        _ changes: [PlannedChange],
        _ store: TemporaryStore,
        _ reasons: [String: String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = store.files()
        let error = await #expect(throws: RegistryStoreError.self, sourceLocation: sourceLocation) {
            _ = try await apply(request, changes, store)
        }
        #expect(error?.code == .changed, sourceLocation: sourceLocation)
        let found = Dictionary((error?.differences ?? []).map { ($0.planned.target, $0.reason) }) { first, _ in first }
        #expect(found == reasons, sourceLocation: sourceLocation)
        #expect(store.files() == before, sourceLocation: sourceLocation)
    }

    private static let isNeeded = "it is not to be removed any more: something needs it by now, or it was written anew"
    private static let isNamed = "it is not to be removed any more: something that is not in the plan, and stays, needs it"

    @Test func aTagThatMovedForbidsTheWholePlan() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let first = builder.image(config, [layer], in: "a")
        builder.tag("v1", first.key, in: "a")
        let request = try deletion(store, "a:v1")
        let changes = try await plan(request, store)
        let tag = path(RegistryLayout.tag(EntryName("v1"), of: EntryName("a")), store)
        #expect(changes.first == PlannedChange(.remove(stored: "tag"), tag, subject: "a", state: ["digest": ["\(first.key)"]]))
        let second = builder.image(config, [layer], subject: first, in: "a")
        builder.tag("v1", second.key, in: "a")
        let before = store.files()
        let error = await #expect(throws: RegistryStoreError.self) { _ = try await apply(request, changes, store) }
        let moved = "it has changed since the plan was made: digest: '\(first.key)' then, '\(second.key)' now"
        #expect(error?.differences.first { $0.planned.target == tag }?.reason == moved)
        let start = "'\(store.path)/docker/registry/v2' is not as it was when the plan was made, so nothing was changed: "
        #expect(error?.description.hasPrefix(start) == true, "\(error?.description ?? "")")
        #expect(store.files() == before)
    }

    @Test func aRepositoryThatIsDamagedByNowIsNamedAsTheReason() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let lost = builder.blob(Array("lost".utf8))
        builder.tag("v1", builder.image(config, [lost], in: "a").key, in: "a")
        let untagged = builder.image(config, [], in: "a")
        let request = garbage(store)
        let changes = try await plan(request, store)
        builder.remove(RegistryLayout.blob(lost.key))
        rmdir(builder.full(RegistryLayout.blob(lost.key).parent))
        let error = await #expect(throws: RegistryStoreError.self) { _ = try await apply(request, changes, store) }
        let found = error?.differences.first {
            $0.planned.target == path(RegistryLayout.revision(untagged.key, of: EntryName("a")), store)
        }
        let start = "it is not to be removed any more: 'a' is kept whole now, because something in it is damaged or not understood: "
        #expect(found?.reason.hasPrefix(start) == true, "\(found?.reason ?? "")")
        #expect(found?.reason.contains(lost.key.hex) == true, "\(found?.reason ?? "")")
    }

    @Test func whatIsDueAndNotPlannedStaysWithAllThatItNames() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let old = builder.image(config, [layer], in: "a")
        let request = garbage(store)
        let changes = try await plan(request, store)
        let others = (builder.blob(Array("config 2".utf8)), builder.blob(Array("layer 2".utf8)))
        let new = builder.image(others.0, [others.1], in: "a")
        let report = try await apply(request, changes, store)
        #expect(report.failures == [] && report.problems == [])
        let outcome = try #require(report.plan)
        #expect(outcome.planned == changes.count && outcome.madeBefore == 0)
        #expect(
            outcome.left.map { "\($0.subject): \($0.counts.map { "\($0.count) \($0.kind)" })" } == [
                "a: [\"1 revision\", \"2 layer-link\"]", "blobs: [\"3 blob\"]",
            ]
        )
        for part in [old, config, layer] { #expect(!store.files().contains(RegistryLayout.blob(part.key).description)) }
        for part in [new, others.0, others.1] { #expect(store.files().contains(RegistryLayout.blob(part.key).description)) }
        #expect(try await store.check().broken.isEmpty)
    }

    @Test func aPlanThatIsCarriedOutASecondTimeFindsEverythingDone() async throws {
        for isDeletion in [true, false] {
            let store = TemporaryStore()
            let builder = store.builder
            let image = builder.image(builder.blob(Array("config".utf8)), [builder.blob(Array("layer".utf8))], in: "a")
            if isDeletion { builder.tag("v1", image.key, in: "a") }
            let kept = builder.image(builder.blob(Array("kept".utf8)), [], in: "a")
            builder.tag("main", kept.key, in: "a")
            let request = isDeletion ? try deletion(store, "a:v1") : garbage(store)
            let changes = try await plan(request, store)
            #expect(!changes.isEmpty)
            _ = try await apply(request, changes, store)
            let before = store.files()
            let again = try await apply(request, changes, store)
            #expect(again.plan == .init(planned: changes.count, madeBefore: changes.count, left: []))
            #expect(again.unmatched == [] && again.groups == [] && again.failures == [] && again.trash == nil)
            #expect(store.files() == before)
        }
    }

    @Test func aPatternThatNeverMatchedIsStillSaid() async throws {
        let store = TemporaryStore()
        let image = store.builder.image(store.builder.blob(Array("config".utf8)), [], in: "a")
        store.builder.tag("v1", image.key, in: "a")
        let request = try deletion(store, "a:v1", "a:v2", "b")
        let changes = try await plan(request, store)
        #expect(try await apply(request, changes, store).unmatched == ["a:v2", "b"])
        #expect(try await apply(request, changes, store).unmatched == ["a:v2", "b"])
    }

    /// Puts an image into the store that nothing deletes: without any, no blob goes.
    private static func keepOne(_ builder: StoreBuilder) {
        let image = builder.image(builder.blob(Array("kept".utf8)), [], in: "kept")
        builder.tag("kept", image.key, in: "kept")
    }

    @Test func aPlannedBlobThatATagOrALinkNamesByNowForbidsThePlan() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        Self.keepOne(builder)
        let orphan = builder.blob(Array("orphan".utf8))
        let request = garbage(store)
        let changes = try await plan(request, store)
        let blob = path(RegistryLayout.blob(orphan.key), store)
        #expect(changes.map(\.target) == [blob])
        let image = builder.image(orphan, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        try await expectRefusal(request, changes, store, [blob: Self.isNeeded])
        // Without its tag the image is due as well, but not planned: it stays, and so must what it names.
        try FileManager.default.removeItem(atPath: builder.full(RegistryLayout.tag(EntryName("v1"), of: EntryName("a"))))
        try await expectRefusal(request, changes, store, [blob: Self.isNamed])
        #expect(try await store.check().broken.isEmpty)
    }

    @Test func aPlannedSignatureOfAnImageThatStaysForbidsThePlan() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        let signature = builder.image(config, [], subject: image, in: "a")
        let request = garbage(store)
        let all = try await plan(request, store)
        let links = [image, signature].map { path(RegistryLayout.revision($0.key, of: EntryName("a")), store) }
        #expect(Set(all.filter { $0.action == .remove(stored: "revision") }.map(\.target)) == Set(links))
        // A plan that has the signature alone.
        let changes = all.filter { $0.target == links[1] }
        #expect(changes.count == 1)
        try await expectRefusal(request, changes, store, [links[1]: Self.isNamed])
    }

    @Test func aRepositoryThatGoesAsAWholeForbidsThePlanWhereSomethingNewIsInIt() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "team/a")
        builder.tag("v1", image.key, in: "team/a")
        let request = try deletion(store, "team/*")
        let changes = try await plan(request, store)
        builder.tag("v2", image.key, in: "team/a")
        let directory = path(RegistryLayout.repository(EntryName("team/a")), store)
        let reason = "it is not to be removed any more: it holds 1 thing by now that is not in the plan"
        let blobs = [config, image].map { path(RegistryLayout.blob($0.key), store) }
        try await expectRefusal(
            request,
            changes,
            store,
            [directory: reason, blobs[0]: Self.isNamed, blobs[1]: Self.isNamed]
        )
        try FileManager.default.removeItem(atPath: builder.full(RegistryLayout.tag(EntryName("v2"), of: EntryName("team/a"))))
        // Another repository that the pattern matches by now stays.
        let other = builder.image(builder.blob(Array("config 2".utf8)), [], in: "team/b")
        builder.tag("v1", other.key, in: "team/b")
        let report = try await apply(request, changes, store)
        #expect(report.failures == [] && report.problems == [])
        #expect(report.plan?.left.map(\.subject) == ["team/b", "blobs"])
        #expect(store.files().allSatisfy { !$0.hasPrefix("repositories/team/a/") })
        #expect(store.files().contains(RegistryLayout.tagLink(EntryName("v1"), of: EntryName("team/b")).description))
        #expect(try await store.check().broken.isEmpty)
    }

    @Test func aPathThatCannotBeLookedUpDoesNotCountAsDone() async throws {
        let store = TemporaryStore()
        let request = garbage(store)
        let escaped = path(EntryName("repositories/a"), store) + "/_uploads/\\x07"
        let change = PlannedChange(.remove(stored: "upload"), escaped, subject: "a")
        try await expectRefusal(request, [change], store, [escaped: Self.isNeeded])
        let elsewhere = PlannedChange(.remove(stored: "upload"), "/nowhere/else", subject: "a")
        try await expectRefusal(request, [elsewhere], store, ["/nowhere/else": Self.isNeeded])
    }

    @Test func aRepairThatIsHeldToAPlanMendsJustThat() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [], in: "a")
        builder.tag("v1", image.key, in: "a")
        let link = RegistryLayout.layer(config.key, of: EntryName("a"))
        builder.remove(link)
        var request = RegistryCheck(root: store.path)
        request.repairs = true
        request.expected = []
        let left = try await store.service().check(request, isDryRun: false)
        #expect(left.repairs == [])
        #expect(left.plan == .init(planned: 0, madeBefore: 0, left: [], unmended: [path(link, store)]))
        #expect(!store.files().contains(link.description))
        let planned = try await store.service().check(request, isDryRun: true)
        request.expected = planned.repairs.map { PlannedChange(.mend, $0, subject: $0) }
        #expect(try await store.service().check(request, isDryRun: false).repairs == [path(link, store)])
        let again = try await store.service().check(request, isDryRun: false)
        #expect(again.repairs == [])
        #expect(again.plan == .init(planned: 1, madeBefore: 1, left: []))
    }

    // MARK: Stores of random shape

    /// Every part of a plan is either carried out, to the letter and without a hole, or refused without any change.
    @Test func everyPartOfAPlanIsCarriedOutToTheLetterOrRefused() async throws {
        let first = TestSeed.first
        print("held to a plan: seeds \(first) to \(first + 199)")
        var (carriedOut, refused) = (0, 0)
        for seed in first..<first + 200 {
            let store = TemporaryStore()
            RandomStore(store.builder, seed: seed)
            var random = SeededGenerator(seed: seed &+ 1_000_000)
            let request = seed % 3 == 0 ? try deletion(store, "*/*", "*:v0", "a") : garbage(store)
            let all = try await plan(request, store)
            // Mostly whole kinds are left out: of single things nearly every choice is refused.
            let percent = [30, 90, 97][Int(seed % 3)]
            let kinds = Set(all.map(\.action.rawValue)).sorted().filter { _ in Int.random(in: 0..<100, using: &random) < percent }
            let changes = all.filter { change in
                seed % 2 == 0 ? kinds.contains(change.action.rawValue) : Int.random(in: 0..<100, using: &random) < percent
            }
            let before = store.files()
            let broken = Set(try await store.check().broken.map(\.description))
            do {
                let report = try await apply(request, changes, store)
                #expect(report.failures == [], "seed \(seed)")
                let gone = before.subtracting(store.files())
                let base = store.path + "/docker/registry/v2/"
                for file in gone { #expect(changes.contains { (base + file).hasPrefix($0.target) }, "seed \(seed): \(file)") }
                let left = store.files()
                for change in changes where change.action != .mend {
                    #expect(!left.contains(String(change.target.dropFirst(base.count))), "seed \(seed): \(change)")
                }
                carriedOut += 1
            } catch let error as RegistryStoreError {
                #expect(error.code == .changed && !error.differences.isEmpty, "seed \(seed): \(error)")
                #expect(store.files() == before, "seed \(seed)")
                refused += 1
            }
            #expect(Set(try await store.check().broken.map(\.description)).subtracting(broken).isEmpty, "seed \(seed)")
        }
        print("held to a plan: \(carriedOut) carried out, \(refused) refused")
        #expect(carriedOut >= 20 && refused >= 20)
    }

    /// What one stage does hinders no later stage of the same plan.
    @Test func aDeletionAndACollectionOfOnePlanAreBothCarriedOut() async throws {
        let first = TestSeed.first
        var (removed, refused) = (0, 0)
        for seed in first..<first + 200 {
            let store = TemporaryStore()
            RandomStore(store.builder, seed: seed)
            Self.keepOne(store.builder)
            let requests = [try deletion(store, "*:v0", "*:v1", "team/*"), garbage(store)]
            var seen: Set<PlannedChange.Key> = []
            var plans: [[PlannedChange]] = []
            for request in requests { plans.append(try await plan(request, store).filter { seen.insert($0.key).inserted }) }
            let broken = Set(try await store.check().broken.map(\.description))
            let before = store.files()
            for (request, changes) in zip(requests, plans) {
                let now = store.files()
                do {
                    let report = try await apply(request, changes, store)
                    #expect(report.failures == [], "seed \(seed)")
                    removed += changes.count
                } catch let error as RegistryStoreError {
                    // Of what belongs to a manifest that is gone without a trace nobody knows whether it is of use, and it is kept.
                    let isOfSubjects = error.differences.allSatisfy { $0.reason == Self.isNeeded }
                    #expect(request != requests[0] && isOfSubjects && store.files() == now, "seed \(seed): \(error)")
                    refused += 1
                }
            }
            let base = store.path + "/docker/registry/v2/"
            for file in before.subtracting(store.files()) {
                #expect(plans.joined().contains { (base + file).hasPrefix($0.target) }, "seed \(seed): \(file)")
            }
            #expect(Set(try await store.check().broken.map(\.description)).subtracting(broken).isEmpty, "seed \(seed)")
        }
        print("a deletion and a collection: \(removed) changes, \(refused) stages refused")
        #expect(removed > 1000 && refused <= 6)
    }
}
