/// What one run of the trash holds of each repository, as far as it is links.
struct TrashedRepositories {
    /// The links of one repository, each where it lies in the trash.
    struct Links {
        /// Links of layers and configs.
        var layers: [BlobKey: EntryName] = [:]
        /// Links of manifests.
        var revisions: [BlobKey: EntryName] = [:]
        /// What tags in the trash name.
        var tagTargets: Set<BlobKey> = []

        var isEmpty: Bool { layers.isEmpty && revisions.isEmpty && tagTargets.isEmpty }
    }

    private let root: StorageRoot
    private let top: EntryName
    private let scratch = WalkerScratch()

    /// Looks into one run.
    init(root: StorageRoot, run: Trash.Run) {
        self.root = root
        top = RegistryLayout.trash(of: run.name)
    }

    /// The names of the repositories that the run took something of.
    func names() throws(Errno) -> [EntryName] {
        var names: [EntryName] = []
        var pending = [EntryName(bytes: [])]
        while let name = pending.popLast() {
            var isRepository = false
            for entry in try root.entries(of: top.appending(RegistryLayout.repository(name))) {
                if RegistryLayout.isInternal(entry) { isRepository = true } else { pending.append(name.appending(entry)) }
            }
            if isRepository { names.append(name) }
        }
        return names.sorted()
    }

    /// The links of one repository; `withTags` reads what tags name as well.
    ///
    /// Of a repository that went as a whole, only what has its link counts.
    func links(of name: EntryName, withTags: Bool) throws(Errno) -> Links {
        var links = Links()
        try forEachKey(in: top.appending(RegistryLayout.layers(of: name)), .file) { links.layers[$0] = $1 }
        try forEachLinked(in: RegistryLayout.collected(beneath: top.appending(RegistryLayout.trashedLayers(of: name)))) {
            links.layers[$0] = $1
        }
        let whole = top.appending(RegistryLayout.trashedManifests(of: name))
        try forEachKey(in: top.appending(RegistryLayout.revisions(of: name)), .file) { links.revisions[$0] = $1 }
        try forEachLinked(in: RegistryLayout.revisions(beneath: whole)) { links.revisions[$0] = $1 }
        guard withTags else { return links }
        for tags in [top.appending(RegistryLayout.tags(of: name)), RegistryLayout.tags(beneath: whole)] {
            for tag in try root.entries(of: tags) {
                let link = RegistryLayout.currentLink(beneath: tags.appending(tag))
                do throws(Errno) {
                    let text = try scratch.readLink(root.calls, scratch.path.path(link), in: root.number)
                    if let key = BlobKey(text: text) { links.tagTargets.insert(key) }
                } catch  where error == .noSuchFile || error == .notADirectory {
                    // A tag that names nothing was like that before.
                    continue
                }
            }
        }
        return links
    }

    private func forEachLinked(in directory: EntryName, _ body: (BlobKey, EntryName) -> Void) throws(Errno) {
        var found: [(BlobKey, EntryName)] = []
        try forEachKey(in: directory, .directory) { found.append(($0, RegistryLayout.link(beneath: $1))) }
        for (key, link) in found {
            do throws(Errno) {
                guard try root.calls.status(scratch.path.path(link), in: root.number).kind == .file else { continue }
                body(key, link)
            } catch  where error == .noSuchFile {
                continue
            }
        }
    }

    private func forEachKey(in path: EntryName, _ kind: FileStatus.Kind, _ body: (BlobKey, EntryName) -> Void) throws(Errno) {
        do throws(Errno) {
            let directory = try root.calls.openDirectory(scratch.path.path(path), in: root.number)
            try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                guard entry.kind == kind, let key = BlobKey(hex: entry.bytes) else { return }
                body(key, path.appending(EntryName(entry)))
            }
        } catch  where error == .noSuchFile {
            return
        }
    }
}
