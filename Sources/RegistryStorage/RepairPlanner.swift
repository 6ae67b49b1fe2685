/// Turns what a check found into a plan that mends it, as far as nothing has to be guessed.
///
/// A link's text is the digest in its own path, so that a link that is empty or damaged is written again where the blob is there and has that
/// digest. A layer link that a manifest of the repository needs is written where the blob has its digest. A blob that is missing comes back
/// from the trash. Directories that lost their file go, unless they are young: a push makes the directory before the file. What a tag named is
/// not guessed, and nothing else is removed: that is the collector's work.
package struct RepairPlanner {
    private let root: StorageRoot
    private let policy: CollectionPolicy
    private let scratch = WalkerScratch()

    /// Takes a store; of the policy only the time and the ages count.
    package init(root: StorageRoot, policy: CollectionPolicy) {
        self.root = root
        self.policy = policy
    }

    /// The plan; nothing is changed.
    package func plan(_ problems: [StorageProblem]) throws(RegistryStorageError) -> SweepPlan {
        let table = DigestTable()
        let graph = StoreGraph(root: root, table: table, scan: StoreScan(), catalog: ManifestCatalog(root: root, table: table))
        var plan = SweepPlan(graph: graph, policy: policy)
        var missing: Set<BlobKey> = []
        var mended: Set<EntryName> = []
        for problem in problems {
            do throws(Errno) {
                switch problem.kind {
                case .missingBlob, .missingManifest: missing.formUnion(missingBlobs(problem))
                case .emptyLink, .damagedLink, .missingLink:
                    guard let key = try linked(problem), mended.insert(problem.path).inserted else { continue }
                    plan.mends.append(.init(path: problem.path, action: .writeLink(key)))
                case .emptyRevision: try planRemoval(of: problem.path, &plan)
                case .emptyBlob: try planRemoval(of: problem.path.parent, &plan)
                default: continue
                }
            } catch {
                plan.problems.append(
                    StorageProblem(
                        .unreadable,
                        problem.path,
                        repository: problem.repository,
                        breaksImages: problem.breaksImages,
                        "it cannot be mended, because it cannot be looked at: \(error)"
                    )
                )
            }
        }
        let written = Set(plan.mends.lazy.filter { $0.action != .removeEmptyDirectory }.map(\.path.parent))
        plan.mends.removeAll { $0.action == .removeEmptyDirectory && written.contains($0.path) }
        do throws(Errno) {
            plan.restored = try Trash(root: root).blobs(among: missing)
        } catch {
            throw RegistryStorageError(.unreadable, "cannot search the trash of '\(root.basePath)'", cause: error)
        }
        return plan
    }

    /// The digest in the path of a blob or of a link to a manifest.
    private func missingBlobs(_ problem: StorageProblem) -> Set<BlobKey> {
        guard let key = Self.key(of: problem.path) else { return [] }
        return [key]
    }

    /// The digest that a manifest's or layer's link must read, where its blob is there and has that digest.
    private func linked(_ problem: StorageProblem) throws(Errno) -> BlobKey? {
        guard let repository = problem.repository, let key = Self.key(of: problem.path),
            problem.path == RegistryLayout.revision(key, of: repository) || problem.path == RegistryLayout.layer(key, of: repository)
        else { return nil }
        do throws(Errno) {
            let file = try root.calls.openFile(scratch.path.fullBlobFile(key), in: root.number)
            var hash = BlobHash()
            while true {
                let bytes = try scratch.readPiece(root.calls, file)
                if bytes.isEmpty { break }
                hash.update(bytes)
            }
            guard hash.finish() == key else { return nil }
            // What was never linked as a manifest becomes one only if it is one.
            if problem.kind == .missingLink, problem.path == RegistryLayout.revision(key, of: repository), !isManifest(key) { return nil }
            return key
        } catch  where error == .noSuchFile {
            return nil
        }
    }

    private func isManifest(_ key: BlobKey) -> Bool {
        var reader = ManifestReader(root: root)
        do throws(RegistryStorageError) {
            _ = try reader.read(key)
            return true
        } catch {
            // What is not understood, or cannot be read, is not linked.
            return false
        }
    }

    private func planRemoval(of directory: EntryName, _ plan: inout SweepPlan) throws(Errno) {
        do throws(Errno) {
            let status = try root.calls.status(scratch.path.path(directory), in: root.number)
            guard status.kind == .directory, !policy.isYoung(status.modified) else { return }
            plan.mends.append(.init(path: directory, action: .removeEmptyDirectory))
        } catch  where error == .noSuchFile {
            return
        }
    }

    /// The digest in `…/<hex>/<file>`.
    private static func key(of path: EntryName) -> BlobKey? {
        let directory = path.parent.bytes
        guard let slash = directory.lastIndex(of: 0x2f) else { return nil }
        return Array(directory[(slash + 1)...]).withUnsafeBytes { BlobKey(hex: $0) }
    }
}
