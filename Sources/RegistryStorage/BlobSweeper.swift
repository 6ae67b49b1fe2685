/// Removes blobs, directory by directory.
struct BlobSweeper {
    let plan: SweepPlan
    /// The run whose trash takes the blobs.
    let run: Trash.Run
    let scratch = WalkerScratch()
    /// What this task did.
    var report = SweepReport()

    private var root: StorageRoot { plan.graph.root }

    private let deletesWhereFull: Bool

    init(plan: SweepPlan, run: Trash.Run, deletesWhereFull: Bool) {
        self.plan = plan
        self.run = run
        self.deletesWhereFull = deletesWhereFull
    }

    /// Opens the place of blobs in the trash; `nil` where they are deleted at once, on a disk that is too full to make it.
    private func openTrashIfPossible(_ path: EntryName) throws(Errno) -> SharedDescriptor? {
        let place = RegistryLayout.trash(of: run.name).appending(path)
        do throws(Errno) {
            try root.makeDirectories(place)
            return SharedDescriptor(try root.calls.openDirectory(scratch.path.path(place), in: root.number))
        } catch  where error.isLackOfSpace && deletesWhereFull {
            return nil
        }
    }

    /// Removes blobs that lie in one directory.
    mutating func sweep(_ blobs: BlobList.Directory, sparing isSpared: (BlobKey) -> Bool) {
        guard let first = blobs.first(where: { _ in true }) else { return }
        let path = RegistryLayout.blobDirectory(plan.key(of: first).prefix)
        let calls = root.calls
        do throws(Errno) {
            let directory = try calls.openDirectory(scratch.path.path(path), in: root.number)
            var target = try openTrashIfPossible(path)
            for blob in blobs {
                let key = plan.key(of: blob)
                if isSpared(key) {
                    report.spared.append(RegistryLayout.blob(key))
                    continue
                }
                do throws(Errno) {
                    if blob.size >= 0 {
                        // What was deleted makes room.
                        if target == nil { target = try openTrashIfPossible(path) }
                        let file = scratch.path.blobFile(key)
                        if let target = target?.number {
                            try calls.rename(file, in: directory.number, to: scratch.name.hexDirectory(key), in: target)
                        } else {
                            try calls.unlink(file, in: directory.number)
                        }
                    }
                    report.count(.blob, bytes: max(blob.size, 0))
                } catch  where error == .noSuchFile {
                    // Somebody else removed it; the directory may be left.
                } catch {
                    report.failures.append(.init(path: RegistryLayout.blob(key), error: error))
                    continue
                }
                do throws(Errno) {
                    try calls.removeDirectory(scratch.path.hexDirectory(key), in: directory.number)
                } catch  where error == .noSuchFile || error == .directoryNotEmpty || error == .fileExists {
                    // What else lies there is not ours.
                } catch {
                    report.failures.append(.init(path: RegistryLayout.blob(key).parent, error: error))
                }
            }
        } catch {
            report.failures.append(.init(path: path, error: error))
        }
    }
}
