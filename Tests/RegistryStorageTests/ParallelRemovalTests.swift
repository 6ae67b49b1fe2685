import Foundation
import RegistryStorage
import StorageFixtures
import Synchronization
import Testing

/// Removal does the same whatever the number of tasks, and a run that failed anywhere is finished by the next.
@Suite struct ParallelRemovalTests {
    private static func policy(jobs: Int) -> CollectionPolicy {
        TemporaryStore.policy {
            $0.untagged = .removed(keepLast: 0, olderThan: 0)
            $0.deletesEmptyRepositories = true
            $0.jobs = jobs
        }
    }

    /// Many repositories, some beneath others, each with something that goes.
    private static func fill(_ builder: StoreBuilder) {
        FaultTests.fill(builder)
        for number in 0..<12 {
            let config = builder.blob(Array("config \(number)".utf8))
            for name in ["team\(number % 3)", "team\(number % 3)/app\(number)", "team\(number % 3)/app\(number)/deep"] {
                let kept = builder.image(config, [builder.blob(Array("kept \(name)".utf8))], in: name)
                builder.tag("v1", kept.key, in: name)
                builder.image(config, [builder.blob(Array("gone \(name) \(number)".utf8))], in: name)
            }
        }
        for number in 0..<300 { builder.blob(Array("orphan \(number)".utf8)) }
    }

    /// Fails one call of a kind, counted over all tasks.
    private final class Failure: Sendable {
        private let count = Atomic<Int>(0)
        let total = Atomic<Int>(0)
        private let failing: Int
        private let kind: SystemCalls.Call

        init(_ kind: SystemCalls.Call, _ failing: Int) { (self.kind, self.failing) = (kind, failing) }

        var calls: SystemCalls {
            SystemCalls { [self] call in
                guard call == kind else { return nil }
                return count.add(1, ordering: .relaxed).newValue == failing ? .inputOutput : nil
            }
        }

        var seen: Int { count.load(ordering: .relaxed) }
    }

    @Test(arguments: [2, 8], [Int64(0), 3_600_000_000_000])
    func anyNumberOfTasksRemovesTheSame(jobs: Int, trash: Int64) async throws {
        let (one, many) = (TemporaryStore(), TemporaryStore())
        for store in [one, many] { Self.fill(store.builder) }
        let expected = try await one.collect(Self.policy(jobs: 1), trash: trash)
        let report = try await many.collect(Self.policy(jobs: jobs), trash: trash)
        #expect(report.failures == [] && expected.failures == [])
        #expect(many.files() == one.files())
        #expect(report.removed == expected.removed)
        #expect(report.bytes == expected.bytes)
        #expect(try await many.check().problems == [])
        // The trash as well.
        var later = Self.policy(jobs: jobs)
        later.now += 7_200_000_000_000
        var bytes: [Int64] = []
        for store in [one, many] {
            let root = try StorageRoot(path: store.path)
            let emptied = try await StorageCollector(root: root, policy: later).emptyTrash(jobs: store === one ? 1 : jobs)
            #expect(emptied.failures == [])
            bytes.append(emptied.bytes)
            #expect(try Trash(root: root).runs() == [])
        }
        #expect(bytes[0] == bytes[1])
        #expect(trash == 0 || bytes[0] >= expected.bytes)
    }

    /// What takes things out, and what deletes them.
    @Test(arguments: [1, 2, 8], [SystemCalls.Call.rename, .unlink])
    func aRunInWhichAnyRemovalFailedIsFinishedByTheNext(jobs: Int, call: SystemCalls.Call) async throws {
        let reference = TemporaryStore()
        Self.fill(reference.builder)
        let counted = Failure(call, .max)
        try await reference.collect(Self.policy(jobs: 1), calls: counted.calls)
        #expect(counted.seen > 300)
        for failing in stride(from: 1, through: counted.seen, by: 23) {
            let store = TemporaryStore()
            Self.fill(store.builder)
            let report = try await store.collect(Self.policy(jobs: jobs), calls: Failure(call, failing).calls)
            #expect(report.failures.count == 1, "\(call) \(failing)")
            #expect(try await store.check().broken == [], "\(call) \(failing)")
            let second = try await store.collect(Self.policy(jobs: jobs))
            #expect(second.failures == [])
            #expect(store.files() == reference.files(), "\(call) \(failing)")
            #expect(try Trash(root: StorageRoot(path: store.path)).runs() == [], "\(call) \(failing)")
        }
    }

    @Test(arguments: [1, 2, 8]) func aTrashInWhichAnyUnlinkFailedIsEmptiedByTheNextRun(jobs: Int) async throws {
        var later = Self.policy(jobs: jobs)
        later.now += 7_200_000_000_000
        for failing in stride(from: 1, through: 300, by: 29) {
            let store = TemporaryStore()
            Self.fill(store.builder)
            try await store.collect(Self.policy(jobs: jobs), trash: 3_600_000_000_000)
            let files = store.files()
            let broken = try StorageRoot(path: store.path, calls: Failure(.unlink, failing).calls)
            let first = try await StorageCollector(root: broken, policy: later).emptyTrash(jobs: jobs)
            #expect(first.failures.count == 1, "unlink \(failing)")
            let root = try StorageRoot(path: store.path)
            #expect(try Trash(root: root).runs().count == 1)
            let second = try await StorageCollector(root: root, policy: later).emptyTrash(jobs: jobs)
            #expect(second.failures == [] && second.bytes > 0)
            #expect(try Trash(root: root).runs() == [])
            #expect(store.files() == files)
        }
    }
}
