/// Looks for what was pushed into a repository since it was planned to go as a whole.
struct RepositoryNewcomers {
    let plan: SweepPlan
    let scratch: WalkerScratch

    /// Says whether a directory of manifests, in its place or in the trash, links a tag or a manifest that the plan does not take, or another
    /// version of one that it takes.
    ///
    /// Versions are compared, not times. A directory without a link is nothing, as when the plan was made.
    func areThere(beneath manifests: EntryName, _ repository: SweepPlan.Repository) throws(Errno) -> Bool {
        let table = plan.graph.table
        let tags = Dictionary(repository.tags.map { ($0.name, $0.stamp) }) { first, _ in first }
        var isFound = false
        try forEachEntry(of: RegistryLayout.tags(beneath: manifests)) { entry, directory throws(Errno) in
            if isFound { return }
            let stamp = try plan.graph.root.calls.status(scratch.path.currentLink(entry), in: directory).stamp
            isFound = tags[EntryName(entry)] != stamp
        }
        if isFound { return true }
        let revisions = Dictionary(repository.revisions.map { ($0.number, $0.stamp) }) { first, _ in first }
        try forEachEntry(of: RegistryLayout.revisions(beneath: manifests)) { entry, directory throws(Errno) in
            guard !isFound, let key = BlobKey(hex: entry.bytes) else { return }
            let stamp = try plan.graph.root.calls.status(scratch.path.linkFile(key), in: directory).stamp
            guard let planned = table.find(key).flatMap({ revisions[$0] }) else { return isFound = true }
            // A link that could not be asked for its version was not readable then.
            isFound = planned.inode != 0 && planned != stamp
        }
        return isFound
    }

    /// The layer links in a directory of all of them, in its place or in the trash, that the plan does not take.
    func layers(beneath all: EntryName, _ repository: SweepPlan.Repository) throws(Errno) -> [BlobKey] {
        let table = plan.graph.table
        let planned = Set(repository.layers.lazy.map(\.number))
        var found: [BlobKey] = []
        try forEachEntry(of: RegistryLayout.collected(beneath: all)) { entry, directory throws(Errno) in
            guard let key = BlobKey(hex: entry.bytes) else { return }
            if let number = table.find(key), planned.contains(number) { return }
            _ = try plan.graph.root.calls.status(scratch.path.linkFile(key), in: directory)
            found.append(key)
        }
        return found
    }

    /// Calls the body with every entry; a link that the body finds missing means that there is none.
    private func forEachEntry(of path: EntryName, _ body: (DirectoryEntry, Int32) throws(Errno) -> Void) throws(Errno) {
        let calls = plan.graph.root.calls
        do throws(Errno) {
            let directory = try calls.openDirectory(scratch.path.path(path), in: plan.graph.root.number)
            try calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                do throws(Errno) {
                    try body(entry, directory.number)
                } catch  where error == .noSuchFile || error == .notADirectory {
                    return
                }
            }
        } catch  where error == .noSuchFile {
            return
        }
    }
}
