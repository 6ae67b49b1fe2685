/// Removes the tags, links and uploads of one repository after another.
struct LinkSweeper {
    let plan: SweepPlan
    let options: SweepOptions
    let run: Trash.Run
    /// Looks for what pushes name.
    let watch: ReferenceWatch
    let scratch = WalkerScratch()
    /// What this task did.
    var report = SweepReport()
    /// What must stay because something that names it stayed.
    var retained: Set<DigestNumber> = []

    private var root: StorageRoot { plan.graph.root }
    private var calls: SystemCalls { plan.graph.root.calls }

    init(plan: SweepPlan, options: SweepOptions, run: Trash.Run, watch: ReferenceWatch) {
        self.watch = watch
        self.plan = plan
        self.options = options
        self.run = run
    }

    /// Removes what the plan takes from one repository but its layer links: tags, tags' entries, revisions, uploads, in this order.
    ///
    /// What fails keeps all that it names. StorageInvariants.md, lines H1 to H4.
    mutating func sweepReferences(_ repository: SweepPlan.Repository) {
        if repository.removesContents { return sweepAllReferences(repository) }
        var local: Set<DigestNumber> = []
        for tag in repository.tags { sweepTag(tag, repository, &local) }
        sweepEntries(repository, &local)
        keepNamed(repository, &local)
        sweepLinks(.revision, repository.revisions, repository, &local)
        for upload in repository.uploads { sweepUpload(upload, repository) }
        retained.formUnion(local)
    }

    /// Keeps the manifests of indexes that were pushed since the mark: a push finds those in their place and does not write them again.
    private mutating func keepNamed(_ repository: SweepPlan.Repository, _ local: inout Set<DigestNumber>) {
        if repository.revisions.isEmpty { return }
        do throws(RegistryStorageError) {
            let planned = Set(repository.revisions.map { plan.graph.table.key($0.number) })
            for key in try watch.everythingNamed(in: repository.name, but: planned, scratch) {
                if let number = plan.graph.table.find(key) { local.insert(number) }
            }
        } catch {
            fail(RegistryLayout.repository(repository.name), error)
            for link in repository.revisions { retain(link.number, &local) }
        }
    }

    /// Removes the layer links that the plan takes from one repository, but for those that something needs that stayed.
    mutating func sweepLayers(_ repository: SweepPlan.Repository, needed: Set<DigestNumber>) {
        if repository.removesContents { return sweepAllLayers(repository, needed) }
        if repository.layers.isEmpty { return }
        var local = needed
        do throws(RegistryStorageError) {
            // A push that found a layer in its place may have named it since the mark: such a layer stays. One that names it while the links
            // are taken gets it back at once, not only at the end of the run.
            for key in try watch.everythingNamed(in: repository.name, scratch) {
                if let number = plan.graph.table.find(key) { local.insert(number) }
            }
            sweepLinks(.layerLink, repository.layers, repository, &local)
            try PushRescue(plan: plan, run: run, watch: watch).rescue(repository.name, scratch, &report)
        } catch {
            report.failures.append(.init(path: RegistryLayout.repository(repository.name), error))
            for link in repository.layers { local.insert(link.number) }
        }
        retained.formUnion(local)
    }

    /// Removes a directory that nothing is left in.
    mutating func sweepDirectory(_ name: EntryName) {
        var remover = TreeRemover(root: root)
        for part in [RegistryLayout.manifests(of: name), RegistryLayout.uploads(of: name), RegistryLayout.allLayers(of: name)] {
            remover.removeDirectories(part)
        }
        report.failures += remover.failures
        do throws(Errno) {
            try calls.removeDirectory(scratch.path.path(RegistryLayout.repository(name)), in: root.number)
            report.count(.repository)
        } catch  where error == .noSuchFile || error == .directoryNotEmpty || error == .fileExists {
            // A run before this one came so far, or another repository uses it, or a push has put something there.
        } catch {
            fail(RegistryLayout.repository(name), error)
        }
    }

    private mutating func fail(_ path: EntryName, _ error: Errno) {
        report.failures.append(.init(path: path, error: error))
    }

    private mutating func fail(_ path: EntryName, _ error: RegistryStorageError) {
        report.failures.append(.init(path: path, error))
    }

    /// Everything that a manifest names, to any depth.
    private func retain(_ number: DigestNumber, _ retained: inout Set<DigestNumber>) {
        var pending = [number]
        while let number = pending.popLast() {
            guard retained.insert(number).inserted, let manifest = plan.graph.catalog[number] else { continue }
            plan.graph.catalog.forEachBlob(of: manifest) { retained.insert($0) }
            plan.graph.catalog.forEachChild(of: manifest) { pending.append($0) }
            if manifest.subject != Manifest.none { pending.append(manifest.subject) }
        }
    }

    private func trashed(_ path: EntryName) -> EntryName { RegistryLayout.trash(of: run.name).appending(path) }

    /// Takes a whole directory out by one rename, so that a reader sees all of it or nothing.
    private mutating func moveOut(_ path: EntryName, to trashedPath: EntryName) throws(Errno) {
        let target = trashed(trashedPath)
        try root.makeDirectories(target.parent)
        try root.rename(path, to: target)
    }

    private mutating func sweepTag(_ tag: SweepPlan.Tag, _ repository: SweepPlan.Repository, _ local: inout Set<DigestNumber>) {
        let path = RegistryLayout.tag(tag.name, of: repository.name)
        do throws(Errno) {
            let stamp = try stamp(ofLinkOf: tag, repository)
            // Somebody else has just taken it away.
            if stamp == nil, tag.stamp.inode != 0 { return }
            guard stamp ?? FileStamp(inode: 0, written: 0) == tag.stamp else {
                report.spared.append(path)
                return retain(tag, &local)
            }
            // The registry lists a tag as soon as its directory is there, so that the directory must go at once.
            try moveOut(path, to: path)
            report.count(.tag)
        } catch  where error == .noSuchFile {
            return
        } catch {
            fail(path, error)
            retain(tag, &local)
        }
    }

    /// Which version of its link a tag has; `nil` where it has none.
    private func stamp(ofLinkOf tag: SweepPlan.Tag, _ repository: SweepPlan.Repository) throws(Errno) -> FileStamp? {
        do throws(Errno) {
            return try calls.status(scratch.path.path(RegistryLayout.tagLink(tag.name, of: repository.name)), in: root.number).stamp
        } catch  where error == .noSuchFile {
            return nil
        }
    }

    /// Keeps what a tag names that stayed, and what it belongs to: the next run knows by that that both are to go.
    private func retain(_ tag: SweepPlan.Tag, _ local: inout Set<DigestNumber>) {
        if let target = tag.target { retain(target, &local) }
        if let subject = tag.subject { retain(subject, &local) }
    }

    /// Removes what tags remember; an entry that stays keeps its manifest, so that the next run finds both.
    private mutating func sweepEntries(_ repository: SweepPlan.Repository, _ local: inout Set<DigestNumber>) {
        guard !repository.entries.isEmpty else { return }
        let path = RegistryLayout.tags(of: repository.name)
        do throws(Errno) {
            let tags = try calls.openDirectory(scratch.path.path(path), in: root.number)
            let trash = try openTrashIfPossible(RegistryLayout.trashedEntries(of: repository.name))
            var place: (tag: EntryName, directory: SharedDescriptor)?
            for entry in repository.entries {
                let key = entry.key
                do throws(Errno) {
                    if let trash {
                        // A tag's entries follow one another.
                        if place?.tag != entry.tag {
                            let entries = RegistryLayout.trashedEntries(of: repository.name)
                            place = (entry.tag, try openTrash(entry.tag, of: entries, in: trash.number))
                        }
                        guard let target = place?.directory.number else { continue }
                        let index = try calls.openDirectory(scratch.path.tagIndexDirectory(entry.tag), in: tags.number)
                        let file = scratch.path.linkFile(key)
                        try calls.rename(file, in: index.number, to: scratch.name.hexDirectory(key), in: target)
                    } else {
                        try calls.unlink(scratch.path.tagEntryLink(key, entry.tag), in: tags.number)
                    }
                    report.count(.tagEntry)
                    try removeIfEmpty(scratch.path.tagEntryDirectory(key, entry.tag), in: tags.number)
                } catch  where error == .noSuchFile {
                    continue
                } catch {
                    fail(RegistryLayout.tagEntry(key, entry.tag, of: repository.name), error)
                    if let number = plan.graph.table.find(key) { retain(number, &local) }
                }
            }
        } catch  where error == .noSuchFile {
            return
        } catch {
            fail(path, error)
            for entry in repository.entries {
                if let number = plan.graph.table.find(entry.key) { retain(number, &local) }
            }
        }
    }

    private func removeIfEmpty(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        do throws(Errno) {
            try calls.removeDirectory(path, in: directory)
        } catch  where error == .noSuchFile || error == .directoryNotEmpty || error == .fileExists {
            return
        }
    }

    private mutating func sweepLinks(
        _ kind: SweepPlan.Kind,
        _ links: some Sequence<SweepPlan.Link>,
        _ repository: SweepPlan.Repository,
        _ local: inout Set<DigestNumber>
    ) {
        guard links.contains(where: { _ in true }) else { return }
        let path = kind == .revision ? RegistryLayout.revisions(of: repository.name) : RegistryLayout.layers(of: repository.name)
        do throws(Errno) {
            let directory = try calls.openDirectory(scratch.path.path(path), in: root.number)
            var target = try openTrashIfPossible(path)
            for link in links {
                let key = plan.graph.table.key(link.number)
                if local.contains(link.number) {
                    report.spared.append(path.appending(EntryName(key.hex)))
                    if kind == .revision { retain(link.number, &local) }
                    continue
                }
                do throws(Errno) {
                    let file = scratch.path.linkFile(key)
                    if try calls.status(file, in: directory.number).stamp != link.stamp {
                        report.spared.append(path.appending(EntryName(key.hex)))
                        retain(link.number, &local)
                        continue
                    }
                    // What was deleted makes room.
                    if target == nil { target = try openTrashIfPossible(path) }
                    if let target = target?.number {
                        let place = scratch.name.hexDirectory(key)
                        try calls.rename(file, in: directory.number, to: place, in: target)
                        if try calls.status(place, in: target).stamp != link.stamp {
                            // A push wrote the link between the look at it and its removal.
                            try putBack(key, directory.number, target)
                            report.spared.append(path.appending(EntryName(key.hex)))
                            retain(link.number, &local)
                            continue
                        }
                    } else {
                        try calls.unlink(file, in: directory.number)
                    }
                    report.count(kind)
                } catch  where error == .noSuchFile {
                    // Somebody else removed it; the directory may be left.
                } catch {
                    fail(path.appending(EntryName(key.hex)), error)
                    retain(link.number, &local)
                    continue
                }
                do throws(Errno) {
                    try removeIfEmpty(scratch.path.hexDirectory(key), in: directory.number)
                } catch {
                    fail(path.appending(EntryName(key.hex)), error)
                }
            }
        } catch {
            fail(path, error)
            for link in links { retain(link.number, &local) }
        }
    }

    private func putBack(_ key: BlobKey, _ directory: Int32, _ trash: Int32) throws(Errno) {
        do throws(Errno) {
            try calls.rename(scratch.name.hexDirectory(key), in: trash, to: scratch.path.linkFile(key), in: directory)
        } catch  where error == .fileExists {
            // The push has written it once more.
        } catch  where error == .noSuchFile {
            try calls.makeDirectory(scratch.path.hexDirectory(key), in: directory)
            try calls.rename(scratch.name.hexDirectory(key), in: trash, to: scratch.path.linkFile(key), in: directory)
        }
    }

    /// Opens a place in the trash; `nil` where things are deleted at once, on a disk that is too full to make it.
    private func openTrashIfPossible(_ path: EntryName) throws(Errno) -> SharedDescriptor? {
        do throws(Errno) {
            return try openTrash(path)
        } catch  where error.isLackOfSpace && options.deletesWhereFull {
            return nil
        }
    }

    private func openTrash(_ path: EntryName) throws(Errno) -> SharedDescriptor {
        let target = trashed(path)
        try root.makeDirectories(target)
        return SharedDescriptor(try calls.openDirectory(scratch.name.path(target), in: root.number))
    }

    /// Makes a directory in the trash, where it is not there, and opens it.
    private func openTrash(_ name: EntryName, of place: EntryName, in directory: Int32) throws(Errno) -> SharedDescriptor {
        do throws(Errno) {
            do throws(Errno) {
                try calls.makeDirectory(scratch.name.path(name), in: directory)
            } catch  where error.isLackOfSpace {
                guard try DirectoryReserve(root: root).take(trashed(place).appending(name)) else { throw error }
            }
            try root.giveToOwner(scratch.name.path(name), in: directory)
        } catch  where error == .fileExists {
            // An entry of the same tag, or one that stayed, came before.
        }
        return SharedDescriptor(try calls.openDirectory(scratch.name.path(name), in: directory))
    }

    private mutating func sweepUpload(_ upload: RepositoryScan.Upload, _ repository: SweepPlan.Repository) {
        let path = RegistryLayout.upload(upload.name, of: repository.name)
        do throws(Errno) {
            try moveOut(path, to: path)
            report.count(.upload, bytes: upload.size)
        } catch  where error == .noSuchFile {
            return
        } catch {
            fail(path, error)
        }
    }

    /// Takes out a repository that was asked to go: all its tags and manifests at once.
    private mutating func sweepAllReferences(_ repository: SweepPlan.Repository) {
        let path = RegistryLayout.manifests(of: repository.name)
        let target = RegistryLayout.trashedManifests(of: repository.name)
        let newcomers = RepositoryNewcomers(plan: plan, scratch: scratch)
        var isMoved = true
        do throws(Errno) {
            if try newcomers.areThere(beneath: path, repository) { return spare(repository) }
            try moveOut(path, to: target)
        } catch  where error == .noSuchFile {
            // A run before this one came so far, or nothing was pushed but layers.
            isMoved = false
        } catch {
            fail(path, error)
            return retainAll(repository)
        }
        if isMoved {
            // A push may have ended between the look and the rename.
            do throws(Errno) {
                if try newcomers.areThere(beneath: trashed(target), repository) {
                    try Trash(root: root).putBackManifests(trashed(target), of: repository.name)
                    return spare(repository)
                }
            } catch {
                fail(path, error)
                return retainAll(repository)
            }
        }
        report.removed[.tag, default: 0] += repository.tags.count
        report.removed[.revision, default: 0] += repository.revisions.count
        // One by one: a push may have begun one since the plan, which stays with the directory.
        for upload in repository.uploads { sweepUpload(upload, repository) }
    }

    /// Leaves a repository whole that was to go and into which something was pushed.
    private mutating func spare(_ repository: SweepPlan.Repository) {
        report.postponed.append("the repository '\(repository.name)' stays: a tag or a manifest was pushed into it since it was looked at")
        retainAll(repository)
    }

    private mutating func retainAll(_ repository: SweepPlan.Repository) {
        for link in repository.revisions { retain(link.number, &retained) }
        for link in repository.layers { retain(link.number, &retained) }
    }

    /// Takes out all layer links of a repository that was asked to go, and its directory.
    private mutating func sweepAllLayers(_ repository: SweepPlan.Repository, _ needed: Set<DigestNumber>) {
        let path = RegistryLayout.allLayers(of: repository.name)
        // Where the manifests could not be taken out, what they need stays.
        if repository.revisions.contains(where: { needed.contains($0.number) }) { return }
        do throws(RegistryStorageError) {
            // A push that goes on has found layers in their place and written its manifest into the repository that was to go.
            if try !watch.everythingNamed(in: repository.name, scratch).isEmpty {
                report.spared.append(path)
                for link in repository.layers { retained.insert(link.number) }
                return
            }
        } catch {
            fail(RegistryLayout.repository(repository.name), error)
            for link in repository.layers { retained.insert(link.number) }
            return
        }
        let newcomers = RepositoryNewcomers(plan: plan, scratch: scratch)
        do throws(Errno) {
            if try !newcomers.layers(beneath: path, repository).isEmpty { return sweepPlannedLayers(repository) }
            try moveOut(path, to: RegistryLayout.trashedLayers(of: repository.name))
            report.removed[.layerLink, default: 0] += repository.layers.count
        } catch  where error == .noSuchFile {
            // A repository into which no layer was pushed.
            return
        } catch {
            fail(path, error)
            for link in repository.layers { retained.insert(link.number) }
            return
        }
        // A push may have linked a layer between the look and the rename.
        do throws(Errno) {
            for key in try newcomers.layers(beneath: trashed(RegistryLayout.trashedLayers(of: repository.name)), repository) {
                let original = RegistryLayout.layer(key, of: repository.name)
                let item = Trash.Item(
                    trashed: trashed(RegistryLayout.trashedWhole(layer: key, of: repository.name)),
                    original: original,
                    key: key
                )
                if try Trash(root: root).putBack(item) { report.restored.append(original) }
            }
        } catch {
            fail(path, error)
        }
    }

    /// Takes out the planned layer links of a repository that was asked to go, one by one: a push has linked another since.
    private mutating func sweepPlannedLayers(_ repository: SweepPlan.Repository) {
        for link in repository.layers {
            let key = plan.graph.table.key(link.number)
            let path = RegistryLayout.layer(key, of: repository.name).parent
            do throws(Errno) {
                try moveOut(path, to: RegistryLayout.trashedWhole(layer: key, of: repository.name).parent)
                report.count(.layerLink)
            } catch  where error == .noSuchFile {
                continue
            } catch {
                fail(path, error)
                retained.insert(link.number)
            }
        }
    }
}
