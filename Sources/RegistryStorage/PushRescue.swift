/// Brings back from a run's trash what a push has named while the run went on.
struct PushRescue {
    let plan: SweepPlan
    let run: Trash.Run
    let watch: ReferenceWatch

    private var root: StorageRoot { plan.graph.root }

    /// Looks at every link, and puts back what linked manifests and layers name.
    ///
    /// Throws at the end where what one of them names is not known, because its content is not what its digest names.
    func rescue(_ report: inout SweepReport) async throws {
        for item in try await rewrittenLinks() { try putBack(item, &report) }
        try putBackPushedInto(&report)
        let findings = try await watch.lookPastDamage()
        for key in findings.blobs { try putBack(blob(key), &report) }
        try putBackContents(of: findings, &report)
    }

    /// What all of the manifests name, as far as it is known; throws at the end where it is not.
    private func putBackContents(of findings: ReferenceWatch.Findings, _ report: inout SweepReport) throws(RegistryStorageError) {
        var damage = findings.damage
        for (repository, key) in findings.manifests {
            do throws(RegistryStorageError) {
                try putBackContents(of: key, in: repository, &report)
            } catch {
                guard error.code == .damaged else { throw error }
                if damage == nil { damage = error }
            }
        }
        if let damage { throw damage }
    }

    /// Repositories that went as a whole while something was pushed into them: a push that had opened a file goes on writing it in the trash.
    private func putBackPushedInto(_ report: inout SweepReport) throws(RegistryStorageError) {
        let newcomers = RepositoryNewcomers(plan: plan, scratch: WalkerScratch())
        for repository in plan.repositories where repository.removesContents {
            let trashed = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashedManifests(of: repository.name))
            let path = RegistryLayout.manifests(of: repository.name)
            do throws(Errno) {
                guard try newcomers.areThere(beneath: trashed, repository) else { continue }
                try Trash(root: root).putBackManifests(trashed, of: repository.name)
                report.restored.append(path)
            } catch {
                throw RegistryStorageError(.unreadable, "cannot look again at '\(path)' in the trash", cause: error)
            }
        }
    }

    /// Looks at the links of one repository, and puts back what its manifests name.
    func rescue(
        _ repository: EntryName,
        _ scratch: WalkerScratch,
        _ report: inout SweepReport
    ) throws(RegistryStorageError) {
        var findings = ReferenceWatch.Findings()
        try watch.look(at: repository, scratch, &findings)
        for (name, key) in findings.manifests { try putBackContents(of: key, in: name, &report) }
    }

    /// Everything that a linked manifest needs in its repository: blobs, layer links, the links of an index's manifests.
    private func putBackContents(
        of key: BlobKey,
        in repository: EntryName,
        _ report: inout SweepReport
    ) throws(RegistryStorageError) {
        var reader = ManifestReader(root: root)
        var seen: Set<BlobKey> = []
        var pending = [key]
        while let manifest = pending.popLast() {
            guard seen.insert(manifest).inserted else { continue }
            try putBack(blob(manifest), &report)
            try putBack(
                link(RegistryLayout.trashed(revision: manifest, of: repository), RegistryLayout.revision(manifest, of: repository)),
                &report
            )
            try putBack(
                link(RegistryLayout.trashedWhole(revision: manifest, of: repository), RegistryLayout.revision(manifest, of: repository)),
                &report
            )
            // What a build cache's index names is a layer.
            if manifest != key { try putBackLayer(manifest, in: repository, &report) }
            // A manifest of another platform that was never pushed here names nothing.
            guard let names = manifest == key ? try reader.readIfPresent(manifest) : try reader.readChild(manifest) else { continue }
            for layer in names.blobs {
                try putBack(blob(layer), &report)
                try putBackLayer(layer, in: repository, &report)
            }
            pending += names.manifests
            // Whoever signs an image is about to use it.
            if let subject = reader.subject { pending.append(subject) }
        }
    }

    /// A layer's link, also from a repository that went as a whole.
    private func putBackLayer(_ key: BlobKey, in repository: EntryName, _ report: inout SweepReport) throws(RegistryStorageError) {
        let original = RegistryLayout.layer(key, of: repository)
        try putBack(link(RegistryLayout.trashed(layer: key, of: repository), original), &report)
        try putBack(link(RegistryLayout.trashedWhole(layer: key, of: repository), original), &report)
    }

    /// Links that a push wrote just before they were taken, or while: they are another version than what was planned.
    private func rewrittenLinks() async throws -> [Trash.Item] {
        let repositories = plan.repositories
        let found = try await WorkShare.run(units: repositories.count, jobs: plan.policy.jobs) { share in
            let path = PathBuffer()
            var found: [(unit: Int, items: [Trash.Item])] = []
            while let unit = try share.take() {
                if !repositories[unit].removesContents { found.append((unit, try rewrittenLinks(of: repositories[unit], path))) }
            }
            return found
        }
        return found.joined().sorted { $0.unit < $1.unit }.flatMap(\.items)
    }

    private func rewrittenLinks(of repository: SweepPlan.Repository, _ path: PathBuffer) throws(RegistryStorageError) -> [Trash.Item] {
        let name = repository.name
        var items = try rewritten(repository.revisions, RegistryLayout.revisions(of: name), path)
        items += try rewritten(repository.layers, RegistryLayout.layers(of: name), path)
        for tag in repository.tags {
            let place = RegistryLayout.tag(tag.name, of: name)
            let item = link(place, place)
            let file = RegistryLayout.trash(of: run.name).appending(RegistryLayout.tagLink(tag.name, of: name))
            if try isRewritten(path.path(file), root.number, since: tag.stamp, file) { items.append(item) }
        }
        return items
    }

    /// Those of the links of one directory that are in the trash in another version.
    private func rewritten(
        _ links: some Sequence<SweepPlan.Link>,
        _ directory: EntryName,
        _ path: PathBuffer
    ) throws(RegistryStorageError) -> [Trash.Item] {
        guard links.contains(where: { _ in true }) else { return [] }
        let place = RegistryLayout.trash(of: run.name).appending(directory)
        let trash: Descriptor
        do throws(Errno) {
            trash = try root.calls.openDirectory(path.path(place), in: root.number)
        } catch  where error == .noSuchFile {
            // Nothing of it was taken.
            return []
        } catch {
            throw RegistryStorageError(.unreadable, "cannot look again at '\(place)'", cause: error)
        }
        var items: [Trash.Item] = []
        for planned in links {
            let key = plan.graph.table.key(planned.number)
            if try isRewritten(path.hexDirectory(key), trash.number, since: planned.stamp, place) {
                items.append(
                    Trash.Item(trashed: place.appending(EntryName(key.hex)), original: RegistryLayout.link(key, in: directory), key: nil)
                )
            }
        }
        return items
    }

    /// Says whether a link in the trash was written after it was planned to go.
    ///
    /// Versions are compared, not times: a clock that was set back hides nothing.
    private func isRewritten(
        _ file: UnsafePointer<CChar>,
        _ directory: Int32,
        since stamp: FileStamp,
        _ place: @autoclosure () -> EntryName
    ) throws(RegistryStorageError) -> Bool {
        do throws(Errno) {
            return try root.calls.status(file, in: directory).stamp != stamp
        } catch  where error == .noSuchFile {
            return false
        } catch {
            throw RegistryStorageError(.unreadable, "cannot look again at '\(place())'", cause: error)
        }
    }

    private func blob(_ key: BlobKey) -> Trash.Item { link(RegistryLayout.trashed(blob: key), RegistryLayout.blob(key)) }

    private func link(_ trashed: EntryName, _ original: EntryName) -> Trash.Item {
        Trash.Item(trashed: RegistryLayout.trash(of: run.name).appending(trashed), original: original, key: nil)
    }

    private func putBack(_ item: Trash.Item, _ report: inout SweepReport) throws(RegistryStorageError) {
        do throws(Errno) {
            if try Trash(root: root).putBack(item) { report.restored.append(item.original) }
        } catch {
            throw RegistryStorageError(.unwritable, "cannot put '\(item.original)' back from the trash", cause: error)
        }
    }
}
