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
        var scan = try await Walker(root: root, table: table, policy: policy).walk()
        let held = try await hold(&scan, table)
        var graph = StoreGraph(root: root, table: table, scan: scan, catalog: ManifestCatalog(root: root, table: table))
        var wanted: [DigestNumber] = []
        for repository in scan.repositories {
            wanted += repository.revisions.lazy.map(\.number)
            wanted += repository.tagTargets
            wanted += repository.subjectTags.lazy.map(\.target)
            wanted += repository.doomedTags.lazy.compactMap(\.target)
        }
        try await graph.catalog.read(wanted, jobs: policy.jobs)
        let signatures = LegacySignatures(root: root, table: table)
        for place in graph.scan.repositories.indices { signatures.add(to: &graph.scan.repositories[place], graph.catalog) }
        if policy.takesLostManifests { LostManifests(graph: graph).note(in: &graph.scan) }
        var marks = try await Marker(graph: graph, policy: policy, held: held).mark()
        let (plan, listed, lacksNothing) = try await SweepPlanner(graph: graph, marks: marks, policy: policy, held: held).plan()
        if lacksNothing, marks.allSatisfy(\.unlinked.isEmpty) { return plan }
        // Which blobs are there is known only now, so that where a kept image lacks something everything is decided once more.
        let returning = Set(plan.restored.map(\.original))
        var isDecidedAgain = false
        while true {
            let broken = BrokenImages(graph: graph, marks: marks, listed: listed, returning: returning).find()
            if broken.isEmpty { break }
            for (place, problems) in broken {
                graph.scan.repositories[place].isDamaged = true
                graph.scan.repositories[place].problems += problems
            }
            isDecidedAgain = true
            marks = try await Marker(graph: graph, policy: policy, held: held).mark()
        }
        if !isDecidedAgain { return plan }
        return try await SweepPlanner(graph: graph, marks: marks, policy: policy, held: held).plan().plan
    }

    /// Reads what the trash needs, and notes which manifests of repositories tags or indexes in the trash name.
    private func hold(_ scan: inout StoreScan, _ table: DigestTable) async throws -> HeldReferences {
        let held: HeldReferences
        do {
            held = try await HeldReferences.read(root, now: policy.trashStart ?? policy.now, period: policy.trashPeriod, jobs: policy.jobs)
        } catch let error as CancellationError {
            throw error
        } catch {
            scan.unlistable.append(
                StorageProblem(.unreadable, RegistryLayout.trash, breaksImages: true, "the trash cannot be searched: \(error)")
            )
            return HeldReferences()
        }
        if held.repositories.isEmpty { return held }
        for index in scan.repositories.indices {
            guard let own = held.repositories[scan.repositories[index].name] else { continue }
            if !own.damaged.isEmpty {
                scan.repositories[index].isNeededWhole = true
                scan.repositories[index].problems += own.damaged
            }
            if own.manifests.isEmpty { continue }
            for revision in scan.repositories[index].revisions where own.manifests.contains(table.key(revision.number)) {
                scan.repositories[index].heldManifests.append(revision.number)
            }
        }
        return held
    }

    /// Deletes what earlier runs took out and whose period is over; with none over, nothing.
    ///
    /// The bytes of the blobs and uploads that go are counted where `isMeasured` says so, which takes a call for each file. Where the task is
    /// cancelled, what was done until then is returned: it is gone.
    ///
    /// - Warning: the caller has proven that nothing in the store lacks what is deleted.
    package func emptyTrash(
        jobs: Int,
        where isChosen: (Trash.Run) -> Bool = { _ in true },
        measuring isMeasured: (Trash.Run) -> Bool = { _ in true }
    ) async throws -> EmptiedTrash {
        let trash = Trash(root: root)
        var emptied = EmptiedTrash()
        for run in try trash.runs() where run.isOver(at: policy.now) && isChosen(run) {
            if Task.isCancelled { emptied.isInterrupted = true }
            if emptied.isInterrupted { break }
            let deletion = try await trash.delete(run, jobs: jobs, measures: isMeasured(run))
            emptied.failures += deletion.failures
            emptied.bytes += deletion.bytes
            emptied.isInterrupted = deletion.isInterrupted
            if isGone(run, trash) { emptied.runs.append(run) } else { emptied.unfinished.append(run) }
        }
        return emptied
    }

    private func isGone(_ run: Trash.Run, _ trash: Trash) -> Bool {
        do throws(Errno) {
            return try !trash.isThere(run)
        } catch {
            // What cannot be asked for may be there.
            return false
        }
    }
}
