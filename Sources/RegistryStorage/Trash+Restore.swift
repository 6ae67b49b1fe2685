extension Trash {
    /// What a restoration did.
    package struct Restoration: Sendable {
        /// What is back in its place.
        package internal(set) var restored: [EntryName] = []
        /// What was in its place already: the copy in the trash is gone.
        package internal(set) var present: [EntryName] = []
        /// What stayed in the trash, because something else is in its place.
        package internal(set) var occupied: [EntryName] = []
        /// What stayed in the trash, because the tag that it belongs to is not there.
        package internal(set) var withoutTag: [EntryName] = []
        /// What stayed in the trash, because a blob or manifest that it names is not there.
        package internal(set) var lacking: [EntryName] = []
        /// What stayed in the trash, because only what lacks something names it.
        package internal(set) var waiting: [EntryName] = []
        /// The repositories that were looked at.
        package internal(set) var repositories: Set<EntryName> = []
        /// What could not be put back.
        package internal(set) var failures: [SweepReport.Failure] = []
        /// Whether the task was cancelled before everything was looked at.
        package internal(set) var isInterrupted = false

        /// How much stayed in the trash.
        package var leftCount: Int { occupied.count + withoutTag.count + lacking.count + waiting.count }
    }

    /// Puts everything that a run took out back in its place, one repository after the other.
    ///
    /// Of a repository blobs come first, then layer links, manifests and tags, so that nothing is linked before what it names is there. What names
    /// something that is not there stays in the trash, and so does what only that needs: another run may have it, or its deletion had begun. What
    /// comes back counts as written now, so that no collection takes it before its `min-age`. After a failure, and where the task is cancelled,
    /// nothing more comes back. The caller holds the `StorageLock`.
    package func restore(_ run: Run) throws(RegistryStorageError) -> Restoration {
        do throws(Errno) {
            // A run that was killed while it asked a registry may have what this one took besides.
            try RememberedManifests.recover(root)
        } catch {
            throw RegistryStorageError(.unreadable, "cannot put back what '\(root.display(RegistryLayout.asked))' holds", cause: error)
        }
        var restorer = RunRestorer(root: root, run: run)
        try restorer.restore()
        return restorer.restoration
    }

    /// Says whether anything of a run can come back now; nothing is changed.
    package func canRestoreAnything(of run: Run) throws(RegistryStorageError) -> Bool {
        var restorer = RunRestorer(root: root, run: run, isTrial: true)
        try restorer.restore()
        return !restorer.restoration.restored.isEmpty || !restorer.restoration.failures.isEmpty
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
            let trashed = RegistryLayout.link(key, in: RegistryLayout.revisions(beneath: whole))
            // Where it does not go back, the push has written the link anew.
            _ = try putBack(Item(trashed: trashed, original: RegistryLayout.revision(key, of: name), key: nil))
        }
        for tag in try root.entries(of: RegistryLayout.tags(beneath: whole)) {
            let trashed = RegistryLayout.tags(beneath: whole).appending(tag)
            // Where it does not go back, the push has written the tag anew.
            _ = try putBack(Item(trashed: trashed, original: RegistryLayout.tag(tag, of: name), key: nil))
        }
    }
}
