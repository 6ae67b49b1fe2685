/// Carries out what a plan mends: writes links and removes directories that lost their file.
///
/// A link is written after its blob is there, which the plan has made sure of. StorageInvariants.md, lines H2 and S3.
struct PlanMender {
    let root: StorageRoot

    /// Mends, and records what was mended and what could not be.
    func mend(_ mends: [SweepPlan.Mend], _ report: inout SweepReport) throws {
        for mend in mends {
            try Task.checkCancellation()
            do throws(Errno) {
                switch mend.action {
                case .writeLink(let key): try write(key, to: mend.path)
                case .removeEmptyDirectory: if try !removeDirectory(mend.path) { continue }
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
