/// Plans and carries out collections of one store.
package struct StorageCollector: Sendable {
    private let root: StorageRoot
    private let policy: CollectionPolicy

    /// Takes a store and what may go.
    package init(root: StorageRoot, policy: CollectionPolicy) {
        self.root = root
        self.policy = policy
    }

    /// Walks and marks the store, and decides what goes.
    ///
    /// Nothing is changed.
    package func plan() async throws -> SweepPlan {
        try root.checkFileSystems()
        let table = DigestTable()
        let scan = try await Walker(root: root, table: table, policy: policy).walk()
        var graph = StoreGraph(root: root, table: table, scan: scan, catalog: ManifestCatalog(root: root, table: table))
        var wanted: [DigestNumber] = []
        for repository in scan.repositories {
            wanted += repository.revisions.lazy.map(\.number)
            wanted += repository.tagTargets
            wanted += repository.subjectTags.lazy.map(\.target)
            wanted += repository.doomedTags.lazy.map(\.target)
        }
        try await graph.catalog.read(wanted, jobs: policy.jobs)
        let marks = try await Marker(graph: graph, policy: policy).mark()
        return try await SweepPlanner(graph: graph, marks: marks, policy: policy).plan()
    }

    /// Deletes what earlier runs took out and whose period is over; with none over, nothing.
    ///
    /// - Warning: the caller has proven that nothing in the store lacks what is deleted.
    package func emptyTrash(
        jobs: Int,
        where isChosen: (Trash.Run) -> Bool = { _ in true }
    ) async throws -> (runs: [Trash.Run], failures: [SweepReport.Failure]) {
        let trash = Trash(root: root)
        var failures: [SweepReport.Failure] = []
        let over = try trash.runs().filter { $0.isOver(at: policy.now) && isChosen($0) }
        for run in over { failures += try await trash.delete(run, jobs: jobs) }
        return (over, failures)
    }
}
