/// What runs took out of a store and may still be brought back.
package struct Trash: Sendable {
    /// What one run took out.
    package struct Run: Sendable, Comparable {
        /// The name of the run's directory: when it began, for how many seconds its things are kept, and the process.
        package let name: EntryName
        /// When the run began, in nanoseconds since 1970.
        package let started: Int64
        /// How long its things are kept, in nanoseconds.
        package let period: Int64

        /// The latest moment and the longest period that a name can say, in seconds.
        private static let longest: Int64 = 9_000_000_000

        /// A name for a run that begins now.
        package init(started: Int64, period: Int64, process: Int32) {
            let seconds = min(max(started / 1_000_000_000, 0), Self.longest)
            // What is kept for ever is kept for as long as a name can say; a part of a second is kept as a whole one.
            let period = min(max(period / 1_000_000_000 + (period % 1_000_000_000 > 0 ? 1 : 0), 0), Self.longest)
            self.started = seconds * 1_000_000_000
            self.period = period * 1_000_000_000
            name = EntryName("\(seconds)-\(period)-\(process)")
        }

        init?(name: EntryName) {
            let parts = String(decoding: name.bytes, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, let seconds = Int64(parts[0]), let period = Int64(parts[1]), Int32(parts[2]) != nil,
                (0...Self.longest).contains(seconds), (0...Self.longest).contains(period)
            else { return nil }
            self.name = name
            started = seconds * 1_000_000_000
            self.period = period * 1_000_000_000
        }

        /// When its period is over, in nanoseconds since 1970.
        var end: Int64 {
            let (sum, overflow) = started.addingReportingOverflow(period)
            return overflow ? .max : sum
        }

        /// Says whether its things may be deleted.
        ///
        /// A run of the future is not over.
        func isOver(at now: Int64) -> Bool { now >= started && now - started >= period }

        package static func < (left: Run, right: Run) -> Bool { (left.started, left.name) < (right.started, right.name) }
    }

    /// One thing in the trash, and where it was.
    struct Item: Sendable {
        /// Its path in the trash, relative to the root of the store.
        let trashed: EntryName
        /// Where it was.
        let original: EntryName
        let key: BlobKey?
    }

    let root: StorageRoot

    /// The trash of a store.
    package init(root: StorageRoot) {
        self.root = root
    }

    /// A run that begins now, with a name that no other has.
    ///
    /// In a container every process has the same number, and stages may begin within one second: then the next number is taken. The caller holds the
    /// `StorageLock`, so that nobody else takes it.
    func newRun(started: Int64, period: Int64, process: Int32) -> Run {
        let path = PathBuffer()
        var number = process
        while true {
            let run = Run(started: started, period: period, process: number)
            do throws(Errno) {
                _ = try root.calls.status(path.path(RegistryLayout.trash(of: run.name)), in: root.number)
            } catch {
                // It is not there; where it cannot be asked, making it will fail as well.
                return run
            }
            number = number == .max ? 1 : number + 1
        }
    }

    /// The runs that left something, the oldest first.
    package func runs() throws(Errno) -> [Run] {
        var runs: [Run] = []
        let scratch = WalkerScratch()
        do throws(Errno) {
            let directory = try root.calls.openDirectory(scratch.path.path(RegistryLayout.trash), in: root.number)
            try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                if entry.kind == .directory, let run = Run(name: EntryName(entry)) { runs.append(run) }
            }
        } catch  where error == .noSuchFile {
            return []
        }
        return runs.sorted()
    }

    /// Those of the blobs that a run took out; of several, the one of the latest run that is no damaged manifest: one that is brought back keeps a
    /// push from writing it anew.
    func blobs(among keys: Set<BlobKey>) throws(Errno) -> [Item] {
        var items: [Item] = []
        var wanted = keys
        let path = PathBuffer()
        let scratch = WalkerScratch()
        for run in try runs().reversed() {
            for key in wanted.sorted() {
                let trashed = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(blob: key))
                guard try root.kind(of: trashed, path) == .file else { continue }
                if try BlobHash.isDamagedText(key, at: trashed, root, scratch) { continue }
                items.append(Item(trashed: trashed, original: RegistryLayout.blob(key), key: key))
                wanted.remove(key)
            }
        }
        return items
    }

    /// The latest copy of a blob whose content is what its digest names; `nil` where no run has one.
    func soundCopy(of key: BlobKey, _ scratch: WalkerScratch) throws(Errno) -> Item? {
        for run in try runs().reversed() {
            let trashed = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(blob: key))
            if try BlobHash.isSound(key, at: trashed, root, scratch) {
                return Item(trashed: trashed, original: RegistryLayout.blob(key), key: key)
            }
        }
        return nil
    }

    /// Those blobs of all runs that a condition chooses; of several, the one of the latest run that is no damaged manifest.
    func blobs(where isWanted: (BlobKey) -> Bool) throws(Errno) -> [Item] {
        var items: [Item] = []
        var found: Set<BlobKey> = []
        let (scratch, other) = (WalkerScratch(), WalkerScratch())
        for run in try runs().reversed() {
            let top = RegistryLayout.trash(of: run.name).appending(RegistryLayout.blobs)
            for prefix in try root.entries(of: top).sorted() {
                let directory = try root.calls.openDirectory(scratch.path.path(top.appending(prefix)), in: root.number)
                try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                    guard entry.kind == .file, let key = BlobKey(hex: entry.bytes), isWanted(key), !found.contains(key) else { return }
                    let trashed = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(blob: key))
                    if try BlobHash.isDamagedText(key, at: trashed, root, other) { return }
                    found.insert(key)
                    items.append(Item(trashed: trashed, original: RegistryLayout.blob(key), key: key))
                }
            }
        }
        return items
    }

    /// Puts one thing back where it was; says whether it did, which it does not where something new is in its place, or where it is not in the
    /// trash.
    func putBack(_ item: Item) throws(Errno) -> Bool {
        let path = PathBuffer()
        do throws(Errno) {
            do throws(Errno) {
                try root.rename(item.trashed, to: item.original)
            } catch  where error == .noSuchFile {
                // Either is not there: the thing, or the directory that it lay in.
                _ = try root.calls.status(path.path(item.trashed), in: root.number)
                try root.makeDirectories(item.original.parent)
                try root.rename(item.trashed, to: item.original)
            }
            return true
        } catch  where error == .fileExists || error == .directoryNotEmpty {
            return false
        } catch  where error == .noSuchFile {
            return false
        }
    }

    /// Says whether anything of a run can be put back: directories alone are nothing.
    package func holdsAnything(_ run: Run) throws(Errno) -> Bool {
        let scratch = WalkerScratch()
        var pending = [RegistryLayout.trash(of: run.name)]
        while let path = pending.popLast() {
            var isFound = false
            do throws(Errno) {
                let directory = try root.calls.openDirectory(scratch.path.path(path), in: root.number)
                try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                    if entry.kind == .directory { pending.append(path.appending(EntryName(entry))) } else { isFound = true }
                }
            } catch  where error == .noSuchFile {
                continue
            }
            if isFound { return true }
        }
        return false
    }

    /// Removes the directories of a run that took nothing out in the end; says whether it did.
    func removeIfEmpty(_ run: Run) throws(Errno) -> Bool {
        if try holdsAnything(run) { return false }
        var remover = TreeRemover(root: root)
        remover.removeDirectories(RegistryLayout.trash(of: run.name))
        if let error = remover.failures.first?.error { throw error }
        return true
    }

    /// What a deletion did.
    struct Deletion: Sendable {
        /// What could not be removed.
        var failures: [SweepReport.Failure] = []
        /// The bytes that went, where they are counted.
        var bytes: Int64 = 0
        /// Whether the task was cancelled before everything was taken in hand.
        var isInterrupted = false

        /// Whether what comes next may go.
        var goesOn: Bool { failures.isEmpty && !isInterrupted }

        mutating func add(_ other: Deletion) {
            failures += other.failures
            bytes += other.bytes
            isInterrupted = isInterrupted || other.isInterrupted
        }

        mutating func add(_ remover: TreeRemover) {
            failures += remover.failures
            bytes += remover.bytes
        }
    }

    /// Deletes what a run took out: tags and links first, as on the way out, so that what is left of a deletion that was stopped names no blob
    /// that is gone.
    ///
    /// `measures` counts the bytes of the blobs and uploads, which takes a call for each. What a cancellation or a failure leaves is said by what is
    /// returned, and never thrown: what went is gone.
    func delete(_ run: Run, jobs: Int, measures: Bool = false) async throws -> Deletion {
        let path = RegistryLayout.trash(of: run.name)
        let (links, blobs) = (path.appending(RegistryLayout.repositories), path.appending(RegistryLayout.blobs))
        var deletion = try await delete(repositories(beneath: links), jobs: jobs, measures: measures)
        guard deletion.goesOn else { return deletion }
        // What was not among them: the directories above.
        var remover = TreeRemover(root: root, measures: measures)
        remover.remove(links)
        deletion.add(remover)
        guard deletion.goesOn else { return deletion }
        let prefixes: [EntryName]
        do throws(Errno) {
            prefixes = try root.entries(of: blobs)
        } catch {
            deletion.failures.append(.init(path: blobs, error: error))
            return deletion
        }
        deletion.add(try await delete(prefixes.map { blobs.appending($0) }, jobs: jobs, measures: measures))
        guard deletion.goesOn else { return deletion }
        var rest = TreeRemover(root: root, measures: measures)
        rest.remove(path)
        deletion.add(rest)
        return deletion
    }

    private func delete(_ paths: [EntryName], jobs: Int, measures: Bool) async throws -> Deletion {
        let parts = try await WorkShare.run(units: paths.count, jobs: jobs) { share -> Deletion in
            var remover = TreeRemover(root: root, measures: measures)
            var deletion = Deletion()
            do {
                while let unit = try share.take() { remover.remove(paths[unit]) }
            } catch {
                // Cancelled: what went is reported, and what follows does not happen.
                deletion.isInterrupted = true
            }
            deletion.add(remover)
            return deletion
        }
        return parts.reduce(into: Deletion()) { $0.add($1) }
    }

    /// Says whether the directory of a run is there.
    func isThere(_ run: Run) throws(Errno) -> Bool { try root.kind(of: RegistryLayout.trash(of: run.name), PathBuffer()) != nil }

    /// The bytes of the blobs and uploads that a run took out, but for what lies at some paths.
    func bytes(of run: Run, without returning: Set<EntryName> = []) throws(Errno) -> Int64 {
        let scratch = WalkerScratch()
        var pending = [RegistryLayout.trash(of: run.name)]
        var bytes: Int64 = 0
        while let path = pending.popLast() {
            do throws(Errno) {
                let directory = try root.calls.openDirectory(scratch.path.path(path), in: root.number)
                let content = RegistryLayout.content(of: path)
                try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                    if entry.kind == .directory { return pending.append(path.appending(EntryName(entry))) }
                    guard content.counts(entry.bytes), returning.isEmpty || !returning.contains(path.appending(EntryName(entry))) else {
                        return
                    }
                    let status = try root.calls.status(entry.name, in: directory.number)
                    if status.kind == .file, status.linkCount < 2 { bytes += status.size }
                }
            } catch  where error == .noSuchFile {
                continue
            }
        }
        return bytes
    }

    /// The directories of a run's trash that hold a repository's own things; none beneath what cannot be listed, which is met again when all goes.
    private func repositories(beneath top: EntryName) -> [EntryName] {
        var found: [EntryName] = []
        var pending = [top]
        while let path = pending.popLast() {
            do throws(Errno) {
                let entries = try root.entries(of: path)
                // What lies in a repository's directory beneath longer names goes with it.
                if entries.contains(where: { RegistryLayout.isInternal($0) }) {
                    found.append(path)
                } else {
                    pending += entries.map { path.appending($0) }
                }
            } catch {
                continue
            }
        }
        return found
    }
}
