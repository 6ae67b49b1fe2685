import HookKit

extension LocalRegistryStores {
    /// Says what the disk got back, and from when on it gets back what lies in the trash.
    ///
    /// Where everything was spared, nothing lies in the trash that could be put back.
    func countSpace(_ now: Int64, _ root: StorageRoot, _ report: inout RegistryStoreReport) throws(Errno) {
        // Of what is deleted in part, the rest is not given back yet.
        let deleted = report.leftInTrash.map { max(report.reclaimed - $0, .zero) }
        guard let run = report.trash, let own = try Trash(root: root).runs().first(where: { $0.name.description == run }) else {
            report.trash = nil
            report.freed = (deleted ?? report.reclaimed) + report.freedFromTrash
            return
        }
        report.freed = (deleted ?? .zero) + report.freedFromTrash
        // What is kept although its time is over waits for a proof, not for a moment.
        if !own.isOver(at: now) { report.keptUntil = Timestamp(nanoseconds: own.end) }
    }

    /// Deletes what is in the trash and whose period is over, this run's own things included, where it is proven that nobody needs them.
    func emptyTrash(
        _ root: StorageRoot,
        _ conclusion: SweepConclusion,
        at now: Int64,
        _ request: RegistryCollection,
        _ report: inout RegistryStoreReport
    ) async throws {
        let own = report.trash
        let expected = request.expected.map { ExpectedChanges($0) }
        let choice = try conclusion.choose(at: now) { run in
            expected?.hasTrash(root.display(RegistryLayout.trash(of: run.name))) ?? true
        }
        if !choice.withheld.isEmpty {
            let names = choice.withheld.map(\.name.description).joined(separator: ", ")
            report.notes.append("the trash is not emptied (\(names)): it may hold what images lack")
        }
        if !choice.unexpected.isEmpty {
            let names = choice.unexpected.map(\.name.description).joined(separator: ", ")
            report.notes.append("not in the plan, so left in the trash although its period is over: \(names)")
        }
        let emptied = try await conclusion.empty(choice)
        report.isInterrupted = emptied.isInterrupted
        report.freedFromTrash = ByteSize(bytes: emptied.bytes)
        report.failures += emptied.failures.map { .init($0, in: root) }
        report.notes += emptied.runs.map(\.name.description).filter { $0 != own }.map {
            "the run \($0) cannot be put back any more: its period was over, and what it had moved to the trash is deleted"
        }
        if emptied.runs.contains(where: { $0.name.description == own }) { report.trash = nil }
        for run in emptied.unfinished { await note(unfinished: run, isInterrupted: emptied.isInterrupted, root, &report) }
    }

    /// Says what is left of a run whose deletion did not come to its end.
    private func note(unfinished run: Trash.Run, isInterrupted: Bool, _ root: StorageRoot, _ report: inout RegistryStoreReport) async {
        let trash = Trash(root: root)
        // In a task of its own, which a cancellation does not reach: it only looks.
        let canComeBack = await Task { () -> Bool in
            do {
                return try trash.canRestoreAnything(of: run)
            } catch {
                // What cannot be looked at may come back.
                return true
            }
        }.value
        let cause = isInterrupted ? "this run was stopped meanwhile" : "something in it could not be removed"
        let left = canComeBack ? "what is left of it can still be put back" : "what is left of it cannot be put back any more"
        report.notes.append("the run \(run.name) is not deleted to the end, because \(cause): \(left), and a later collection deletes it")
        guard run.name.description == report.trash else { return }
        do throws(Errno) {
            report.leftInTrash = ByteSize(bytes: try trash.bytes(of: run))
        } catch {
            // What cannot be measured is taken to be there: no space is claimed that may not have come back.
            report.leftInTrash = report.reclaimed
        }
        if !canComeBack { report.trash = nil }
    }
}
