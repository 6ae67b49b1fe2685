/// Follows every tag and every manifest to the last blob, and says what is missing, damaged or useless.
///
/// Shares no code with the marker: it reads with its own JSON reader, keeps its own sets, and asks every blob for its size.
package struct StorageChecker: Sendable {
    /// How much is looked at.
    package enum Depth: Sendable {
        /// What a sweep could have broken: whether all that is named is there. Links of manifests and layers are asked for their size and not
        /// read, and what is merely useless is not looked for.
        case afterSweep
        /// Every link is read, every blob asked for its size, and everything that nothing needs is found.
        case sizes
        /// As well, every blob is read and its digest computed.
        case digests
    }

    private let root: StorageRoot
    private let jobs: Int
    private let depth: Depth
    private let uploadsOlderThan: Int64
    private let now: Int64
    private let foreseen: ForeseenChanges?

    /// Takes a store, and what a plan would change where it is asked for what would be left.
    ///
    /// What is broken is what the check after the plan's execution would find broken; the rest of the report is about the store as it is.
    init(root: StorageRoot, jobs: Int, foreseen: ForeseenChanges) {
        self.root = root
        self.jobs = jobs
        self.foreseen = foreseen
        (depth, uploadsOlderThan, now) = (.afterSweep, .max, .max)
    }

    /// Takes a store.
    ///
    /// Uploads older than the given nanoseconds at `now` are stale.
    package init(root: StorageRoot, jobs: Int, depth: Depth = .sizes, uploadsOlderThan: Int64 = .max, now: Int64 = .max) {
        self.root = root
        self.jobs = jobs
        self.depth = depth
        self.uploadsOlderThan = uploadsOlderThan
        self.now = now
        foreseen = nil
    }

    private struct BlobList: Sendable {
        var sizes = BlobSizes()
        var problems: [StorageProblem] = []
    }

    /// Looks at the whole store.
    ///
    /// Nothing is changed.
    package func check() async throws -> CheckReport {
        let blobs = try await listBlobs()
        let sizes = blobs.sizes
        var names: [EntryName] = []
        var report = CheckReport()
        findRepositories(EntryName(bytes: []), &names, &report.problems)
        if let foreseen { names.removeAll { foreseen.removes(repository: $0) } }
        report.problems += blobs.problems
        report.repositories = names.count
        report.blobs = sizes.count
        report.bytes = sizes.bytes
        let held = try await readHeld(&report.problems)
        let (root, found, depth, uploadsOlderThan, now, foreseen) = (root, names, depth, uploadsOlderThan, now, foreseen)
        let parts = try await WorkShare.run(units: found.count, jobs: jobs) { share in
            let scratch = WalkerScratch()
            var part = (report: CheckReport(), owners: PlaceOwners(count: sizes.count), largestTags: LargestTags(), named: Set<Int>())
            while let unit = try share.take() {
                var check = RepositoryCheck(
                    root: root,
                    name: found[unit],
                    number: unit,
                    sizes: sizes,
                    depth: depth,
                    foreseen: foreseen,
                    held: held?.repositories[found[unit]]?.layers,
                    isHeldKnown: held != nil,
                    scratch: scratch
                )
                swap(&check.owners, &part.owners)
                swap(&check.largestTags, &part.largestTags)
                check.run(uploadsOlderThan: uploadsOlderThan, now: now)
                swap(&check.owners, &part.owners)
                swap(&check.largestTags, &part.largestTags)
                part.named.formUnion(check.namedByUnlinked)
                part.report.problems += check.problems
                part.report.tags += check.tagCount
                part.report.manifests += check.manifestCount
            }
            return part
        }
        // Each list of owners is given up when it is added.
        var rest = consume parts
        var owners = rest.isEmpty ? PlaceOwners(count: sizes.count) : PlaceOwners(count: 0)
        var largestTags = LargestTags()
        var named: Set<Int> = []
        let first = rest.indices.last
        while let part = rest.popLast() {
            report.problems += part.report.problems
            report.tags += part.report.tags
            report.manifests += part.report.manifests
            if rest.endIndex == first { owners = part.owners } else { owners.formUnion(part.owners) }
            largestTags.formUnion(part.largestTags)
            named.formUnion(part.named)
        }
        report.use = BlobUse(names: names, owners: owners, sizes: sizes, largestTags: largestTags)
        if depth != .afterSweep, report.tags == 0, report.manifests == 0, sizes.count > 0,
            !report.problems.contains(where: { $0.kind == .emptyRevision || $0.kind == .unreadable })
        {
            report.problems.append(
                StorageProblem(
                    .noRepository,
                    RegistryLayout.repositories,
                    breaksImages: true,
                    "no repository has a tag or a manifest, but there are blobs (\(sizes.count)): the directory may be missing, moved or not "
                        + "mounted"
                )
            )
        }
        if depth != .afterSweep {
            let namesAreKnown = held != nil && !report.problems.contains(where: mayNameBlobs)
            sizes.forEach { place, key, size in
                if owners[place] != .nobody || named.contains(place) || (size >= 0 && !namesAreKnown) { return }
                if size >= 0, held?.blobs.contains(key) == true { return }
                let (kind, message) =
                    size < 0
                    ? (StorageProblem.Kind.emptyBlob, "the blob's directory holds no data")
                    : (.unreferencedBlob, "nothing names the blob of \(size) bytes")
                report.problems.append(StorageProblem(kind, RegistryLayout.blob(key), breaksImages: false, message))
            }
        }
        report.problems.sort()
        return report
    }

    /// Reads what the trash needs, which is not useless before its period is over; `nil` where that cannot be read.
    ///
    /// After a sweep nothing useless is looked for. StorageInvariants.md, line T1.
    private func readHeld(_ problems: inout [StorageProblem]) async throws -> HeldReferences? {
        if depth == .afterSweep { return HeldReferences() }
        do {
            return try await HeldReferences.read(root, now: now, period: 0, jobs: jobs)
        } catch let error as CancellationError {
            throw error
        } catch {
            problems.append(
                StorageProblem(.unreadable, RegistryLayout.trash, breaksImages: false, "the trash cannot be searched: \(error)")
            )
            return nil
        }
    }

    /// Says whether what a problem is about may name blobs that nobody else names: what cannot be read, or what is not followed.
    private func mayNameBlobs(_ problem: StorageProblem) -> Bool {
        if problem.kind == .unreadable { return problem.breaksImages }
        guard problem.kind == .unknownEntry, problem.path.isBeneath(RegistryLayout.repositories) else { return false }
        do throws(Errno) {
            return try root.kind(of: problem.path, PathBuffer()) != .file
        } catch {
            // What cannot be asked may be anything.
            return true
        }
    }

    /// Looks once more where images lack something, and leaves out what is not so any more: while a registry runs, a push writes blobs, links and
    /// manifests one after the other, so that one look meets them half done.
    package func confirm(_ report: CheckReport) async throws -> CheckReport {
        guard !report.broken.isEmpty else { return report }
        // Blobs need not all be read again: only those whose content is wrong.
        let second =
            foreseen.map { StorageChecker(root: root, jobs: jobs, foreseen: $0) }
            ?? StorageChecker(root: root, jobs: jobs, depth: depth == .digests ? .sizes : depth)
        let again = Set(try await second.check().broken)
        var report = report
        let scratch = WalkerScratch()
        report.problems.removeAll { problem in
            guard problem.breaksImages, !again.contains(problem) else { return false }
            guard depth == .digests, let key = BlobKey(ofBlob: problem.path) else { return true }
            return !isWrong(key, problem, scratch)
        }
        return report
    }

    /// Says whether the content of a blob is wrong, as a problem says.
    private func isWrong(_ key: BlobKey, _ problem: StorageProblem, _ scratch: WalkerScratch) -> Bool {
        var list = BlobList()
        do throws(Errno) {
            let directory = try root.calls.openDirectory(scratch.path.path(RegistryLayout.blobDirectory(key.prefix)), in: root.number)
            verify(key, directory.number, scratch, &list)
        } catch  where error == .noSuchFile {
            return false
        } catch {
            return true
        }
        return list.problems.contains(problem)
    }

    // MARK: Blobs

    private func listBlobs() async throws -> BlobList {
        let prefixes: [EntryName]
        do {
            prefixes = try root.entries(of: RegistryLayout.blobs)
        } catch {
            var list = BlobList()
            list.sizes.order()
            list.problems = [unreadable(RegistryLayout.blobs, error)]
            return list
        }
        let lists = try await WorkShare.run(units: prefixes.count, jobs: jobs) { share in
            var list = BlobList()
            let scratch = WalkerScratch()
            while let unit = try share.take() { listBlobs(prefixes[unit], scratch, &list) }
            return list
        }
        var all = BlobList()
        for list in lists {
            all.sizes.add(list.sizes)
            all.problems += list.problems
        }
        all.sizes.order()
        return all
    }

    private func listBlobs(_ prefix: EntryName, _ scratch: WalkerScratch, _ list: inout BlobList) {
        let path = RegistryLayout.blobs.appending(prefix)
        let first = UInt8(String(decoding: prefix.bytes, as: UTF8.self), radix: 16).flatMap { EntryName(hexOf: $0) == prefix ? $0 : nil }
        var found: [(key: BlobKey, size: Int64)] = []
        // What was listed before something failed is there.
        defer { if let first { list.sizes.add(found, beginningWith: first) } }
        do throws(Errno) {
            let directory = try root.calls.openDirectory(scratch.path.path(path), in: root.number)
            try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                guard let key = BlobKey(hex: entry.bytes), key.prefix == first else {
                    list.problems.append(unknownEntry(path.appending(EntryName(entry))))
                    return
                }
                do throws(Errno) {
                    let status = try root.calls.status(scratch.path.blobFile(key), in: directory.number)
                    found.append((key, status.size))
                    if status.kind != .file { list.problems.append(unknownEntry(RegistryLayout.blob(key))) }
                } catch  where error == .noSuchFile {
                    return found.append((key, BlobSizes.missing))
                } catch  where error == .notADirectory {
                    list.problems.append(unknownEntry(path.appending(EntryName(entry))))
                    return
                }
                if depth == .digests { verify(key, directory.number, scratch, &list) }
            }
        } catch  where error == .notADirectory {
            list.problems.append(unknownEntry(path))
        } catch {
            list.problems.append(unreadable(path, error))
        }
    }

    private func verify(_ key: BlobKey, _ directory: Int32, _ scratch: WalkerScratch, _ list: inout BlobList) {
        let path = RegistryLayout.blob(key)
        do throws(Errno) {
            let file = try root.calls.openFile(scratch.path.blobFile(key), in: directory)
            var hash = BlobHash()
            while true {
                let piece = try scratch.readPiece(root.calls, file)
                if piece.isEmpty { break }
                hash.update(piece)
            }
            let found = hash.finish()
            if found != key {
                list.problems.append(
                    StorageProblem(
                        .corruptBlob,
                        path,
                        breaksImages: true,
                        "the content's digest is \(found), and a push does not replace it"
                    )
                )
            }
        } catch {
            list.problems.append(unreadable(path, error))
        }
    }

    // MARK: Repositories

    private func findRepositories(_ name: EntryName, _ names: inout [EntryName], _ problems: inout [StorageProblem]) {
        let path = name.bytes.isEmpty ? RegistryLayout.repositories : RegistryLayout.repository(name)
        do throws(Errno) {
            var isRepository = false
            var nested: [EntryName] = []
            for entry in try root.entries(of: path).sorted() {
                if RegistryLayout.isInternal(entry) { isRepository = true } else { nested.append(entry) }
            }
            if isRepository { names.append(name) }
            if !isRepository, nested.isEmpty, !name.bytes.isEmpty {
                problems.append(StorageProblem(.emptyRepository, path, breaksImages: false, "the directory is empty"))
            }
            for entry in nested { findRepositories(name.appending(entry), &names, &problems) }
        } catch  where error == .notADirectory {
            problems.append(unknownEntry(path))
        } catch {
            problems.append(unreadable(path, error))
        }
    }

    private func unknownEntry(_ path: EntryName) -> StorageProblem {
        StorageProblem(.unknownEntry, path, breaksImages: false, "the entry is not one that a registry makes")
    }

    private func unreadable(_ path: EntryName, _ error: Errno) -> StorageProblem {
        StorageProblem(.unreadable, path, breaksImages: true, "it cannot be read: \(error)")
    }
}
