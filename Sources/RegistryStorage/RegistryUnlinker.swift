import OCI

/// Removes layer links through the registry that runs, so that it forgets them.
///
/// Why: a registry with an in-memory blob descriptor cache goes on believing in what was removed behind its back. A push of a removed layer
/// then skips the upload; a push of a removed manifest is not written (seen with 2.8.2). A link that the registry itself drops is forgotten;
/// a manifest's own blob is not, in any way, before a restart: whether it is remembered is asked for each (`RememberedManifests`).
struct RegistryUnlinker {
    let plan: SweepPlan
    let options: SweepOptions
    let run: Trash.Run
    let watch: ReferenceWatch

    /// By how many links is found out whether all processes forget what one dropped.
    private static let droppedForTrial = 3

    private var root: StorageRoot { plan.graph.root }

    /// Says whether the registry believes in a link that is not there; `nil` where that cannot be told.
    ///
    /// A link that is to go is asked for, taken away, asked for again and put back; where none is to go, one of hook's own.
    func remembers(_ registry: any RunningRegistry, sparing retained: Set<DigestNumber>) async -> Bool? {
        for repository in plan.repositories where !repository.layers.isEmpty {
            guard let name = Self.text(repository.name), let link = repository.layers.first(where: { !retained.contains($0.number) }) else {
                continue
            }
            let key = plan.graph.table.key(link.number)
            guard let digest = Digest(key.description), await registry.makeRemembered(digest, in: name) else { continue }
            let item = item(key, of: repository.name)
            do throws(Errno) {
                try root.makeDirectories(item.trashed.parent)
                try root.rename(item.original, to: item.trashed)
            } catch {
                return nil
            }
            let answer = await registry.isBelievedIn(digest, in: name)
            do throws(Errno) {
                // Where it does not come back, a push has written the link anew.
                _ = try Trash(root: root).putBack(item)
            } catch {
                // The link was to go anyway, and stands in the trash.
                return nil
            }
            return answer
        }
        return await RegistryMemory(root: root, registry: registry).remembersLinks()
    }

    /// Says whether all processes at the registry's address forget what one of them drops; `nil` where there is no link to find it out by.
    ///
    /// Links that are to go are asked for, dropped by the registry, asked for again and put back.
    func forgets(_ registry: any RunningRegistry, sparing retained: Set<DigestNumber>) async -> Bool? {
        var tried = 0
        for repository in plan.repositories where !repository.layers.isEmpty {
            guard let name = Self.text(repository.name) else { continue }
            for link in repository.layers.lazy.filter({ !retained.contains($0.number) }).prefix(Self.droppedForTrial) {
                let key = plan.graph.table.key(link.number)
                guard let digest = Digest(key.description), await registry.makeRemembered(digest, in: name) else { continue }
                do throws(Errno) {
                    try keepInTrash(key, repository.name)
                } catch  where error == .noSuchFile {
                    continue
                } catch {
                    // No link can go, so that none is asked for.
                    return nil
                }
                guard await registry.unlinkBlob(digest, in: name) == .unlinked else { continue }
                let answer = await registry.isBelievedIn(digest, in: name)
                do throws(Errno) {
                    // Where it does not come back, a push has written the link anew.
                    _ = try Trash(root: root).putBack(item(key, of: repository.name))
                } catch {
                    // The link was to go anyway, and stands in the trash.
                    return false
                }
                if answer != false { return false }
                tried += 1
                if tried == Self.droppedForTrial { return true }
            }
        }
        return tried > 0 ? true : nil
    }

    /// A layer's link in the trash.
    private func item(_ key: BlobKey, of name: EntryName) -> Trash.Item {
        Trash.Item(
            trashed: RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(layer: key, of: name)),
            original: RegistryLayout.layer(key, of: name),
            key: key
        )
    }

    /// Says whether the registry deletes links when asked: it is asked for one that cannot be there.
    ///
    /// No dry run asks: a request to delete is none that only looks.
    func canUnlink(_ registry: any RunningRegistry) async -> Bool {
        guard let digest = Digest("sha256:" + String(repeating: "0", count: 64)),
            let name = plan.graph.scan.repositories.lazy.compactMap({ Self.text($0.name) }).first
        else { return false }
        return await registry.unlinkBlob(digest, in: name) == .unknown
    }

    /// Removes the plan's layer links; returns what must stay because its link stayed.
    func unlink(_ strategy: LayerLinkStrategy, _ needed: Set<DigestNumber>, _ report: inout SweepReport) async -> Set<DigestNumber> {
        var retained: Set<DigestNumber> = []
        let registry: any RunningRegistry
        switch strategy {
        case .registry(let running): registry = running
        case .disk, .leave:
            let count = plan.count(of: .layerLink)
            if count > 0 {
                let subject = count == 1 ? "1 layer link stays" : "\(count) layer links stay"
                var reason = "the registry may remember what they name, and does not allow deletes"
                if case .leave(.notAsked) = strategy { reason = "a registry that cannot be asked may remember what they name" }
                if case .leave(.rememberedElsewhere) = strategy {
                    reason = "one of several processes at the registry's address remembers what another dropped"
                }
                report.postponed.append("\(subject): \(reason)")
            }
            return Set(plan.repositories.lazy.flatMap(\.layers).map(\.number))
        }
        let scratch = WalkerScratch()
        for repository in plan.repositories where !repository.layers.isEmpty {
            do throws(RegistryStorageError) {
                var named = needed
                for key in try watch.everythingNamed(in: repository.name, scratch) {
                    if let number = plan.graph.table.find(key) { named.insert(number) }
                }
                retained.formUnion(await unlink(repository, registry, named, &report))
                // As on the disk: what a push has named while the links went comes back at once.
                try PushRescue(plan: plan, run: run, watch: watch).rescue(repository.name, scratch, &report)
            } catch {
                report.failures.append(.init(path: RegistryLayout.repository(repository.name), error))
                for link in repository.layers { retained.insert(link.number) }
            }
        }
        return retained
    }

    private func unlink(
        _ repository: SweepPlan.Repository,
        _ registry: any RunningRegistry,
        _ needed: Set<DigestNumber>,
        _ report: inout SweepReport
    ) async -> Set<DigestNumber> {
        var retained: Set<DigestNumber> = []
        var links: [SweepPlan.Link] = []
        for link in repository.layers {
            if needed.contains(link.number) {
                report.spared.append(RegistryLayout.layer(plan.graph.table.key(link.number), of: repository.name))
                retained.insert(link.number)
            } else {
                links.append(link)
            }
        }
        // Each is a request of its own, so many at a time.
        await withTaskGroup(of: (link: SweepPlan.Link, isGone: Bool, report: SweepReport).self) { group in
            var rest = links[...]
            var underWay = 0
            while true {
                while underWay < max(options.jobs, 1), !Task.isCancelled, let link = rest.popFirst() {
                    underWay += 1
                    group.addTask {
                        var report = SweepReport()
                        let isGone = await unlink(link, repository, registry, &report)
                        return (link, isGone, report)
                    }
                }
                guard let done = await group.next() else { break }
                underWay -= 1
                report.add(done.report)
                if !done.isGone { retained.insert(done.link.number) }
            }
            if !rest.isEmpty { report.isInterrupted = true }
            for link in rest { retained.insert(link.number) }
        }
        return retained
    }

    private func unlink(
        _ link: SweepPlan.Link,
        _ repository: SweepPlan.Repository,
        _ registry: any RunningRegistry,
        _ report: inout SweepReport
    ) async -> Bool {
        let key = plan.graph.table.key(link.number)
        let path = RegistryLayout.layer(key, of: repository.name)
        guard let name = Self.text(repository.name), let digest = Digest(key.description) else { return false }
        do throws(Errno) {
            let buffer = PathBuffer()
            if link.stamp.inode != 0, try root.calls.status(buffer.path(path), in: root.number).stamp != link.stamp {
                report.spared.append(path)
                return false
            }
            try keepInTrash(key, repository.name)
        } catch  where error == .noSuchFile {
            return true
        } catch {
            report.failures.append(.init(path: path, error: error))
            return false
        }
        switch await registry.unlinkBlob(digest, in: name) {
        case .unlinked:
            return removeRemains(path, &report)
        case .unknown, .notAllowed:
            report.postponed.append("'\(path)' stays: the registry did not drop it")
            return false
        case .failed(let reason):
            report.postponed.append("'\(path)' stays: \(reason)")
            return false
        }
    }

    /// Makes sure that the link is gone, and removes its directory.
    private func removeRemains(_ path: EntryName, _ report: inout SweepReport) -> Bool {
        let buffer = PathBuffer()
        do throws(Errno) {
            _ = try root.calls.status(buffer.path(path), in: root.number)
            report.postponed.append("'\(path)' stays: the registry says that it dropped it, and it is still there")
            return false
        } catch  where error == .noSuchFile {
            report.count(.layerLink)
        } catch {
            report.failures.append(.init(path: path, error: error))
            return false
        }
        do throws(Errno) {
            try root.calls.removeDirectory(buffer.path(path.parent), in: root.number)
        } catch  where error == .noSuchFile || error == .directoryNotEmpty || error == .fileExists {
            return true
        } catch {
            report.failures.append(.init(path: path.parent, error: error))
        }
        return true
    }

    /// Gives the link a second name in the trash, so that what the registry drops can be put back.
    ///
    /// A second name and no copy: it remains the version that was planned, by which a link that a push writes meanwhile is recognised.
    private func keepInTrash(_ key: BlobKey, _ repository: EntryName) throws(Errno) {
        let target = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(layer: key, of: repository))
        let (path, place) = (PathBuffer(), PathBuffer())
        try root.makeDirectories(target.parent)
        do throws(Errno) {
            try root.calls.link(path.path(RegistryLayout.layer(key, of: repository)), place.path(target), in: root.number)
        } catch  where error == .fileExists {
            return
        }
    }

    /// The blobs of the plan that are manifests: those of the graph, and those that look like one.
    func manifestsAmongBlobs() -> Set<BlobKey> {
        var manifests: Set<BlobKey> = []
        let scratch = WalkerScratch()
        var scanner = ManifestScanner()
        var unlinked = DigestSet(count: plan.graph.table.count)
        for repository in plan.repositories {
            for link in repository.layers { unlinked.insert(link.number) }
        }
        for blob in plan.blobs where blob.size >= 0 {
            let key = plan.key(of: blob)
            if plan.graph.catalog[blob.number] != nil {
                manifests.insert(key)
                continue
            }
            // A repository links it as a layer or config.
            if unlinked.contains(blob.number) { continue }
            guard blob.size <= Int64(WalkerScratch.largestManifest) else { continue }
            do throws(Errno) {
                let path = scratch.path.path(RegistryLayout.blob(key))
                guard let bytes = try scratch.readFile(root.calls, path, in: root.number), bytes.first == UInt8(ascii: "{") else {
                    continue
                }
                if scanner.scan(bytes) == .understood, scanner.isUnknownType, scanner.blobs.isEmpty { continue }
                manifests.insert(key)
            } catch {
                // What cannot be read may be one.
                manifests.insert(key)
            }
        }
        return manifests
    }

    /// The name as the registry's address has it; `nil` where it cannot be one.
    private static func text(_ name: EntryName) -> String? {
        name.isRepositoryName ? String(decoding: name.bytes, as: UTF8.self) : nil
    }
}
