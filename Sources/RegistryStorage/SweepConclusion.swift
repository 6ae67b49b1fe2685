import HookKit

/// What follows a sweep: every image is looked at, and of the trash goes what is over, as far as it is proven that nobody needs it.
///
/// StorageInvariants.md, steps 8 and 9 of the order that follows.
package struct SweepConclusion: Sendable {
    /// Which runs of the trash go.
    package struct Choice: Sendable {
        /// The runs whose period is over and that nobody needs.
        package let runs: [Trash.Run]
        /// The runs whose period is over and that stay, because they may hold what an image lacks.
        package let withheld: [Trash.Run]
        /// The runs whose period is over and that stay, because nobody agreed to their deletion.
        package let unexpected: [Trash.Run]

        /// When their periods were found to be over, in nanoseconds since 1970.
        fileprivate let now: Int64
    }

    /// What is wrong in the store, by the plan, and after `look` by that as well.
    private(set) var problems: [RegistryStoreReport.Problem] = []
    private let root: StorageRoot
    private let policy: CollectionPolicy
    private let own: Trash.Run?
    private let failures: [SweepReport.Failure]

    /// Takes a plan, of which only the problems are kept, and what its execution did.
    ///
    /// The caller holds the `StorageLock` since before the plan was made.
    package init(root: StorageRoot, policy: CollectionPolicy, plan: SweepPlan, report: SweepReport) {
        (self.root, self.policy, own, failures) = (root, policy, report.trash, report.failures)
        problems.add(plan.unlistable + plan.problems, in: root)
        // What the plan missed and found in the trash is there again; the look says what is missing still.
        problems.removeMissingBlobs(that: Set(report.restored.compactMap { BlobKey(ofBlob: $0) }))
    }

    /// Follows every tag to its last blob; what is wrong now counts in the choice.
    @discardableResult
    package mutating func look() async throws -> CheckReport {
        let checker = StorageChecker(root: root, jobs: policy.jobs, depth: .afterSweep)
        let check = try await checker.confirm(try await checker.check())
        problems.add(check.broken, in: root)
        return check
    }

    /// Chooses the runs of the trash that go, of those whose period is over at a moment; this run's own things need nobody's agreement.
    ///
    /// What may hold the only copy of something that an image lacks stays.
    ///
    /// - Warning: without `look` before, what was wrong with images and is in no plan is not known.
    package func choose(at now: Int64, where isExpected: (Trash.Run) -> Bool = { _ in true }) throws(Errno) -> Choice {
        let over = try Trash(root: root).runs().filter { $0.isOver(at: now) }
        let withheld = try TrashProof(root: root, problems: problems, failures: failures).withheld(of: over)
        let ended = over.filter { run in !withheld.contains { $0.name == run.name } }
        // What earlier runs left there and is in no plan that somebody agreed to stays.
        var (runs, unexpected): ([Trash.Run], [Trash.Run]) = ([], [])
        for run in ended {
            if run.name == own?.name || isExpected(run) { runs.append(run) } else { unexpected.append(run) }
        }
        return Choice(runs: runs, withheld: withheld, unexpected: unexpected, now: now)
    }

    /// Deletes what was chosen; the bytes of what this run itself took out are not counted, because its report has them.
    package func empty(_ choice: Choice) async throws -> EmptiedTrash {
        var policy = policy
        policy.now = choice.now
        let names = Set(choice.runs.map(\.name))
        return try await StorageCollector(root: root, policy: policy).emptyTrash(jobs: policy.jobs) {
            names.contains($0.name)
        } measuring: {
            $0.name != own?.name
        }
    }
}
