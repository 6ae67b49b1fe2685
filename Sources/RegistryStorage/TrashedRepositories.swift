/// What one run of the trash holds of each repository.
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

    /// The names of the repositories that the run took something of, each before those beneath it.
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
    /// Of a repository that went as a whole, only what has its link counts; where a link is there twice, it is that of the whole.
    func links(of name: EntryName, withTags: Bool) throws(Errno) -> Links {
        let repository = try TrashedRepository(name, beneath: top, root, scratch)
        var links = Links()
        for link in repository.layers { links.layers[link.key] = link.path }
        for link in repository.revisions { links.revisions[link.key] = link.path }
        // A tag that names nothing was like that before.
        if withTags { links.tagTargets = Set(try repository.tags(scratch).compactMap(\.target)) }
        return links
    }
}
