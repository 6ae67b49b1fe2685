/// Turns what a check found into a plan that mends it, as far as nothing has to be guessed.
///
/// A link's text is the digest in its own path, so that a link that is empty or damaged is written again where the blob is there and has that
/// digest. A layer link that a manifest of the repository needs is written where the blob has its digest, and the link of a manifest that a tag
/// names, where all that it names is there and linked. A blob that is missing comes back from the trash. Directories that lost their file go,
/// unless they are young: a push makes the directory before the file. What a tag named is not guessed, and nothing else is removed: that is the
/// collector's work.
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
    package func plan(_ check: CheckReport) throws(RegistryStorageError) -> SweepPlan {
        let table = DigestTable()
        let graph = StoreGraph(root: root, table: table, scan: StoreScan(), catalog: ManifestCatalog(root: root, table: table))
        var plan = SweepPlan(graph: graph, policy: policy)
        var missing: Set<BlobKey> = []
        var mended: Set<EntryName> = []
        var untaken: [EntryName: Set<BlobKey>] = [:]
        for problem in check.problems {
            do throws(Errno) {
                switch problem.kind {
                case .missingBlob, .missingManifest: missing.formUnion(missingBlobs(problem))
                case .emptyLink, .damagedLink, .missingLink:
                    guard let key = try linked(problem), mended.insert(problem.path).inserted else { continue }
                    plan.mends.append(.init(path: problem.path, action: .writeLink(key)))
                case .danglingTag:
                    guard let repository = problem.repository, let key = try manifest(ofTag: problem.path) else { continue }
                    untaken[repository, default: []].insert(key)
                case .emptyRevision: if try !isEvidence(problem, check) { try planRemoval(of: problem.path, &plan) }
                case .emptyBlob: try planRemoval(of: problem.path.parent, &plan)
                default: continue
                }
            } catch {
                plan.problems.append(unmendable(problem.path, problem.repository, breaksImages: problem.breaksImages, error))
            }
        }
        for (repository, keys) in untaken.sorted(by: { $0.key < $1.key }) {
            do throws(Errno) {
                for key in try linkable(keys, repository) {
                    let path = RegistryLayout.revision(key, of: repository)
                    if mended.insert(path).inserted { plan.mends.append(.init(path: path, action: .writeLink(key))) }
                }
            } catch {
                plan.problems.append(unmendable(RegistryLayout.repository(repository), repository, breaksImages: true, error))
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

    private func unmendable(_ path: EntryName, _ repository: EntryName?, breaksImages: Bool, _ error: Errno) -> StorageProblem {
        StorageProblem(
            .unreadable,
            path,
            repository: repository,
            breaksImages: breaksImages,
            "it cannot be mended, because it cannot be looked at: \(error)"
        )
    }

    /// Says whether the directory that a deleted manifest left tells of blobs that a repository had them.
    ///
    /// StorageInvariants.md, line H5.
    private func isEvidence(_ problem: StorageProblem, _ check: CheckReport) throws(Errno) -> Bool {
        guard let repository = problem.repository, problem.path.parent == RegistryLayout.revisions(of: repository),
            let key = problem.path.lastComponent.bytes.withUnsafeBytes({ BlobKey(hex: $0) })
        else { return false }
        if check.tags == 0, check.manifests == 0 { return true }
        return try root.kind(of: RegistryLayout.blob(key), scratch.path) != nil
    }

    /// What a tag names, where its blob is there, has that digest, and is a manifest.
    private func manifest(ofTag link: EntryName) throws(Errno) -> BlobKey? {
        do throws(Errno) {
            guard let key = BlobKey(text: try scratch.readLink(root.calls, scratch.path.path(link), in: root.number)),
                try isSound(key), isManifest(key)
            else { return nil }
            return key
        } catch  where error == .noSuchFile {
            return nil
        }
    }

    /// Those of the manifests of which everything is there and linked, each after those that it names.
    private func linkable(_ keys: Set<BlobKey>, _ repository: EntryName) throws(Errno) -> [BlobKey] {
        let blobs = BlobFinder(root: root, run: nil)
        let manifests = RestorableManifests(root: root, name: repository, blobs: blobs, layers: [], unlinked: .areLacking)
        var linkable: [BlobKey] = []
        for key in try manifests.decide(keys.sorted(), tagged: keys).sound {
            let alone = try manifests.decide([key], tagged: [key])
            var isWhole = true
            for named in alone.needed.union(alone.held) where isWhole { isWhole = try blobs.place(of: named) == .store }
            if isWhole { linkable.append(key) }
        }
        return linkable
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
        guard try isSound(key) else { return nil }
        // What was never linked as a manifest becomes one only if it is one.
        if problem.kind == .missingLink, problem.path == RegistryLayout.revision(key, of: repository), !isManifest(key) { return nil }
        return key
    }

    /// Says whether a blob is there and has its digest.
    private func isSound(_ key: BlobKey) throws(Errno) -> Bool {
        do throws(Errno) {
            let file = try root.calls.openFile(scratch.path.fullBlobFile(key), in: root.number)
            var hash = BlobHash()
            while true {
                let bytes = try scratch.readPiece(root.calls, file)
                if bytes.isEmpty { break }
                hash.update(bytes)
            }
            return hash.finish() == key
        } catch  where error == .noSuchFile {
            return false
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
