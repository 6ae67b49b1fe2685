/// Carries out what a plan mends: takes damaged blobs out, writes links and removes directories that lost their file.
///
/// A link is written after its blob is there, which the plan has made sure of. StorageInvariants.md, lines H2 and S3.
struct PlanMender {
    let root: StorageRoot
    /// Whose trash takes damaged blobs.
    let run: Trash.Run

    /// Mends, and records what was mended and what could not be.
    func mend(_ mends: [SweepPlan.Mend], _ report: inout SweepReport) throws {
        for mend in mends {
            try Task.checkCancellation()
            do throws(Errno) {
                switch mend.action {
                case .writeLink(let key): try write(key, to: mend.path)
                case .removeEmptyDirectory: if try !removeDirectory(mend.path) { continue }
                case .setAside(let key, let stamp, let replacement):
                    guard try setAside(mend.path, key, stamp, &report),
                        try putBack(replacement, to: mend.path, key, &report)
                    else { continue }
                }
                report.mended.append(mend.path)
            } catch {
                report.failures.append(.init(path: mend.path, error: error))
            }
        }
    }

    /// Writes a link beside its place and renames it there.
    private func write(_ key: BlobKey, to path: EntryName) throws(Errno) {
        let (buffer, target) = (PathBuffer(), PathBuffer())
        let beside = RegistryLayout.draft(ofLink: path)
        try root.makeDirectories(path.parent)
        let file = try root.calls.openForWriting(buffer.path(beside), in: root.number, exclusively: false)
        try root.giveToOwner(buffer.path(beside))
        try root.calls.write(file.number, Array(key.description.utf8))
        try root.calls.synchronize(file.number)
        try root.calls.replace(buffer.path(beside), with: target.path(path), in: root.number)
    }

    /// Takes a blob's file out, where it is still the one that was read; says whether it did.
    ///
    /// It lies where nobody looks for blobs, so that nothing puts it back in the place of a sound one. When this process ends here, the blob is
    /// missing, and the next run finds the sound copy where it was. StorageInvariants.md, line H2.
    private func setAside(_ path: EntryName, _ key: BlobKey, _ stamp: FileStamp, _ report: inout SweepReport) throws(Errno) -> Bool {
        let (buffer, target) = (PathBuffer(), RegistryLayout.damaged(key, in: run.name))
        do throws(Errno) {
            guard try root.calls.status(buffer.path(path), in: root.number).stamp == stamp else { return false }
            try root.makeDirectories(target.parent)
            try root.rename(path, to: target)
        } catch  where error == .noSuchFile {
            return false
        }
        report.trash = run
        return true
    }

    /// Puts a sound copy into the place of a blob that was taken out; says whether it did.
    private func putBack(
        _ replacement: EntryName?,
        to path: EntryName,
        _ key: BlobKey,
        _ report: inout SweepReport
    ) throws(Errno) -> Bool {
        do throws(Errno) {
            if let replacement, try Trash(root: root).putBack(.init(trashed: replacement, original: path, key: key)) { return true }
        } catch {
            report.setAside.append(path)
            throw error
        }
        report.setAside.append(path)
        return false
    }

    private func removeDirectory(_ path: EntryName) throws(Errno) -> Bool {
        let buffer = PathBuffer()
        do throws(Errno) {
            try root.calls.removeDirectory(buffer.path(path), in: root.number)
            return true
        } catch  where error == .noSuchFile || error == .directoryNotEmpty || error == .fileExists {
            return false
        }
    }
}
