import HookKit

extension LocalRegistryStores {
    /// For how long what a repair takes out is kept, in nanoseconds: nobody misses it, but somebody may want to look at it.
    private static let damagedPeriod: Int64 = 7 * 86400 * 1_000_000_000

    /// Checks, plans what can be mended, mends it, and checks once more; a dry run says what would be mended.
    func repair(
        _ root: StorageRoot,
        _ checker: StorageChecker,
        _ request: RegistryCheck,
        _ isDryRun: Bool,
        _ report: inout RegistryStoreReport
    ) async throws -> CheckReport {
        if isDryRun, try StorageLock.isHeld(root) {
            throw RegistryStorageError(.busy, "another collector works on '\(root.basePath)'; try again when it has finished")
        }
        let lock = isDryRun ? nil : try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        if lock != nil { try RememberedManifests.recover(root) }
        let check = try await checker.confirm(try await checker.check())
        var policy = CollectionPolicy(now: (request.time ?? now()).nanoseconds)
        policy.jobs = request.jobs ?? cores
        let due = try await planRepair(check, root, policy)
        var plan = due
        report.problems.add(plan.problems, in: root)
        if isDryRun {
            report.repairs = plan.mendedPaths.map { root.display($0) }
            add(setAside: plan.setAside, in: nil, root, &report)
            try await add(lost: plan, .planned, nil, root, &report)
            if let note = root.refusalNote() { report.notes.append(note) }
            return check
        }
        if let expected = request.expected.map({ ExpectedChanges($0) }) {
            let agreement = try expected.agree(with: plan, root)
            plan = agreement.plan
            report.plan = outcome(of: expected, agreement, root)
        }
        if plan.isEmpty {
            report.canBeMendedFurther = due.mendsImages || due.removesAnything
            return check
        }
        var options = SweepOptions(process: process)
        // Where something goes, nothing comes back.
        if request.expected != nil, !plan.removesAnything { options.restoration = .asPlanned }
        options.trashPeriod = Self.damagedPeriod
        let result = try await Sweeper(plan, options: options, wait: wait).execute()
        report.repairs = (result.restored + result.mended).map { root.display($0) }
        report.failures = result.failures.map { .init($0, in: root) }
        add(setAside: result.setAside, in: result.trash, root, &report)
        try await add(lost: plan, .gone(listed: Self.listedRemovals), result.trash, root, &report)
        report.isInterrupted = result.isInterrupted
        if !report.isInterrupted {
            do {
                let check = try await checker.confirm(try await checker.check())
                let further = try await planRepair(check, root, policy)
                report.canBeMendedFurther = further.mendsImages || further.removesAnything
                return check
            } catch is CancellationError {
                report.isInterrupted = true
            } catch {
                // What was mended is reported whatever happens afterwards.
                report.failures.append(.init(path: root.basePath, "what was mended could not be looked at again: \(error)"))
            }
        }
        // What is known is what was found before, but for what was mended since.
        let mended = Set(result.restored + result.mended + result.setAside)
        let back = Set(result.restored.map(\.parent.lastComponent))
        var left = check
        left.problems.removeAll { problem in
            if problem.kind == .missingBlob || problem.kind == .missingManifest { return back.contains(problem.path.parent.lastComponent) }
            return mended.contains(problem.path) || mended.contains(problem.path.parent)
        }
        return left
    }

    /// What can be mended; where images get nothing back by that, the links that go to manifests that are lost.
    ///
    /// Those are taken by the plan of a collection: decided by marks, compared before and after they go, and looked after until pushes that had begun
    /// are over. StorageInvariants.md, lines H1, H3, H5 and H6.
    private func planRepair(_ check: CheckReport, _ root: StorageRoot, _ policy: CollectionPolicy) async throws -> SweepPlan {
        let mending = try RepairPlanner(root: root, policy: policy).plan(check)
        let isLost = { (problem: StorageProblem) in problem.kind == .missingManifest && RegistryLayout.isLink(problem.path) }
        guard !mending.mendsImages, check.problems.contains(where: isLost) else { return mending }
        var policy = policy
        policy.deletion = .init(repository: { _ in false }, tag: { _, _ in false })
        policy.takesLostManifests = true
        (policy.trashPeriod, policy.trashStart) = (Self.damagedPeriod, now().nanoseconds)
        var plan = try await StorageCollector(root: root, policy: policy).plan()
        // What comes back by itself comes back first: it may name what is lost.
        guard plan.unlistable.isEmpty, plan.restored.isEmpty, plan.count(of: .revision) > 0 else { return mending }
        plan.setBlobs(BlobList())
        (plan.mends, plan.problems) = (mending.mends, mending.problems)
        return plan
    }

    /// Says which links to lost manifests go, or went, to the trash.
    private func add(
        lost plan: SweepPlan,
        _ extent: RemovalReport.Extent,
        _ run: Trash.Run?,
        _ root: StorageRoot,
        _ report: inout RegistryStoreReport
    ) async throws {
        if plan.repositories.isEmpty { return }
        let groups = try await RemovalReport(plan: plan, root: root, extent: extent).groups()
        report.groups = groups + report.groups
        let count = groups.flatMap(\.counts).filter { $0.kind == SweepPlan.Kind.revision.rawValue }.reduce(0) { $0 + $1.count }
        if count == 0 { return }
        let isOne = count == 1
        report.notes.append(
            "\(isOne ? "1 link to a manifest" : "\(count) links to manifests") that nothing names and whose \(isOne ? "blob is" : "blobs are") missing "
                + (run.map { "went to the trash ('\(root.display(RegistryLayout.trash(of: $0.name)))')" } ?? "would go to the trash")
        )
    }

    /// Says which damaged blobs go, or went, to the trash without anything in their place.
    private func add(setAside paths: [EntryName], in run: Trash.Run?, _ root: StorageRoot, _ report: inout RegistryStoreReport) {
        if paths.isEmpty { return }
        let removals = paths.map {
            RegistryStoreReport.Removal(kind: SweepPlan.Kind.blob.rawValue, path: root.display($0), reason: "damaged", bytes: .zero)
        }
        let count = RegistryStoreReport.Count(SweepPlan.Kind.blob.rawValue, paths.count)
        report.groups.append(.init(subject: "blobs", counts: [count], bytes: .zero, removals: removals))
        let (isOne, images) = (paths.count == 1, "push the images again that name")
        report.notes.append(
            "\(isOne ? "1 blob" : "\(paths.count) blobs") whose content is not what \(isOne ? "its digest names" : "their digests name") "
                + (run.map { "went to the trash ('\(root.display(RegistryLayout.trash(of: $0.name)))')" } ?? "would go to the trash")
                + ": \(images) \(isOne ? "it" : "them"), and restart a registry that keeps blobs in memory before"
        )
    }
}
