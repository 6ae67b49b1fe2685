/// Removes directories with all that is in them, without following a link.
struct TreeRemover {
    /// How deep a tree may be; nothing that hook or a registry makes comes near.
    private static let deepest = 300

    let root: StorageRoot
    /// What could not be removed.
    private(set) var failures: [SweepReport.Failure] = []
    /// The bytes of the blobs and uploads that went, where they are counted; a file with a second name gives nothing back.
    private(set) var bytes: Int64 = 0
    private let measures: Bool
    // A directory is listed to its end before anything in it goes, so that one listing serves all levels.
    private let listing = ListingBuffer()
    private let scratch = PathBuffer()
    /// The names of a directory's files, each ended by a zero byte.
    private var files: [UInt8] = []

    init(root: StorageRoot, measures: Bool = false) {
        self.root = root
        self.measures = measures
    }

    /// Removes what is at a path.
    ///
    /// What is not there any more is no failure.
    mutating func remove(_ path: EntryName) {
        remove(path, onlyDirectories: false, depth: 0)
    }

    /// Removes the directories at a path, as far as nothing but directories is in them.
    mutating func removeDirectories(_ path: EntryName) {
        remove(path, onlyDirectories: true, depth: 0)
    }

    private mutating func remove(_ path: EntryName, onlyDirectories: Bool, depth: Int) {
        let calls = root.calls
        do throws(Errno) {
            guard depth < Self.deepest else { throw .nameTooLong }
            var directories: [EntryName] = []
            do {
                let directory = try calls.openDirectory(scratch.path(path), in: root.number)
                files.removeAll(keepingCapacity: true)
                try calls.forEachEntry(of: directory.number, listing) { entry throws(Errno) in
                    if entry.kind == .directory {
                        directories.append(EntryName(entry))
                    } else if !onlyDirectories {
                        files += entry.bytes
                        files.append(0)
                    }
                }
                try unlinkFiles(in: directory.number, counting: measures && !files.isEmpty ? RegistryLayout.content(of: path) : .none)
            }
            for directory in directories { remove(path.appending(directory), onlyDirectories: onlyDirectories, depth: depth + 1) }
            try calls.removeDirectory(scratch.path(path), in: root.number)
        } catch  where error == .noSuchFile {
            return
        } catch  where error == .directoryNotEmpty || error == .fileExists {
            // Something is in it that is not to go, or that could not go, which was recorded.
            return
        } catch {
            failures.append(.init(path: path, error: error))
        }
    }

    private mutating func unlinkFiles(in directory: Int32, counting content: RegistryLayout.Content) throws(Errno) {
        var rest = files[...]
        while let end = rest.firstIndex(of: 0) {
            let name = rest[..<end].withUnsafeBytes { scratch.begin().add($0).pointer }
            let isMeasured = content.counts(rest[..<end])
            rest = rest[(end + 1)...]
            do throws(Errno) {
                let status = isMeasured ? try root.calls.status(name, in: directory) : nil
                try root.calls.unlink(name, in: directory)
                if let status, status.kind == .file, status.linkCount < 2 { bytes += status.size }
            } catch  where error == .noSuchFile {
                continue
            }
        }
    }
}
