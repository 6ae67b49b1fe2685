extension StorageRoot {
    /// Throws where a part of the store lies on another file system: what goes is renamed into hook's own directory, which works only within
    /// one.
    func checkFileSystems() throws(RegistryStorageError) {
        let path = PathBuffer()
        for part in [RegistryLayout.repositories, RegistryLayout.allBlobs, RegistryLayout.blobs, RegistryLayout.own] {
            do throws(Errno) {
                let own = try calls.status(of: number).device
                if try calls.status(path.path(part), in: number).device == own { continue }
            } catch  where error == .noSuchFile {
                continue
            } catch {
                throw RegistryStorageError(.unreadable, "cannot look at '\(display(part))'", cause: error)
            }
            throw RegistryStorageError(
                .invalidRequest,
                "'\(display(part))' lies on another file system than '\(basePath)', so that nothing is changed: what goes is renamed into "
                    + "'\(display(RegistryLayout.own))', which works only within one file system; mount the directory above both"
            )
        }
    }

    /// Makes one directory; `ENOENT` where the one above it is missing, and nothing where it is there already.
    func makeDirectory(_ path: EntryName) throws(Errno) {
        let buffer = PathBuffer()
        do throws(Errno) {
            try calls.makeDirectory(buffer.path(path), in: number)
            try giveToOwner(buffer.path(path))
        } catch  where error == .fileExists {
            return
        }
    }

    /// Makes a directory and those above it.
    func makeDirectories(_ path: EntryName) throws(Errno) {
        do throws(Errno) {
            try makeDirectory(path)
        } catch  where error == .noSuchFile && !path.parent.bytes.isEmpty {
            try makeDirectories(path.parent)
            try makeDirectory(path)
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
