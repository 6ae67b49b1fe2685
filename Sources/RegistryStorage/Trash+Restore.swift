extension Trash {
    /// What a restoration did.
    package struct Restoration: Sendable {
        /// What is back in its place.
        package internal(set) var restored: [EntryName] = []
        /// What stayed in the trash, because something new is in its place.
        package internal(set) var occupied: [EntryName] = []
        /// What stayed in the trash, because the tag that it belongs to is not there.
        package internal(set) var withoutTag: [EntryName] = []
        /// What could not be put back.
        package internal(set) var failures: [SweepReport.Failure] = []
    }

    /// Puts everything that a run took out back in its place.
    ///
    /// Blobs come first, then layer links, manifests and tags, so that nothing is linked before what it names is there. Where something could
    /// not be put back, what comes after it stays in the trash. The caller holds the `StorageLock`.
    package func restore(_ run: Run) throws(RegistryStorageError) -> Restoration {
        var restoration = Restoration()
        let top = RegistryLayout.trash(of: run.name)
        do throws(Errno) {
            for prefix in try root.entries(of: top.appending(RegistryLayout.blobs)).sorted() {
                let directory = RegistryLayout.blobs.appending(prefix)
                for name in try root.entries(of: top.appending(directory)).sorted() {
                    let original = directory.appending(name).appending(EntryName("data"))
                    put(top.appending(directory).appending(name), original, &restoration)
                }
            }
            var repositories: [EntryName] = []
            try findRepositories(top, EntryName(bytes: []), &repositories)
            for step in [restoreLayers, restoreRevisions, restoreTags] where restoration.failures.isEmpty {
                for name in repositories { step(top, name, &restoration) }
            }
        } catch {
            throw RegistryStorageError(.unreadable, "cannot list the trash '\(root.display(top))'", cause: error)
        }
        var remover = TreeRemover(root: root)
        remover.removeDirectories(top)
        restoration.failures += remover.failures
        return restoration
    }

    private func put(_ trashed: EntryName, _ original: EntryName, _ restoration: inout Restoration) {
        do throws(Errno) {
            if try putBack(Item(trashed: trashed, original: original, key: nil)) {
                restoration.restored.append(original)
            } else {
                restoration.occupied.append(original)
            }
        } catch {
            restoration.failures.append(.init(path: original, error: error))
        }
    }

    private func findRepositories(_ top: EntryName, _ name: EntryName, _ names: inout [EntryName]) throws(Errno) {
        var isRepository = false
        for entry in try root.entries(of: top.appending(RegistryLayout.repository(name))).sorted() {
            if entry.bytes.first == 0x5f { isRepository = true } else { try findRepositories(top, name.appending(entry), &names) }
        }
        if isRepository { names.append(name) }
    }

    /// The entries of a directory in the trash; what cannot be listed is a failure, and the rest goes on.
    private func list(_ path: EntryName, _ restoration: inout Restoration) -> [EntryName] {
        do throws(Errno) {
            return try root.entries(of: path).sorted()
        } catch {
            restoration.failures.append(.init(path: path, error: error))
            return []
        }
    }

    private func isThere(_ path: EntryName, _ kind: FileStatus.Kind = .directory) -> Bool {
        let buffer = PathBuffer()
        do throws(Errno) {
            return try root.calls.status(buffer.path(path), in: root.number).kind == kind
        } catch {
            // What cannot be asked is met again when it is put back, and reported there.
            return false
        }
    }

    private func restoreLinks(_ top: EntryName, _ directory: EntryName, _ restoration: inout Restoration) {
        for name in list(top.appending(directory), &restoration) {
            put(top.appending(directory).appending(name), directory.appending(name).appending(EntryName("link")), &restoration)
        }
    }

    private func restoreLayers(_ top: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        let whole = top.appending(RegistryLayout.trashedLayers(of: name))
        if isThere(whole) { put(whole, RegistryLayout.allLayers(of: name), &restoration) }
        restoreLinks(top, RegistryLayout.layers(of: name), &restoration)
    }

    private func restoreRevisions(_ top: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        let whole = top.appending(RegistryLayout.trashedManifests(of: name))
        if isThere(whole) { put(whole, RegistryLayout.manifests(of: name), &restoration) }
        restoreLinks(top, RegistryLayout.revisions(of: name), &restoration)
    }

    private func restoreTags(_ top: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        for tag in list(top.appending(RegistryLayout.tags(of: name)), &restoration) {
            put(top.appending(RegistryLayout.tag(tag, of: name)), RegistryLayout.tag(tag, of: name), &restoration)
        }
        let entries = top.appending(RegistryLayout.manifests(of: name)).appending(EntryName("entries"))
        for tag in list(entries, &restoration) {
            // The registry lists a tag as soon as its directory is there.
            let isTagged = isThere(RegistryLayout.tagLink(tag, of: name), .file)
            for digest in list(entries.appending(tag), &restoration) {
                let original = RegistryLayout.tagIndex(tag, of: name).appending(digest).appending(EntryName("link"))
                guard isTagged else {
                    restoration.withoutTag.append(original)
                    continue
                }
                put(entries.appending(tag).appending(digest), original, &restoration)
            }
        }
        for upload in list(top.appending(RegistryLayout.uploads(of: name)), &restoration) {
            put(top.appending(RegistryLayout.upload(upload, of: name)), RegistryLayout.upload(upload, of: name), &restoration)
        }
    }
}
