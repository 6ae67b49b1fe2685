extension StorageRoot {
    /// Throws where a part of the store is mounted by itself: what goes is renamed into hook's own directory, which works only within one mount.
    func checkFileSystems() throws(RegistryStorageError) {
        let path = PathBuffer()
        let parts = [RegistryLayout.repositories, RegistryLayout.allBlobs, RegistryLayout.blobs, RegistryLayout.own]
        for part in parts + mountsWithin(parts) {
            do throws(Errno) {
                let own = try calls.status(of: number).device
                let mount = try calls.mount(path.path(EntryName(".")), in: number)
                if try calls.status(path.path(part), in: number).device == own, try calls.mount(path.path(part), in: number) == mount {
                    continue
                }
            } catch  where error == .noSuchFile {
                continue
            } catch {
                throw RegistryStorageError(.unreadable, "cannot look at '\(display(part))'", cause: error)
            }
            throw RegistryStorageError(
                .invalidRequest,
                "'\(display(part))' is mounted by itself in '\(basePath)', so that nothing is changed: what goes is renamed into "
                    + "'\(display(RegistryLayout.own))', which works only within one mount; mount the directory above both"
            )
        }
    }

    /// The places beneath parts of the store at which something is mounted, as the system lists them.
    private func mountsWithin(_ parts: [EntryName]) -> [EntryName] {
        guard let path = calls.path(of: number) else { return [] }
        return calls.mountPoints().compactMap { point in
            guard point.starts(with: path), point.count > path.count, point[path.count] == 0x2f else { return nil }
            let name = EntryName(bytes: Array(point[(path.count + 1)...]))
            return parts.contains { name.bytes.starts(with: $0.bytes + [0x2f]) } ? name : nil
        }
    }

    /// Makes one directory; `ENOENT` where the one above it is missing, and nothing where it is there already.
    func makeDirectory(_ path: EntryName) throws(Errno) {
        let buffer = PathBuffer()
        do throws(Errno) {
            do throws(Errno) {
                try calls.makeDirectory(buffer.path(path), in: number)
            } catch  where error.isLackOfSpace {
                guard try DirectoryReserve(root: self).take(path) else { throw error }
            }
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

    /// What is at a path, a symbolic link as itself; `nil` where nothing is.
    func kind(of path: EntryName, _ buffer: PathBuffer) throws(Errno) -> FileStatus.Kind? {
        do throws(Errno) {
            return try calls.status(buffer.path(path), in: number).kind
        } catch  where error == .noSuchFile {
            return nil
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
