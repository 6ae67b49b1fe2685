import HookKit

/// Decides which runs of the trash must not be deleted although their time is over: those that may hold what an image lacks.
///
/// StorageInvariants.md, lines H2 and H5.
struct TrashProof {
    let root: StorageRoot
    /// What the plan and the look at every image after the sweep have found.
    let problems: [RegistryStoreReport.Problem]
    /// What the sweep could not do.
    let failures: [SweepReport.Failure]

    /// Says whether every run stays, this one's own things included.
    var withholdsAll: Bool { get throws(Errno) { try withheldNames(of: []) == nil } }

    /// Those of the runs that stay.
    func withheld(of runs: [Trash.Run]) throws(Errno) -> [Trash.Run] {
        if runs.isEmpty { return [] }
        guard let withheld = try withheldNames(of: runs) else { return runs }
        return runs.filter { withheld.contains($0.name) }
    }

    /// The names of those of the runs that stay; `nil` where all stay.
    private func withheldNames(of runs: [Trash.Run]) throws(Errno) -> Set<EntryName>? {
        guard failures.allSatisfy(isHarmless) else { return nil }
        var withheld: Set<EntryName> = []
        for problem in problems where problem.breaksImages {
            switch StorageProblem.Kind(rawValue: problem.kind) {
            case .emptyLink, .tagWithoutLink:
                // The repository is kept whole since it is so, and what a link without a byte named was linked before.
                continue
            case .missingLink where failures.isEmpty:
                // What lay in the trash is back in its place.
                continue
            case .missingBlob, .truncatedBlob:
                guard let key = BlobKey(namedBy: problem.path) else { return nil }
                for run in runs where try holds(key, run) { withheld.insert(run.name) }
            case .missingManifest:
                // What it names is not known; but who pushes it again pushes that as well. Only where it lies in the trash it may come back alone.
                guard let key = BlobKey(namedBy: problem.path) else { return nil }
                for run in try Trash(root: root).runs() where try holds(key, run) { return nil }
            default:
                return nil
            }
        }
        return withheld
    }

    /// Says whether what could not be done left everything in its place: there was no room to move it aside.
    ///
    /// What could not be looked at again at the end, or not be put back, stands as a failure of all repositories.
    private func isHarmless(_ failure: SweepReport.Failure) -> Bool {
        failure.error?.isLackOfSpace == true && failure.path != RegistryLayout.repositories
    }

    private func holds(_ key: BlobKey, _ run: Trash.Run) throws(Errno) -> Bool {
        let trashed = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(blob: key))
        return try root.kind(of: trashed, PathBuffer()) != nil
    }
}
