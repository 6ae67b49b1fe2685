extension StorageRoot {
    /// Makes a directory and those above it.
    func makeDirectories(_ path: EntryName) throws(Errno) {
        let buffer = PathBuffer()
        do throws(Errno) {
            try calls.makeDirectory(buffer.path(path), in: number)
            try giveToOwner(buffer.path(path))
        } catch  where error == .fileExists {
            return
        } catch  where error == .noSuchFile && !path.parent.bytes.isEmpty {
            try makeDirectories(path.parent)
            do throws(Errno) {
                try calls.makeDirectory(buffer.path(path), in: number)
                try giveToOwner(buffer.path(path))
            } catch  where error == .fileExists {
                return
            }
        }
    }

    /// Renames to a place where nothing is; `EEXIST` where something is.
    ///
    /// Both directories are opened first, so that a symbolic link that was put anywhere on a path is `ELOOP` and not followed.
    func rename(_ path: EntryName, to target: EntryName) throws(Errno) {
        let (buffer, other) = (PathBuffer(), PathBuffer())
        let from = try calls.openDirectory(buffer.path(path.parent), in: number)
        let to = try calls.openDirectory(other.path(target.parent), in: number)
        try calls.rename(buffer.path(path.lastComponent), in: from.number, to: other.path(target.lastComponent), in: to.number)
    }

    /// The names of the entries of a directory; none where it is not there.
    func entries(of path: EntryName) throws(Errno) -> [EntryName] {
        let scratch = WalkerScratch()
        var names: [EntryName] = []
        do throws(Errno) {
            let directory = try calls.openDirectory(scratch.path.path(path), in: number)
            try calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in names.append(EntryName(entry)) }
        } catch  where error == .noSuchFile {
            return []
        }
        return names
    }
}
