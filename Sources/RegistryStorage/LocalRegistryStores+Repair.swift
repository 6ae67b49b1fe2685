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
        let planner = RepairPlanner(root: root, policy: CollectionPolicy(now: (request.time ?? now()).nanoseconds))
        let due = try planner.plan(check)
        var plan = due
        report.problems.add(plan.problems, in: root)
        if isDryRun {
            report.repairs = plan.mendedPaths.map { root.display($0) }
            add(setAside: plan.setAside, in: nil, root, &report)
            if let note = root.refusalNote() { report.notes.append(note) }
            return check
        }
        if let expected = request.expected.map({ ExpectedChanges($0) }) {
            let agreement = try expected.agree(with: plan, root)
            plan = agreement.plan
            report.plan = outcome(of: expected, agreement, root)
        }
        if plan.isEmpty {
            report.canBeMendedFurther = due.mendsImages
            return check
        }
        var options = SweepOptions(process: process)
        if request.expected != nil { options.restoration = .asPlanned }
        options.trashPeriod = Self.damagedPeriod
        let result = try await Sweeper(plan, options: options).execute()
        report.repairs = (result.restored + result.mended).map { root.display($0) }
        report.failures = result.failures.map { .init($0, in: root) }
        add(setAside: result.setAside, in: result.trash, root, &report)
        report.isInterrupted = result.isInterrupted
        if !report.isInterrupted {
            do {
                let check = try await checker.confirm(try await checker.check())
                report.canBeMendedFurther = try planner.plan(check).mendsImages
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
