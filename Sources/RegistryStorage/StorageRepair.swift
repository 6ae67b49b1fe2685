/// Mends what a check found, as far as nothing has to be guessed.
///
/// A link's text is the digest in its own path, so that a link that is empty or damaged is written again where the blob is there and has that
/// digest. A layer link that a manifest of the repository needs is written where the blob has its digest. Directories that lost their file
/// go. What a tag named is not guessed, and nothing else is removed: that is the collector's work.
struct StorageRepair {
    /// What was done.
    struct Result {
        var mended: [EntryName] = []
        var failures: [SweepReport.Failure] = []
    }

    let root: StorageRoot

    /// Mends those of the problems that can be.
    func mend(_ problems: [StorageProblem]) -> Result {
        var result = Result()
        for problem in problems {
            do throws(Errno) {
                if try mend(problem) { result.mended.append(problem.path) }
            } catch {
                result.failures.append(.init(path: problem.path, error: error))
            }
        }
        return result
    }

    private func mend(_ problem: StorageProblem) throws(Errno) -> Bool {
        guard let repository = problem.repository else {
            return problem.kind == .emptyBlob ? try removeDirectory(problem.path.parent) : false
        }
        switch problem.kind {
        case .emptyRevision:
            return try removeDirectory(problem.path)
        case .emptyLink, .damagedLink, .missingLink:
            guard let key = Self.key(of: problem.path),
                problem.path == RegistryLayout.revision(key, of: repository) || problem.path == RegistryLayout.layer(key, of: repository),
                try holds(key)
            else { return false }
            return try write(key, to: problem.path)
        default:
            return false
        }
    }

    /// The digest in `…/<hex>/link`.
    private static func key(of path: EntryName) -> BlobKey? {
        let directory = path.parent.bytes
        guard let slash = directory.lastIndex(of: 0x2f) else { return nil }
        return Array(directory[(slash + 1)...]).withUnsafeBytes { BlobKey(hex: $0) }
    }

    /// Says whether the blob is there and its content has the digest.
    private func holds(_ key: BlobKey) throws(Errno) -> Bool {
        let buffer = PathBuffer()
        let scratch = WalkerScratch()
        do throws(Errno) {
            let file = try root.calls.openFile(buffer.path(RegistryLayout.blob(key)), in: root.number)
            var hash = SHA256()
            while true {
                let bytes = try scratch.readPiece(root.calls, file)
                if bytes.isEmpty { return hash.finish() == key }
                hash.update(bytes)
            }
        } catch  where error == .noSuchFile {
            return false
        }
    }

    /// Writes a link beside its place and renames it there.
    private func write(_ key: BlobKey, to path: EntryName) throws(Errno) -> Bool {
        let (buffer, target) = (PathBuffer(), PathBuffer())
        let beside = path.parent.appending(EntryName("link.hook"))
        try root.makeDirectories(path.parent)
        let file = try root.calls.openForWriting(buffer.path(beside), in: root.number, exclusively: false)
        try root.calls.write(file.number, Array(key.description.utf8))
        try root.calls.synchronize(file.number)
        try root.calls.replace(buffer.path(beside), with: target.path(path), in: root.number)
        return true
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
