import OCI

/// Removes manifests' own blobs while a registry runs that may remember them, and leaves those that it does.
///
/// A manifest that is pushed while it is remembered is linked and not written (seen with 2.8.2), and nothing makes a registry forget it but a restart.
/// What is asked for in its place is remembered for it. So each is put beside, asked for, and put back where anybody believes in it or nobody can
/// tell. Nothing links it, so that nobody misses it meanwhile; what a push names in that time comes back by the looks that follow, and what a run
/// that was killed has put beside by the next one. StorageInvariants.md, lines H2 and H6.
struct RememberedManifests {
    /// What became of one blob.
    private enum Outcome {
        case removed
        /// The registry believes in it.
        case remembered
        /// What the registry believes cannot be told.
        case unknown
        /// It is gone already, or stays for a reason that the report has.
        case left
    }

    let plan: SweepPlan
    let run: Trash.Run
    let watch: ReferenceWatch
    let registry: any RunningRegistry
    let jobs: Int

    private var root: StorageRoot { plan.graph.root }

    /// Removes those of the manifests that nobody names and that the registry does not remember; says what stays.
    func sweep(_ manifests: BlobList, sparing spared: Set<BlobKey>, _ report: inout SweepReport) async throws {
        if manifests.isEmpty { return }
        let memory = RegistryMemory(root: root, registry: registry)
        guard await memory.sight() == .shown else { return report.postponed.append(Self.words(unknown: manifests.count)) }
        // The last look before, because none may happen while the registry is asked.
        let named: Set<BlobKey>
        do {
            named = spared.union(try await watch.look().blobs)
        } catch let error as RegistryStorageError {
            let subject = manifests.count == 1 ? "1 manifest's own blob stays" : "\(manifests.count) manifests' own blobs stay"
            report.postponed.append("\(subject), because what pushes have named is not known: \(error)")
            report.failures.append(.init(path: RegistryLayout.repositories, error))
            return
        }
        var (remembered, unknown) = (0, 0)
        await withTaskGroup(of: (outcome: Outcome, report: SweepReport).self) { group in
            var rest = manifests.makeIterator()
            var underWay = 0
            while true {
                while underWay < max(jobs, 1), !Task.isCancelled, let blob = rest.next() {
                    let key = plan.key(of: blob)
                    if named.contains(key) {
                        report.spared.append(RegistryLayout.blob(key))
                        continue
                    }
                    underWay += 1
                    group.addTask {
                        var report = SweepReport()
                        return (await sweep(key, blob.size, memory, &report), report)
                    }
                }
                guard let done = await group.next() else { break }
                underWay -= 1
                report.add(done.report)
                switch done.outcome {
                case .remembered: remembered += 1
                case .unknown: unknown += 1
                case .removed, .left: break
                }
            }
        }
        memory.end()
        removePlace()
        if remembered > 0 {
            let isOne = remembered == 1
            let (subject, them) = isOne ? ("1 manifest's own blob stays", "it") : ("\(remembered) manifests' own blobs stay", "them")
            report.postponed.append(
                "\(subject) until the registry is stopped or restarted: it remembers \(them), and would not write \(them) again"
            )
        }
        try Task.checkCancellation()
        if unknown > 0 { report.postponed.append(Self.words(unknown: unknown)) }
    }

    private static func words(unknown count: Int) -> String {
        count == 1
            ? "1 manifest's own blob stays until the registry is stopped: whether it remembers it cannot be told"
            : "\(count) manifests' own blobs stay until the registry is stopped: whether it remembers them cannot be told"
    }

    private func sweep(_ key: BlobKey, _ size: Int64, _ memory: RegistryMemory, _ report: inout SweepReport) async -> Outcome {
        let (original, beside) = (RegistryLayout.blob(key), RegistryLayout.asked(key))
        do throws(Errno) {
            try root.makeDirectories(beside.parent)
            try root.rename(original, to: beside)
        } catch  where error == .noSuchFile {
            return .left
        } catch {
            report.failures.append(.init(path: original, error: error))
            return .left
        }
        // Where the task is cancelled nobody answers.
        let answer = await memory.believes(in: key)
        do throws(Errno) {
            guard answer == false else {
                try Self.putBack(key, root)
                return answer == true ? .remembered : .unknown
            }
            let target = RegistryLayout.trash(of: run.name).appending(RegistryLayout.trashed(blob: key))
            try root.makeDirectories(target.parent)
            try root.rename(beside, to: target)
            report.count(.blob, bytes: max(size, 0))
        } catch {
            report.failures.append(.init(path: original, error: error))
            return .left
        }
        let path = PathBuffer()
        do throws(Errno) {
            try root.calls.removeDirectory(path.path(original.parent), in: root.number)
        } catch  where error == .noSuchFile || error == .directoryNotEmpty || error == .fileExists {
            // A push has written it anew, or what else lies there is not ours.
        } catch {
            report.failures.append(.init(path: original.parent, error: error))
        }
        return .removed
    }

    /// Puts back what a run that was killed had put beside while it asked for it.
    ///
    /// The caller holds the `StorageLock`, so that nobody asks.
    static func recover(_ root: StorageRoot) throws(Errno) {
        for name in try root.entries(of: RegistryLayout.asked).sorted() {
            guard let key = name.bytes.withUnsafeBytes({ BlobKey(hex: $0) }) else { continue }
            try putBack(key, root)
        }
    }

    /// Removes the directory in which nothing is left.
    private func removePlace() {
        let path = PathBuffer()
        do throws(Errno) {
            try root.calls.removeDirectory(path.path(RegistryLayout.asked), in: root.number)
        } catch {
            // What could not be put back lies there, which a failure says; an empty directory is none.
        }
    }

    private static func putBack(_ key: BlobKey, _ root: StorageRoot) throws(Errno) {
        let item = Trash.Item(trashed: RegistryLayout.asked(key), original: RegistryLayout.blob(key), key: key)
        if try Trash(root: root).putBack(item) { return }
        // A push has written the same anew.
        let path = PathBuffer()
        try root.calls.unlink(path.path(item.trashed), in: root.number)
    }
}
