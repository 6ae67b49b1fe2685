/// The links of all runs in the trash, by repository; of several, those of the latest run.
struct TrashedLinks {
    private var runs: [EntryName: [TrashedRepositories]] = [:]

    /// Finds out which repositories runs have taken something of.
    init(root: StorageRoot) throws(Errno) {
        for run in try Trash(root: root).runs() {
            let trashed = TrashedRepositories(root: root, run: run)
            for name in try trashed.names() { runs[name, default: []].append(trashed) }
        }
    }

    /// Whether no run has taken anything of a repository.
    var isEmpty: Bool { runs.isEmpty }

    /// The runs that have taken something of a repository, the oldest first; `nil` where there is none.
    func runs(with name: EntryName) -> [TrashedRepositories]? { runs[name] }

    /// The links of one repository.
    func links(of name: EntryName, _ runs: [TrashedRepositories]) throws(Errno) -> TrashedRepositories.Links {
        var links = TrashedRepositories.Links()
        for run in runs {
            let found = try run.links(of: name, withTags: false)
            links.layers.merge(found.layers) { $1 }
            links.revisions.merge(found.revisions) { $1 }
        }
        return links
    }
}
