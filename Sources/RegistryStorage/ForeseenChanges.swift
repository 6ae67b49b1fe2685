/// What a plan would change, for a check of what would be left.
///
/// A check with it answers what the check after a run will find: what goes is not looked at, and what comes back is in its place.
struct ForeseenChanges: Sendable {
    /// What would change in one repository.
    struct Repository {
        fileprivate(set) var tags: Set<EntryName> = []
        /// The manifests whose links go, in order.
        fileprivate(set) var revisions: [BlobKey] = []
        /// The layers whose links go, in order.
        fileprivate(set) var layers: [BlobKey] = []
        /// The manifests whose links come back.
        fileprivate(set) var returningRevisions: [BlobKey] = []
        /// The layers whose links come back.
        fileprivate(set) var returningLayers: [BlobKey] = []
    }

    private let plan: SweepPlan
    /// The place of each repository in the plan.
    private let places: [EntryName: Int]
    /// The links that come back, by the repository.
    private let returning: [EntryName: [Trash.Item]]
    /// The latest first.
    private let runs: [Trash.Run]

    private var root: StorageRoot { plan.graph.root }

    /// Takes a plan that is not executed.
    init(_ plan: SweepPlan) throws(Errno) {
        self.plan = plan
        places = Dictionary(plan.repositories.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var returning: [EntryName: [Trash.Item]] = [:]
        for item in plan.restored where RegistryLayout.isLink(item.original) {
            guard let place = RegistryLayout.Place(of: item.original) else { continue }
            returning[place.repository, default: []].append(item)
        }
        self.returning = returning
        runs = try Trash(root: plan.graph.root).runs().reversed()
    }

    /// Says whether a repository goes as a whole.
    func removes(repository name: EntryName) -> Bool { places[name].map { plan.repositories[$0].removesContents } ?? false }

    /// What would change in a repository; `nil` where nothing would.
    func repository(_ name: EntryName) -> Repository? {
        let (place, items) = (places[name], returning[name] ?? [])
        if place == nil, items.isEmpty { return nil }
        var repository = Repository()
        if let place {
            let planned = plan.repositories[place]
            repository.tags = Set(planned.tags.map(\.name))
            repository.revisions = planned.revisions.map { plan.graph.table.key($0.number) }.sorted()
            repository.layers.reserveCapacity(planned.layers.count)
            for link in planned.layers { repository.layers.append(plan.graph.table.key(link.number)) }
            repository.layers.sort()
        }
        for item in items {
            guard let key = item.key else { continue }
            if item.original == RegistryLayout.revision(key, of: name) {
                repository.returningRevisions.append(key)
            } else if item.original == RegistryLayout.layer(key, of: name) {
                repository.returningLayers.append(key)
            }
        }
        return repository
    }

    /// Where a blob lies that is missing and would come back, and its size; `nil` where no run of the trash has it.
    ///
    /// Whatever a kept manifest names comes back, and so does what one names that comes back itself.
    func returningBlob(_ key: BlobKey, _ path: PathBuffer) throws(Errno) -> (path: EntryName, size: Int64)? {
        for run in runs {
            let trashed = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(blob: key))
            do throws(Errno) {
                let status = try root.calls.status(path.path(trashed), in: root.number)
                if status.kind == .file { return (trashed, status.size) }
            } catch  where error == .noSuchFile {
                continue
            }
        }
        return nil
    }
}
