import Foundation
import Glibc
import HookTesting
import RegistryStorage
import StorageFixtures
import Synchronization
import Testing

/// Counts system calls and fails the one that it is told to.
final class Fault: Sendable {
    private let count = Atomic<Int>(0)
    private let failing: Int
    private let error: Errno

    init(failing: Int, error: Errno) {
        self.failing = failing
        self.error = error
    }

    var calls: SystemCalls {
        SystemCalls { [self] _ in count.add(1, ordering: .relaxed).newValue == failing ? error : nil }
    }

    var total: Int { count.load(ordering: .relaxed) }
}

@Suite struct FaultTests {
    static let policy = TemporaryStore.policy {
        $0.untagged = .removed(keepLast: 0, olderThan: 0)
        $0.deletesEmptyRepositories = true
        $0.jobs = 1
    }

    /// A store with everything that goes: untagged manifests, an index, a signature, shared layers, an upload, an empty repository.
    static func fill(_ builder: StoreBuilder) {
        let config = builder.blob(Array("config".utf8))
        let shared = builder.blob(Array("shared".utf8))
        for name in ["a", "a/b"] {
            let own = builder.blob(Array("own of \(name)".utf8))
            let kept = builder.image(config, [shared], in: name)
            let former = builder.image(config, [shared, own], in: name)
            let child = builder.image(own, [own], in: name)
            let index = builder.index([child], in: name)
            builder.image(config, [own], subject: index, in: name)
            let signature = builder.image(shared, [own], in: name)
            builder.tag("sha256-\(former.key.hex).sig", signature.key, in: name)
            builder.tag("v1", former.key, in: name)
            builder.tag("v1", kept.key, in: name)
        }
        builder.upload("0a", startedAt: "2020-01-01T00:00:00Z", bytes: [1, 2, 3], in: "a")
        builder.makeDirectory(builder.full(EntryName("repositories/gone/_layers")))
        builder.blob(Array("orphan".utf8))
    }

    @Test(arguments: [("emptied", Int64(0)), ("kept", 3_600_000_000_000)])
    func aFailureOfAnySystemCallBreaksNothingAndASecondRunFinishes(mode: String, trash: Int64) async throws {
        var policy = Self.policy
        policy.uploadsOlderThan = 3_600_000_000_000
        let counting = Fault(failing: 0, error: .inputOutput)
        let reference = TemporaryStore()
        Self.fill(reference.builder)
        try await reference.collect(policy, trash: trash, calls: counting.calls)
        let expected = reference.files()
        #expect(counting.total > 150)
        for failing in 1...counting.total {
            let error = [Errno(EIO), Errno(ENOSPC), Errno(EACCES), Errno(EINTR)][failing % 4]
            let store = TemporaryStore()
            Self.fill(store.builder)
            let fault = Fault(failing: failing, error: error)
            // A failure may end the run with an error; what counts is what it leaves.
            _ = try? await store.collect(policy, trash: trash, calls: fault.calls)
            #expect(try await store.check().broken == [], "\(mode) call \(failing) \(error)")
            let second = try await store.collect(policy, trash: trash)
            #expect(second.failures == [], "\(mode) call \(failing) \(error)")
            #expect(store.files() == expected, "\(mode) call \(failing) \(error)")
            // Also what the first had moved out and could not delete any more.
            if trash == 0 { #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [], "\(mode) call \(failing) \(error)") }
            #expect(try await store.check().broken == [], "\(mode) call \(failing) \(error)")
        }
    }

    @Test func aProcessKilledAtAnyPointLeavesAStoreThatServesAllItLists() async throws {
        let program = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("registry-bench").path ?? ""
        try #require(FileManager.default.isExecutableFile(atPath: program), "the product registry-bench must be built beside the tests")
        var generator = SeededGenerator(seed: 7)
        var (killed, number) = (0, 0)
        // A point that lies behind the last change kills nobody.
        while killed < 200 {
            number += 1
            try #require(number < 400, "only \(killed) of \(number) runs were killed")
            let store = TemporaryStore()
            Self.fill(store.builder)
            let point = Int.random(in: 1...140, using: &generator)
            var arguments = ["gc", store.path, "--delete-untagged", "--kill-at", String(point)]
            // Killed as well while it deletes what it moved out, or where that is kept.
            let keeps = number % 2 == 0
            if keeps { arguments.append("--trash") }
            if case .signalled = try await runProcess([program] + arguments).status { killed += 1 }
            #expect(try await store.check().broken == [], "point \(point) \(arguments)")
            let second = try await store.collect(Self.policy, trash: keeps ? Self.period : 0)
            #expect(second.failures == [], "point \(point)")
            #expect(
                try await store.check().problems.filter { $0.kind == .unreferencedBlob || $0.kind == .unneededLayer } == [],
                "point \(point)"
            )
        }
        print("killed \(killed) of \(number) runs")
    }

    /// What else destroys, besides a collection.
    enum Work: String, CaseIterable {
        case deletionOfATag, deletionOfARepository, restoration, restorationIntoUse, emptyingOfTheTrash
    }

    private static let period: Int64 = 86_400_000_000_000

    /// A store before the work, and what it held before anything was removed.
    private static func prepare(_ work: Work) async throws -> (store: TemporaryStore, filled: Set<String>) {
        let store = TemporaryStore()
        fill(store.builder)
        let filled = store.files()
        switch work {
        case .deletionOfATag, .deletionOfARepository: break
        case .restoration:
            try await store.collect(DeletionTests.policy(tags: ["a:v1"]), trash: period)
            try await store.collect(policy, trash: period, process: 2)
            try await store.collect(DeletionTests.policy(repositories: ["a/b"]), trash: period, process: 3)
        case .emptyingOfTheTrash: try await store.collect(policy, trash: period)
        case .restorationIntoUse:
            try await store.collect(DeletionTests.policy(repositories: ["a/b"]), trash: period)
            let builder = store.builder
            let config = builder.blob(Array("config".utf8))
            let image = builder.image(config, [builder.blob(Array("new".utf8))], in: "a/b")
            builder.tag("v2", image.key, in: "a/b")
            return (store, filled.union(store.files()))
        }
        return (store, filled)
    }

    private static func carryOut(
        _ work: Work,
        _ store: TemporaryStore,
        _ calls: SystemCalls,
        process: Int32 = 1
    ) async throws -> [SweepReport.Failure] {
        switch work {
        case .deletionOfATag:
            let policy = DeletionTests.policy(tags: ["a:v1"])
            return try await store.collect(policy, calls: calls).failures
        case .deletionOfARepository:
            let policy = DeletionTests.policy(repositories: ["a/b"])
            return try await store.collect(policy, trash: period, calls: calls, process: process).failures
        case .restoration, .restorationIntoUse:
            let trash = Trash(root: try StorageRoot(path: store.path, calls: calls))
            // What one run took may wait for what another took, so that they are restored until nothing more comes back.
            while true {
                let restorations = try trash.runs().map { try trash.restore($0) }
                let failures = restorations.flatMap(\.failures)
                if !failures.isEmpty || restorations.allSatisfy({ $0.restored.isEmpty && $0.present.isEmpty }) { return failures }
            }
        case .emptyingOfTheTrash:
            var later = policy
            later.now += period
            let root = try StorageRoot(path: store.path, calls: calls)
            return try await StorageCollector(root: root, policy: later).emptyTrash(jobs: 1).failures
        }
    }

    @Test(arguments: Work.allCases)
    func aFailureOfAnySystemCallBreaksNothingWhateverIsDone(work: Work) async throws {
        let counting = Fault(failing: 0, error: .inputOutput)
        let (reference, filled) = try await Self.prepare(work)
        #expect(try await Self.carryOut(work, reference, counting.calls) == [])
        let isRestoration = work == .restoration || work == .restorationIntoUse
        let expected = isRestoration ? filled : reference.files()
        #expect(reference.files() == expected)
        #expect(counting.total > 50)
        // Into the trash for longer: what lies there already can be put back with it.
        try await reference.collect(Self.policy, trash: 2 * Self.period)
        let collected = reference.files()
        for failing in 1...counting.total {
            let errors = [Errno(EIO), Errno(ENOSPC), Errno(EACCES), Errno(EINTR)]
            for error in Self.isEveryErrorMet ? errors : [errors[failing % 4]] {
                let (store, _) = try await Self.prepare(work)
                // A failure may end the work with an error; what counts is what it leaves.
                _ = try? await Self.carryOut(work, store, Fault(failing: failing, error: error).calls)
                #expect(try await Self.lacking(store) == [], "\(work) call \(failing) \(error)")
                #expect(try await Self.carryOut(work, store, SystemCalls(), process: 9) == [], "\(work) call \(failing) \(error)")
                #expect(try await Self.lacking(store) == [], "\(work) call \(failing) \(error)")
                switch work {
                case .deletionOfATag, .deletionOfARepository:
                    // The second run does not know what the first had begun to free: that is a collection's work.
                    #expect(expected.isSubset(of: store.files()), "\(work) call \(failing) \(error)")
                    try await store.collect(Self.policy, trash: 2 * Self.period)
                    #expect(store.files() == collected, "\(work) call \(failing) \(error)")
                case .restoration, .restorationIntoUse, .emptyingOfTheTrash:
                    #expect(store.files() == expected, "\(work) call \(failing) \(error)")
                }
            }
        }
    }

    /// What images lack; blobs that came back before any repository did lack nothing.
    private static func lacking(_ store: TemporaryStore) async throws -> [StorageProblem] {
        try await store.check().broken.filter { $0.kind != .noRepository }
    }

    /// Whether each call fails with each error, instead of with one of them in turn.
    private static let isEveryErrorMet = ProcessInfo.processInfo.environment["HOOK_TEST_EVERY_ERROR"] != nil
}
