/// Lists the blobs of a store, each directory once, and picks those that nothing names.
struct BlobPlanner {
    let graph: StoreGraph
    let policy: CollectionPolicy

    /// What goes from one directory.
    private struct Candidates: Sendable {
        /// Blobs that something named, and blobs that nothing named, not even what goes; those have no number yet.
        typealias Both = (named: [SweepPlan.Blob], orphans: [(key: BlobKey, size: Int64)])

        let unit: Int
        let content: Content

        enum Content: Sendable {
            case ordered(BlobList.Directory)
            case unordered(Both)
        }
    }

    private struct Part: Sendable {
        var candidates: [Candidates] = []
        var staying = StayingBlobs()
        var count = 0
        var problems: [StorageProblem] = []
        var youngCount = 0
        /// How many would go but for what lies in the trash.
        var heldCount = 0
        /// The numbers of the blobs that were listed.
        var listed: DigestSet
    }

    /// Adds to the plan the blobs that go: of all that nothing names, or only of those that the removed things named.
    ///
    /// What is in `held` stays as well, but is not looked for in the trash: it is needed only by what lies there. Returns the numbers of the blobs
    /// that were listed.
    func plan(live: DigestSet, held: Set<BlobKey>, freed: DigestSet, into plan: inout SweepPlan) async throws -> DigestSet {
        let (prefixes, problems) = listPrefixes()
        plan.problems += problems
        let onlyFreed = policy.deletion != nil
        // Without a repository every blob would go: that is a directory that is not there rather than garbage (line H5). What is asked for by
        // name frees only what it named.
        let isBare = !onlyFreed && !graph.scan.holdsImages
        let isForbidden = !plan.unlistable.isEmpty || isBare || (!onlyFreed && !graph.scan.isMatched(by: policy))
        let parts = try await WorkShare.run(units: prefixes.count, jobs: policy.jobs) { share in
            let scratch = WalkerScratch()
            var part = Part(listed: DigestSet(count: graph.table.count))
            var found: Candidates.Both = ([], [])
            while let unit = try share.take() {
                found.named.removeAll(keepingCapacity: true)
                found.orphans.removeAll(keepingCapacity: true)
                list(prefixes[unit], live, held, onlyFreed ? freed : nil, isForbidden: isForbidden, scratch, &found, &part)
                if found.orphans.isEmpty {
                    if found.named.isEmpty { continue }
                    part.candidates.append(Candidates(unit: unit, content: .ordered(directory(&found.named))))
                } else {
                    // Copies of their own have no room to spare.
                    let exact = (found.named.withUnsafeBufferPointer { Array($0) }, found.orphans.withUnsafeBufferPointer { Array($0) })
                    part.candidates.append(Candidates(unit: unit, content: .unordered(exact)))
                }
            }
            return part
        }
        if policy.measuresUse { plan.staying = StayingBlobs() }
        var listed = DigestSet(count: graph.table.count)
        for part in parts {
            listed.formUnion(part.listed)
            plan.staying?.add(part.staying)
            plan.blobCount += part.count
            plan.problems += part.problems
            plan.youngBlobs += part.youngCount
            plan.held.blobs += part.heldCount
        }
        plan.setBlobs(directories(of: consume parts))
        if isBare, plan.unlistable.isEmpty, plan.blobCount > 0 {
            plan.problems.append(
                StorageProblem(
                    .noRepository,
                    RegistryLayout.repositories,
                    breaksImages: true,
                    "no repository has a tag or a manifest, but there are blobs (\(plan.blobCount)): no blob goes, because the directory may be "
                        + "missing, moved or not mounted"
                )
            )
        }
        findInTrash(live, &plan)
        return listed
    }

    /// Gives the blobs their numbers that have none, and each directory its order.
    private func directories(of parts: consuming [Part]) -> BlobList {
        var candidates = parts.flatMap(\.candidates)
        parts = []
        candidates.sort { $0.unit > $1.unit }
        var directories: [BlobList.Directory] = []
        // Each is given up when it has become shorter.
        while let next = candidates.popLast() {
            switch next.content {
            case .ordered(let blobs): directories.append(blobs)
            case .unordered((var blobs, let orphans)):
                // The tasks that look numbers up have ended.
                for orphan in orphans { blobs.append(.init(number: graph.table.intern(orphan.key), size: orphan.size)) }
                directories.append(directory(&blobs))
            }
        }
        return BlobList(directories)
    }

    private func directory(_ blobs: inout [SweepPlan.Blob]) -> BlobList.Directory {
        let table = graph.table
        blobs.sort { table.key($0.number) < table.key($1.number) }
        return BlobList.Directory(blobs)
    }

    private func listPrefixes() -> ([UInt8], [StorageProblem]) {
        var prefixes: [UInt8] = []
        var problems: [StorageProblem] = []
        let scratch = WalkerScratch()
        do {
            let directory = try graph.root.calls.openDirectory(scratch.path.path(RegistryLayout.blobs), in: graph.root.number)
            try graph.root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                let text = String(decoding: entry.bytes, as: UTF8.self)
                let isHex = entry.count == 2 && entry.bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
                if isHex, entry.kind == .directory, let prefix = UInt8(text, radix: 16) {
                    prefixes.append(prefix)
                } else if entry.kind != .file {
                    problems.append(unknown(RegistryLayout.blobs.appending(EntryName(entry))))
                }
            }
        } catch  where error == .noSuchFile {
            return ([], problems)
        } catch {
            problems.append(unlistable(RegistryLayout.blobs, error))
        }
        return (prefixes.sorted(), problems)
    }

    private func unknown(_ path: EntryName) -> StorageProblem {
        StorageProblem(.unknownEntry, path, breaksImages: false, "the entry is not one that a registry makes; it is left alone")
    }

    private func unlistable(_ path: EntryName, _ error: Errno) -> StorageProblem {
        StorageProblem(.unreadable, path, breaksImages: true, "the blobs cannot be listed: \(error)")
    }

    private func list(
        _ prefix: UInt8,
        _ live: DigestSet,
        _ held: Set<BlobKey>,
        _ only: DigestSet?,
        isForbidden: Bool,
        _ scratch: WalkerScratch,
        _ found: inout Candidates.Both,
        _ part: inout Part
    ) {
        let path = RegistryLayout.blobDirectory(prefix)
        let calls = graph.root.calls
        do {
            let directory = try calls.openDirectory(scratch.path.path(path), in: graph.root.number)
            try calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                guard entry.kind == .directory, let key = BlobKey(hex: entry.bytes), key.prefix == prefix else {
                    part.problems.append(unknown(path.appending(EntryName(entry))))
                    return
                }
                part.count += 1
                let number = graph.table.find(key)
                if let number { part.listed.insert(number) }
                let isLive = number.map { live.contains($0) } ?? false
                let isChosen = only.map { only in number.map { only.contains($0) } ?? false } ?? true
                let isHeld = !isLive && !held.isEmpty && held.contains(key)
                if isHeld, isChosen, !isForbidden { part.heldCount += 1 }
                let isNeeded = isLive || isHeld
                guard !isForbidden, !isNeeded, isChosen,
                    let size = try sizeOfCandidate(key, directory.number, scratch, &part.problems, &part.youngCount)
                else {
                    measure(key, number, directory.number, scratch, &part.staying)
                    return
                }
                if let number {
                    found.named.append(.init(number: number, size: size))
                } else {
                    found.orphans.append((key, size))
                }
            }
        } catch {
            part.problems.append(unlistable(path, error))
        }
    }

    /// Notes the size of a blob that stays, where the policy wants it.
    private func measure(
        _ key: BlobKey,
        _ number: DigestNumber?,
        _ directory: Int32,
        _ scratch: WalkerScratch,
        _ staying: inout StayingBlobs
    ) {
        guard policy.measuresUse else { return }
        do throws(Errno) {
            let status = try graph.root.calls.status(scratch.path.blobFile(key), in: directory)
            if status.kind == .file { staying.add(number, status.size) }
        } catch {
            // What is not there has no bytes, and what cannot be asked is what a check reports; no decision hangs on it.
            return
        }
    }

    /// Notes the size of a blob that comes back from the trash, where the policy wants it.
    private func measure(_ item: Trash.Item, _ path: PathBuffer, _ staying: inout StayingBlobs?) {
        guard policy.measuresUse, let number = item.key.flatMap({ graph.table.find($0) }) else { return }
        do throws(Errno) {
            staying?.add(number, try graph.root.calls.status(path.path(item.trashed), in: graph.root.number).size)
        } catch {
            // As above.
            return
        }
    }

    /// What the disk gets back for a blob that may go, -1 where only its directory is left; `nil` where it is young or cannot be asked.
    private func sizeOfCandidate(
        _ key: BlobKey,
        _ directory: Int32,
        _ scratch: WalkerScratch,
        _ problems: inout [StorageProblem],
        _ youngCount: inout Int
    ) throws(Errno) -> Int64? {
        let isYoung = { (status: FileStatus, count: inout Int) in
            let isYoung = policy.isYoung(status.modified)
            if isYoung { count += 1 }
            return isYoung
        }
        do throws(Errno) {
            let status = try graph.root.calls.status(scratch.path.blobFile(key), in: directory)
            guard status.kind == .file else {
                problems.append(unknown(RegistryLayout.blob(key)))
                return nil
            }
            // A file with a second name goes, and the disk gets nothing back.
            return isYoung(status, &youngCount) ? nil : status.linkCount > 1 ? 0 : status.size
        } catch  where error == .noSuchFile {
            let status = try graph.root.calls.status(scratch.path.hexDirectory(key), in: directory)
            return isYoung(status, &youngCount) ? nil : -1
        } catch {
            problems.append(
                StorageProblem(.unreadable, RegistryLayout.blob(key), breaksImages: false, "the blob cannot be asked: \(error)")
            )
            return nil
        }
    }

    /// Looks in what earlier runs took out for blobs that are named and not in their place.
    ///
    /// The file itself is asked for, not its directory: a run that was killed may have left only that.
    private func findInTrash(_ live: DigestSet, _ plan: inout SweepPlan) {
        do throws(Errno) {
            let found = try Trash(root: graph.root).blobs { key in graph.table.find(key).map { live.contains($0) } ?? false }
            let path = PathBuffer()
            for item in found {
                guard try graph.root.kind(of: item.original, path) == nil else { continue }
                plan.restored.append(item)
                measure(item, path, &plan.staying)
            }
        } catch {
            plan.problems.append(
                StorageProblem(.unreadable, RegistryLayout.trash, breaksImages: true, "the trash cannot be searched: \(error)")
            )
        }
    }
}
