extension Trash {
    /// What a restoration did.
    package struct Restoration: Sendable {
        /// What is back in its place.
        package internal(set) var restored: [EntryName] = []
        /// What stayed in the trash, because something new is in its place.
        package internal(set) var occupied: [EntryName] = []
        /// What stayed in the trash, because the tag that it belongs to is not there.
        package internal(set) var withoutTag: [EntryName] = []
        /// What stayed in the trash, because a blob or manifest that it names is not there.
        package internal(set) var lacking: [EntryName] = []
        /// What could not be put back.
        package internal(set) var failures: [SweepReport.Failure] = []
    }

    /// Puts everything that a run took out back in its place.
    ///
    /// Blobs come first, then layer links, manifests and tags, so that nothing is linked before what it names is there. What names something that
    /// is not there stays in the trash: another run may have it, or its deletion had begun. Where something could not be put back, what comes
    /// after it stays as well. The caller holds the `StorageLock`.
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

    /// Says whether something is there; what cannot be asked is a failure.
    private func isThere(_ path: EntryName, _ kind: FileStatus.Kind, _ restoration: inout Restoration) -> Bool {
        let buffer = PathBuffer()
        do throws(Errno) {
            return try root.calls.status(buffer.path(path), in: root.number).kind == kind
        } catch  where error == .noSuchFile {
            return false
        } catch {
            restoration.failures.append(.init(path: path, error: error))
            return false
        }
    }

    // MARK: Layers

    /// Puts layer links back whose blobs are there.
    private func restoreLayers(_ top: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        let whole = top.appending(RegistryLayout.trashedLayers(of: name))
        if isThere(whole, .directory, &restoration) {
            let links = linked(whole.appending(EntryName("sha256")), &restoration)
            var missing: Set<BlobKey> = []
            for key in links where !isThere(RegistryLayout.blob(key), .file, &restoration) { missing.insert(key) }
            if missing.isEmpty {
                put(whole, RegistryLayout.allLayers(of: name), &restoration)
            } else {
                for key in links {
                    let (trashed, original) = (
                        top.appending(RegistryLayout.trashedWhole(layer: key, of: name)), RegistryLayout.layer(key, of: name)
                    )
                    if missing.contains(key) { restoration.lacking.append(original) } else { put(trashed, original, &restoration) }
                }
            }
        }
        let directory = RegistryLayout.layers(of: name)
        for entry in list(top.appending(directory), &restoration) {
            let original = directory.appending(entry).appending(EntryName("link"))
            if let key = entry.bytes.withUnsafeBytes({ BlobKey(hex: $0) }), !isThere(RegistryLayout.blob(key), .file, &restoration) {
                restoration.lacking.append(original)
            } else {
                put(top.appending(directory).appending(entry), original, &restoration)
            }
        }
    }

    /// The digests beneath a directory in the trash whose directories hold a link.
    private func linked(_ directory: EntryName, _ restoration: inout Restoration) -> [BlobKey] {
        var keys: [BlobKey] = []
        for entry in list(directory, &restoration) {
            guard let key = entry.bytes.withUnsafeBytes({ BlobKey(hex: $0) }) else { continue }
            if isThere(directory.appending(entry).appending(EntryName("link")), .file, &restoration) { keys.append(key) }
        }
        return keys
    }

    // MARK: Manifests

    private func restoreRevisions(_ top: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        let whole = top.appending(RegistryLayout.trashedManifests(of: name))
        if isThere(whole, .directory, &restoration) { restoreManifests(whole, name, &restoration) }
        let directory = RegistryLayout.revisions(of: name)
        let entries = list(top.appending(directory), &restoration)
        let keys = entries.compactMap { $0.bytes.withUnsafeBytes { BlobKey(hex: $0) } }
        guard let (sound, lacking) = sort(keys, name, &restoration) else { return }
        // Each after those that it names: where one could not be put back, those that follow stay.
        for key in sound where restoration.failures.isEmpty {
            put(top.appending(directory).appending(EntryName(key.hex)), RegistryLayout.revision(key, of: name), &restoration)
        }
        restoration.lacking += lacking.map { RegistryLayout.revision($0, of: name) }
    }

    /// What of the manifests may be linked, in its order; `nil` where that cannot be told, which is a failure.
    private func sort(
        _ keys: [BlobKey],
        _ name: EntryName,
        _ restoration: inout Restoration
    ) -> (sound: [BlobKey], lacking: [BlobKey])? {
        do throws(Errno) {
            return try RestorableManifests(root: root, name: name).sort(keys)
        } catch {
            restoration.failures.append(.init(path: RegistryLayout.trash, error: error))
            return nil
        }
    }

    /// Puts the manifests of a repository back that went as a whole: by one rename where all that its tags and manifests name is there.
    private func restoreManifests(_ whole: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        let keys = linked(RegistryLayout.revisions(beneath: whole), &restoration)
        guard let (sound, lacking) = sort(keys, name, &restoration) else { return }
        let tags = list(RegistryLayout.tags(beneath: whole), &restoration)
        let known = Set(sound)
        var isComplete = lacking.isEmpty
        for tag in tags where isComplete {
            // A tag whose link says nothing was like that before.
            let target = target(of: RegistryLayout.tags(beneath: whole).appending(tag), &restoration)
            isComplete = target.map { known.contains($0) } ?? true
        }
        // What could not be looked at stays in the trash with all the rest of the repository.
        guard restoration.failures.isEmpty else { return }
        if isComplete { return put(whole, RegistryLayout.manifests(of: name), &restoration) }
        // Each after those that it names: where one could not be put back, those that follow stay.
        for key in sound where restoration.failures.isEmpty {
            let trashed = RegistryLayout.revisions(beneath: whole).appending(EntryName(key.hex)).appending(EntryName("link"))
            put(trashed, RegistryLayout.revision(key, of: name), &restoration)
        }
        restoration.lacking += lacking.map { RegistryLayout.revision($0, of: name) }
        for tag in tags { restore(tag, RegistryLayout.tags(beneath: whole).appending(tag), name, &restoration) }
    }

    /// Puts tags and manifests of a repository back that went as a whole, also where something new is in its place.
    ///
    /// Manifests come before tags; what is new stays.
    func putBackManifests(_ whole: EntryName, of name: EntryName) throws(Errno) {
        do throws(Errno) {
            return try root.rename(whole, to: RegistryLayout.manifests(of: name))
        } catch  where error == .fileExists || error == .directoryNotEmpty {
            // A push has begun anew.
        }
        for entry in try root.entries(of: RegistryLayout.revisions(beneath: whole)) {
            guard let key = entry.bytes.withUnsafeBytes({ BlobKey(hex: $0) }) else { continue }
            let trashed = RegistryLayout.revisions(beneath: whole).appending(entry).appending(EntryName("link"))
            _ = try putBack(Item(trashed: trashed, original: RegistryLayout.revision(key, of: name), key: nil))
        }
        for tag in try root.entries(of: RegistryLayout.tags(beneath: whole)) {
            let trashed = RegistryLayout.tags(beneath: whole).appending(tag)
            _ = try putBack(Item(trashed: trashed, original: RegistryLayout.tag(tag, of: name), key: nil))
        }
    }

    // MARK: Tags and uploads

    /// What the tag at a path names; `nil` where its link is missing or says nothing, and where it cannot be read, which is a failure.
    private func target(of path: EntryName, _ restoration: inout Restoration) -> BlobKey? {
        let scratch = WalkerScratch()
        let link = path.appending(EntryName("current/link"))
        do throws(Errno) {
            return BlobKey(text: try scratch.readLink(root.calls, scratch.path.path(link), in: root.number))
        } catch  where error == .noSuchFile {
            return nil
        } catch {
            restoration.failures.append(.init(path: link, error: error))
            return nil
        }
    }

    /// Puts a tag back where its repository links what it names.
    private func restore(_ tag: EntryName, _ trashed: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        let original = RegistryLayout.tag(tag, of: name)
        if let key = target(of: trashed, &restoration), isThere(RegistryLayout.revision(key, of: name), .file, &restoration) {
            put(trashed, original, &restoration)
        } else {
            restoration.lacking.append(original)
        }
    }

    private func restoreTags(_ top: EntryName, _ name: EntryName, _ restoration: inout Restoration) {
        for tag in list(top.appending(RegistryLayout.tags(of: name)), &restoration) {
            restore(tag, top.appending(RegistryLayout.tag(tag, of: name)), name, &restoration)
        }
        let entries = top.appending(RegistryLayout.manifests(of: name)).appending(EntryName("entries"))
        for tag in list(entries, &restoration) {
            // The registry lists a tag as soon as its directory is there.
            let isTagged = isThere(RegistryLayout.tagLink(tag, of: name), .file, &restoration)
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
