import HookKit

extension LocalRegistryStores {
    /// Says what a run would do.
    func foresee(_ root: StorageRoot, _ policy: CollectionPolicy, _ request: RegistryCollection) async throws -> RegistryStoreReport {
        var policy = policy
        var options = SweepOptions(process: process)
        let protection = await protect(&options, request, root, isDryRun: true)
        policy.measuresUse = request.measuresUse
        (policy.trashPeriod, policy.trashStart) = (options.trashPeriod, now().nanoseconds)
        // Before there is a plan, so that the two are not in memory at once.
        let broken = try await StorageChecker(root: root, jobs: policy.jobs, depth: .afterSweep).check().broken
        var plan = try await StorageCollector(root: root, policy: policy).plan()
        let outlook = foresee(&plan, options, request)
        var report = try await report(on: plan, of: request, root, .planned)
        report.repairs = plan.mendedPaths.map { root.display($0) }
        report.use = try PlannedUse(plan)?.use().reported
        report.protection = protection
        report.wouldBeKeptFor = outlook.keptFor
        report.notes += outlook.notes
        if let note = root.refusalNote() { report.notes.append(note) }
        report.problems.add(plan.unlistable + plan.problems, in: root)
        // What comes back is missing no more.
        report.problems.removeMissingBlobs(that: Set(plan.restored.compactMap { BlobKey(ofBlob: $0.original) }))
        report.problems.add(try await foreseeProblems(broken, plan, root), in: root)
        let returning = try TrashRestoration(plan: plan, extent: .followed).foreseen()
        try foreseeTrash(policy.now, root, without: Set(returning.map(\.trashed)), &report)
        return report
    }

    /// Takes out of a dry run's plan what a run would leave, as far as that can be told without a change, and says for how long the rest would be
    /// kept.
    ///
    /// A registry is not asked whether it keeps blobs in memory and deletes: a link would have to be taken away and a deletion asked for. Under which
    /// condition something would stay is what a dry run can say.
    private func foresee(
        _ plan: inout SweepPlan,
        _ options: SweepOptions,
        _ request: RegistryCollection
    ) -> (keptFor: Duration?, notes: [String]) {
        var notes: [String] = []
        let things = [(plan.count(of: .layerLink), "layer link"), (plan.count(of: .blob), "blob")].filter { $0.0 > 0 }
            .map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: " and ")
        switch options.server {
        case .absent: break
        case .unknown:
            plan.leaveBlobs()
            if !things.isEmpty {
                notes.append("\(things) would stay until the registry that serves the directory can be asked, or is stopped")
            }
        case .running:
            if !things.isEmpty {
                let manifests = "where it allows them, manifests' own blobs that it remembers would stay until it is restarted"
                notes.append(
                    "\(things) would stay where the registry keeps blobs in memory and does not allow deletes, or is several processes at one address"
                        + (plan.blobs.isEmpty ? "" : "; \(manifests)") + ": a dry run does not try that out"
                )
            }
        }
        if options.trashPeriod == 0 { return (nil, notes) }
        let isAsked = options.trashPeriod == Self.nanoseconds(request.trash)
        return (isAsked ? request.trash : request.minimumAge, notes)
    }

    /// What the check after a run would find, of what is wrong before it.
    private func foreseeProblems(_ broken: [StorageProblem], _ plan: SweepPlan, _ root: StorageRoot) async throws -> [StorageProblem] {
        if broken.isEmpty { return [] }
        let checker = StorageChecker(root: root, jobs: plan.policy.jobs, foreseen: try ForeseenChanges(plan))
        let left = try await checker.check()
        // What was wrong before as well has been seen twice.
        if Set(left.broken).isSubset(of: broken) { return left.broken }
        return try await checker.confirm(left).broken
    }

    /// Says what a run would delete from the trash, and what the disk would get back in all.
    ///
    /// What comes back before is not deleted.
    private func foreseeTrash(
        _ now: Int64,
        _ root: StorageRoot,
        without returning: Set<EntryName>,
        _ report: inout RegistryStoreReport
    ) throws {
        let trash = Trash(root: root)
        let proof = TrashProof(root: root, problems: report.problems, failures: [])
        let over = try trash.runs().filter { $0.isOver(at: now) }
        let withheld = try proof.withheld(of: over)
        let names = Set(withheld.map(\.name))
        let deleted = over.filter { !names.contains($0.name) }
        report.trashToEmpty = try deleted.map { run in
            RegistryStoreReport.Removal(
                kind: ExpectedChanges.trashRun,
                path: root.display(RegistryLayout.trash(of: run.name)),
                reason: "over",
                bytes: ByteSize(bytes: try trash.bytes(of: run, without: returning))
            )
        }
        report.freedFromTrash = report.trashToEmpty.reduce(.zero) { $0 + $1.bytes }
        let isOwnWithheld = try report.wouldBeKeptFor == nil && !report.groups.isEmpty && proof.withholdsAll
        if isOwnWithheld { report.wouldBeKeptFor = .zero }
        report.freed = report.freedFromTrash + (report.wouldBeKeptFor == nil ? report.reclaimed : .zero)
        if !withheld.isEmpty || isOwnWithheld {
            let words = withheld.isEmpty ? "" : " (\(withheld.map(\.name.description).joined(separator: ", ")))"
            report.notes.append("the trash would not be emptied\(words): it may hold what images lack")
        }
        report.notes += deleted.map {
            "the run \($0.name) could not be put back any more: its period is over, and what it moved to the trash would be deleted"
        }
    }
}
