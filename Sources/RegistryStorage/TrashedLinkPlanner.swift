/// Finds in the trash the links that kept manifests need and that are not in their place: a push may have linked a manifest again while a run was
/// taking out what it names, and found the rest in its place.
struct TrashedLinkPlanner {
    let graph: StoreGraph
    let marks: [RepositoryMark]

    /// Adds to the plan what comes back: links of layers and of indexes' manifests, of several the one of the latest run.
    func plan(into plan: inout SweepPlan) {
        do throws(Errno) {
            let trash = try TrashedLinks(root: graph.root)
            guard !trash.isEmpty else { return }
            for (place, scan) in graph.scan.repositories.enumerated() {
                guard marks[place].fate != .removed, let names = trash.runs(with: scan.name) else { continue }
                try findLinks(scan, marks[place], names, trash, &plan)
            }
        } catch {
            plan.problems.append(
                StorageProblem(.unreadable, RegistryLayout.trash, breaksImages: true, "the trash cannot be searched: \(error)")
            )
        }
    }

    private func findLinks(
        _ scan: RepositoryScan,
        _ mark: RepositoryMark,
        _ runs: [TrashedRepositories],
        _ trash: TrashedLinks,
        _ plan: inout SweepPlan
    ) throws(Errno) {
        let links = try trash.links(of: scan.name, runs)
        if links.isEmpty { return }
        var (layers, revisions): (Set<BlobKey>, Set<BlobKey>) = ([], [])
        for index in scan.revisions.indices where mark.kept[index] {
            guard let manifest = graph.catalog[scan.revisions[index].number] else { continue }
            graph.catalog.forEachBlob(of: manifest) { number in
                let key = graph.table.key(number)
                if links.layers[key] != nil { layers.insert(key) }
            }
            graph.catalog.forEachChild(of: manifest) { number in
                let key = graph.table.key(number)
                // What a build cache's index names is a layer.
                if links.layers[key] != nil { layers.insert(key) }
                if links.revisions[key] != nil { revisions.insert(key) }
            }
        }
        let buffer = PathBuffer()
        for key in layers.sorted() {
            let original = RegistryLayout.layer(key, of: scan.name)
            if let trashed = links.layers[key], try graph.root.kind(of: original, buffer) == nil {
                plan.restored.append(.init(trashed: trashed, original: original, key: key))
            }
        }
        for key in revisions.sorted() {
            let original = RegistryLayout.revision(key, of: scan.name)
            if let trashed = links.revisions[key], try graph.root.kind(of: original, buffer) == nil {
                plan.restored.append(.init(trashed: trashed, original: original, key: key))
            }
        }
    }
}
