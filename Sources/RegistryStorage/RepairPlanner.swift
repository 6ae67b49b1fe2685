/// Turns what a check found into a plan that mends it, as far as nothing has to be guessed.
///
/// A link's text is the digest in its own path, so that a link that is empty or damaged is written again where the blob is there and has that
/// digest. A layer link that a manifest of the repository needs is written where the blob has its digest, and the link of a manifest that a tag
/// or an index names, where all that it names is there and linked, or is linked before it. A blob that is missing comes back from the trash, and so
/// does one whose content is not what its digest names, which goes to the trash in exchange, or without one. Directories that lost their file go,
/// unless they are young: a push makes the directory before the file. What a tag named is not guessed, and nothing else is removed: that is the
/// collector's work.
package struct RepairPlanner {
    /// The links that are written in one repository.
    private struct Links {
        /// Of layers.
        var layers: Set<BlobKey> = []
        /// Of manifests that a tag or an index names, and that are not linked.
        var untaken: Set<BlobKey> = []
        /// Of manifests whose link is empty or damaged.
        var damaged: Set<BlobKey> = []
    }

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
        var links: [EntryName: Links] = [:]
        for problem in check.problems {
            do throws(Errno) {
                switch problem.kind {
                case .missingBlob, .missingManifest: missing.formUnion(missingBlobs(problem))
                case .truncatedBlob, .corruptBlob, .damagedManifest:
                    if mended.insert(problem.path).inserted { try planSettingAside(problem.path, &plan) }
                case .emptyLink, .damagedLink, .missingLink:
                    guard let repository = problem.repository, let key = try linked(problem), mended.insert(problem.path).inserted
                    else { continue }
                    if problem.path == RegistryLayout.layer(key, of: repository) {
                        links[repository, default: .init()].layers.insert(key)
                        plan.mends.append(.init(path: problem.path, action: .writeLink(key)))
                    } else if problem.kind == .missingLink {
                        links[repository, default: .init()].untaken.insert(key)
                    } else {
                        links[repository, default: .init()].damaged.insert(key)
                    }
                case .danglingTag:
                    guard let repository = problem.repository, let key = try manifest(ofTag: problem.path) else { continue }
                    links[repository, default: .init()].untaken.insert(key)
                case .emptyRevision: if try !isEvidence(problem, check) { try planRemoval(of: problem.path, &plan) }
                case .emptyBlob: try planRemoval(of: problem.path.parent, &plan)
                default: continue
                }
            } catch {
                plan.problems.append(unmendable(problem.path, problem.repository, breaksImages: problem.breaksImages, error))
            }
        }
        let withoutBlob = Set(plan.setAside.compactMap { BlobKey(ofBlob: $0) })
        // The layers' links come first, then manifests each after those that it names. StorageInvariants.md, lines H2 and H3.
        for (repository, links) in links.sorted(by: { $0.key < $1.key }) {
            do throws(Errno) {
                for key in try order(links, repository, without: withoutBlob) {
                    plan.mends.append(.init(path: RegistryLayout.revision(key, of: repository), action: .writeLink(key)))
                }
            } catch {
                plan.problems.append(unmendable(RegistryLayout.repository(repository), repository, breaksImages: true, error))
            }
        }
        let written = Set(plan.mends.lazy.filter { $0.action != .removeEmptyDirectory }.map(\.path.parent))
        plan.mends.removeAll { $0.action == .removeEmptyDirectory && written.contains($0.path) }
        do throws(Errno) {
            // What is no better than nothing is left where it is.
            for key in missing.sorted() { if let item = try Trash(root: root).soundCopy(of: key, scratch) { plan.restored.append(item) } }
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

    /// The manifests whose links are written, each after those that it names: links that are damaged in any case, others where everything is there
    /// and linked, or will be.
    private func order(_ links: Links, _ repository: EntryName, without: Set<BlobKey>) throws(Errno) -> [BlobKey] {
        if links.untaken.isEmpty, links.damaged.count < 2 { return Array(links.damaged) }
        let blobs = BlobFinder(root: root, run: nil)
        let manifests = RestorableManifests(root: root, name: repository, blobs: blobs, layers: links.layers, unlinked: .areLacking)
        let all = links.untaken.union(links.damaged)
        var order: [BlobKey] = []
        var left = without
        for key in try manifests.decide(all.sorted(), tagged: all).sound {
            if links.untaken.contains(key), !links.damaged.contains(key) {
                let alone = try manifests.decide([key], tagged: [key])
                let named = alone.needed.union(alone.held)
                var isWhole = named.isDisjoint(with: left)
                for key in named where isWhole { isWhole = try blobs.place(of: key) == .store }
                if !isWhole {
                    left.insert(key)
                    continue
                }
            }
            order.append(key)
        }
        // Those that lack something were linked before.
        return order + links.damaged.subtracting(order).sorted()
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
        try BlobHash.isSound(key, at: RegistryLayout.blob(key), root, scratch)
    }

    /// Takes a blob out whose content is not what its digest names: a push finds it in its place and does not write it again.
    ///
    /// A size that differs from the one in a manifest is no proof: the manifest may be wrong.
    private func planSettingAside(_ path: EntryName, _ plan: inout SweepPlan) throws(Errno) {
        guard let key = BlobKey(ofBlob: path) else { return }
        do throws(Errno) {
            let status = try root.calls.status(scratch.path.path(path), in: root.number)
            guard status.kind == .file, try !isSound(key) else { return }
            let replacement = try Trash(root: root).soundCopy(of: key, scratch)?.trashed
            plan.mends.append(.init(path: path, action: .setAside(key, status.stamp, replacement: replacement)))
        } catch  where error == .noSuchFile {
            return
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
