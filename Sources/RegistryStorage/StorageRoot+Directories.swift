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
