/// Walks a store: finds the repositories, and lists them in parallel.
struct Walker {
    let root: StorageRoot
    let table: DigestTable
    let policy: CollectionPolicy

    /// Lists every repository of the store.
    func walk() async throws -> StoreScan {
        var store = findRepositories()
        let found = store.repositories
        let results = try await WorkShare.run(units: found.count, jobs: policy.jobs) { share in
            var walker = RepositoryWalker(root: root, table: table, policy: policy, scratch: WalkerScratch())
            var done: [(Int, RepositoryScan)] = []
            while let unit = try share.take() {
                var scan = found[unit]
                walker.walk(&scan)
                done.append((unit, scan))
            }
            return done
        }
        for (unit, scan) in results.joined() { store.repositories[unit] = scan }
        return store
    }

    /// Finds the directories that hold `_manifests`, `_layers` or `_uploads`, and those in which nothing lies.
    func findRepositories() -> StoreScan {
        var store = StoreScan()
        let scratch = WalkerScratch()
        var pending = [EntryName(bytes: [])]
        var isUseful: [EntryName: Bool] = [:]
        var order: [(path: EntryName, modified: Int64)] = []
        while let name = pending.popLast() {
            let path = name.bytes.isEmpty ? RegistryLayout.repositories : RegistryLayout.repository(name)
            var scan = RepositoryScan(name: name)
            var hasOther = false
            var entries = 0
            do {
                let directory = try root.calls.openDirectory(scratch.path.path(path), in: root.number)
                scan.modified = try root.calls.status(of: directory.number).modified
                try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                    entries += 1
                    if entry.kind == .symbolicLink {
                        // A registry follows it, so that what lies behind it is in use, and nothing is known of it.
                        let problem = StorageProblem(
                            .unreadable,
                            path.appending(EntryName(entry)),
                            breaksImages: true,
                            "a symbolic link is not followed, so that what it names is not known"
                        )
                        store.unlistable.append(problem)
                        hasOther = true
                    } else if RegistryLayout.isInternal(entry) {
                        switch true {
                        case entry.isNamed(RegistryLayout.manifests): scan.hasManifestDirectory = true
                        case entry.isNamed(RegistryLayout.layers): scan.hasLayerDirectory = true
                        case entry.isNamed(RegistryLayout.uploads): scan.hasUploadDirectory = true
                        default: hasOther = true
                        }
                    } else if entry.kind == .directory {
                        scan.hasNested = true
                        pending.append(name.appending(EntryName(entry)))
                    } else {
                        hasOther = true
                    }
                }
            } catch  where error == .noSuchFile && name.bytes.isEmpty {
                // A store into which nothing was pushed has no such directory.
                break
            } catch {
                store.unlistable.append(
                    StorageProblem(.unreadable, path, breaksImages: true, "the directory cannot be listed: \(error)")
                )
                hasOther = true
            }
            let isRepository = scan.hasManifestDirectory || scan.hasLayerDirectory || scan.hasUploadDirectory
            if isRepository, !name.bytes.isEmpty { store.repositories.append(scan) }
            if !isRepository, !hasOther, scan.hasNested { store.parents[name] = entries }
            if isRepository || hasOther {
                var above = name
                while isUseful.updateValue(true, forKey: above) != true, !above.bytes.isEmpty { above = above.parent }
            } else if !name.bytes.isEmpty {
                order.append((name, scan.modified))
            }
        }
        store.repositories.sort { $0.name < $1.name }
        store.emptyDirectories = order.reversed().filter { isUseful[$0.path] != true }
        return store
    }
}
