/// Puts back what runs had taken and something that is kept names: blobs, then links of layers, then links of manifests.
///
/// A run that was killed may have left it in the trash, and so may a push that linked a manifest again while a run took out what it names.
/// StorageInvariants.md, lines H1 to H3.
struct TrashRestoration {
    let plan: SweepPlan
    let extent: SweepOptions.Restoration

    private var root: StorageRoot { plan.graph.root }

    /// Puts back what the plan says, and where that is followed, what manifests name that come back with it: what those name is known only then.
    ///
    /// Returns what they name, which must stay: the plan did not know of it.
    func restore(_ report: inout SweepReport) throws -> Set<BlobKey> {
        precondition(
            extent == .followed || !plan.removesAnything,
            "a mistake: what manifests name that come back must come back too, or stay, where anything goes"
        )
        let trash = Trash(root: root)
        var reader = ManifestReader(root: root)
        var back: Set<BlobKey> = []
        var named: Set<BlobKey> = []
        var seen: Set<BlobKey> = []
        var pending = Array(plan.restored.filter { !isLink($0) }.reversed())
        while let item = pending.popLast() {
            do throws(Errno) {
                if try trash.putBack(item) { report.restored.append(item.original) }
                guard let key = item.key, mayBeManifest(key), seen.insert(key).inserted else { continue }
                guard let names = try read(key, &reader, &report) else { continue }
                back.insert(key)
                named.formUnion(names.blobs + names.manifests)
                if extent == .followed { pending += try trash.blobs(among: Set(names.blobs + names.manifests)) }
            } catch {
                report.failures.append(.init(path: item.original, error: error))
            }
        }
        for item in plan.restored where isLink(item) { putBackLink(item, &report) }
        if extent == .followed { try restoreLinks(of: back, &reader, &named, &report) }
        return named
    }

    /// What would come back where the plan is followed; nothing is changed.
    ///
    /// What cannot be read names nothing: then a run will say more.
    func foreseen() throws(Errno) -> [Trash.Item] {
        let trash = Trash(root: root)
        let path = PathBuffer()
        var reader = ManifestReader(root: root)
        var items: [Trash.Item] = []
        var seen: Set<BlobKey> = []
        var pending = plan.restored
        while let item = pending.popLast() {
            guard let key = item.key, !isLink(item) else {
                items.append(item)
                continue
            }
            guard seen.insert(key).inserted else { continue }
            items.append(item)
            // What cannot be read names nothing here: a run that reads it then says so.
            guard mayBeManifest(key), let names = try? reader.read(key, at: item.trashed) else { continue }
            for named in try trash.blobs(among: Set(names.blobs + names.manifests)) where try root.kind(of: named.original, path) == nil {
                pending.append(named)
            }
        }
        return items
    }

    private func isLink(_ item: Trash.Item) -> Bool { RegistryLayout.isLink(item.original) }

    /// Says whether a blob that came back is a manifest that the plan could not read, as far as the plan knows.
    private func mayBeManifest(_ key: BlobKey) -> Bool {
        guard let number = plan.graph.table.find(key) else { return true }
        return plan.graph.catalog[number].map { $0.state == .missing } ?? false
    }

    /// What a manifest names, or what may be one; `nil` where that is nothing, or is not known, which is a failure: then the trash is not emptied.
    private func read(
        _ key: BlobKey,
        _ reader: inout ManifestReader,
        _ report: inout SweepReport
    ) throws(Errno) -> (blobs: [BlobKey], manifests: [BlobKey])? {
        do throws(RegistryStorageError) {
            return try reader.readChild(key)
        } catch {
            if let cause = error.cause { throw cause }
            report.failures.append(.init(path: RegistryLayout.blob(key), error))
            return nil
        }
    }

    /// Puts a link back, but only where what it names is there.
    private func putBackLink(_ item: Trash.Item, _ report: inout SweepReport) {
        let path = PathBuffer()
        do throws(Errno) {
            if let key = item.key {
                guard try root.calls.status(path.fullBlobFile(key), in: root.number).kind == .file else { return }
            }
            if try Trash(root: root).putBack(item) { report.restored.append(item.original) }
        } catch  where error == .noSuchFile {
            // The proof at the end says what is missing.
            return
        } catch {
            report.failures.append(.init(path: item.original, error: error))
        }
    }

    /// Puts back, in every repository that links a manifest that came back, the links that it needs, to any depth.
    private func restoreLinks(
        of back: Set<BlobKey>,
        _ reader: inout ManifestReader,
        _ named: inout Set<BlobKey>,
        _ report: inout SweepReport
    ) throws {
        guard !back.isEmpty else { return }
        try Task.checkCancellation()
        do throws(Errno) {
            let trash = try TrashedLinks(root: root)
            for scan in plan.graph.scan.repositories {
                let roots = scan.revisions.map { plan.graph.table.key($0.number) }.filter { back.contains($0) }
                if roots.isEmpty { continue }
                let order = try manifests(namedBy: roots, &reader, &named, &report)
                guard let runs = trash.runs(with: scan.name) else { continue }
                let links = try trash.links(of: scan.name, runs)
                for (_, blobs) in order {
                    for key in blobs {
                        guard let trashed = links.layers[key] else { continue }
                        putBackLink(.init(trashed: trashed, original: RegistryLayout.layer(key, of: scan.name), key: key), &report)
                    }
                }
                for (manifest, _) in order {
                    guard let trashed = links.revisions[manifest] else { continue }
                    let original = RegistryLayout.revision(manifest, of: scan.name)
                    putBackLink(.init(trashed: trashed, original: original, key: manifest), &report)
                }
            }
        } catch {
            report.failures.append(.init(path: RegistryLayout.trash, error: error))
        }
    }

    /// The manifests that others name, to any depth, each after those that it names, with everything that it names.
    private func manifests(
        namedBy roots: [BlobKey],
        _ reader: inout ManifestReader,
        _ named: inout Set<BlobKey>,
        _ report: inout SweepReport
    ) throws(Errno) -> [(key: BlobKey, names: [BlobKey])] {
        var order: [(BlobKey, [BlobKey])] = []
        var seen: Set<BlobKey> = []
        // Depth first without recursion.
        var stack: [(key: BlobKey, names: [BlobKey]?)] = roots.map { ($0, nil) }
        while let (key, finished) = stack.popLast() {
            if let finished {
                order.append((key, finished))
                continue
            }
            guard seen.insert(key).inserted, let names = try read(key, &reader, &report) else { continue }
            let all = names.blobs + names.manifests
            named.formUnion(all)
            stack.append((key, all))
            for child in names.manifests { stack.append((child, nil)) }
        }
        return order
    }
}
