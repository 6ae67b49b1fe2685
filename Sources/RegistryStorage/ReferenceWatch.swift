/// Looks for what pushes have named since the store was marked.
///
/// Names are compared, not times: a clock that jumps hides nothing. What matters is only what names a blob of the plan: a manifest that was
/// not there, or was to go, and is linked; a layer link whose blob is to go.
struct ReferenceWatch: Sendable {
    /// What a look found.
    struct Findings: Sendable {
        /// Blobs that must stay.
        var blobs: Set<BlobKey> = []
        /// Manifests that are linked, with their repository.
        var manifests: [(repository: EntryName, key: BlobKey)] = []
        /// That what one of the manifests names is not known.
        var damage: RegistryStorageError?

        mutating func add(_ other: Findings) {
            blobs.formUnion(other.blobs)
            manifests += other.manifests
        }
    }

    let plan: SweepPlan
    /// Manifests of the graph that name a blob of the plan, or are one.
    private let going: DigestSet
    /// Of each repository that loses something, the manifests that it linked at the mark and keeps, in order.
    ///
    /// One that it links besides may need what it loses, even where another repository has had it for long.
    private let linked: [EntryName: [DigestNumber]]

    init(_ plan: SweepPlan) {
        self.plan = plan
        let blobs = plan.removedBlobs
        var going = blobs
        for scan in plan.graph.scan.repositories {
            for revision in scan.revisions {
                guard let manifest = plan.graph.catalog[revision.number] else { continue }
                plan.graph.catalog.forEachBlob(of: manifest) { if blobs.contains($0) { going.insert(revision.number) } }
            }
        }
        var linked: [EntryName: [DigestNumber]] = [:]
        for repository in plan.repositories {
            let planned = Set(repository.revisions.map(\.number))
            let revisions = plan.graph.scan.repositories[repository.place].revisions
            linked[repository.name] = revisions.lazy.map(\.number).filter { !planned.contains($0) }.sorted()
        }
        self.going = going
        self.linked = linked
    }

    /// Lists every repository once more.
    ///
    /// Throws as well where what a manifest names is not known, because its content is not what its digest names.
    func look() async throws -> Findings {
        let findings = try await lookPastDamage()
        if let damage = findings.damage { throw damage }
        return findings
    }

    /// Lists every repository once more, and goes on where what a manifest names is not known.
    ///
    /// Throws where something cannot be listed that could be when the plan was made: then nothing is known. What could not be listed then either is
    /// said already, and forbids the removal of any blob; the rest is looked at.
    func lookPastDamage() async throws -> Findings {
        let graph = plan.graph
        let store = Walker(root: graph.root, table: graph.table, policy: plan.policy).findRepositories()
        let known = Set(plan.unlistable.map(\.path))
        if let problem = store.unlistable.first(where: { !known.contains($0.path) }) {
            throw RegistryStorageError(.unreadable, "cannot look again at '\(problem.path)': \(problem.message)")
        }
        let knownRepositories = Set(plan.unlistable.compactMap(\.repository))
        let parts = try await WorkShare.run(units: store.repositories.count, jobs: plan.policy.jobs) { share in
            let scratch = WalkerScratch()
            var findings = Findings()
            while let unit = try share.take() {
                let name = store.repositories[unit].name
                do throws(RegistryStorageError) {
                    try look(at: name, scratch, &findings)
                } catch {
                    if !knownRepositories.contains(name) { throw error }
                }
            }
            return findings
        }
        var findings = Findings()
        for part in parts { findings.add(part) }
        var reader = ManifestReader(root: graph.root)
        for (_, key) in findings.manifests { try add(key, &reader, &findings) }
        return findings
    }

    private func add(_ key: BlobKey, _ reader: inout ManifestReader, _ findings: inout Findings) throws(RegistryStorageError) {
        do throws(RegistryStorageError) {
            findings.blobs.formUnion(try reader.everything(namedBy: key))
        } catch {
            guard error.code == .damaged else { throw error }
            if findings.damage == nil { findings.damage = error }
        }
    }

    /// Everything that manifests of one repository name that were linked since the mark; `planned` are those that are still to go.
    func everythingNamed(
        in name: EntryName,
        but planned: Set<BlobKey> = [],
        _ scratch: WalkerScratch
    ) throws(RegistryStorageError) -> Set<BlobKey> {
        var findings = Findings()
        try look(at: name, but: planned, scratch, &findings)
        var named: Set<BlobKey> = []
        var reader = ManifestReader(root: plan.graph.root)
        for (_, key) in findings.manifests { named.formUnion(try reader.everything(namedBy: key)) }
        return named
    }

    func look(
        at name: EntryName,
        but planned: Set<BlobKey> = [],
        _ scratch: WalkerScratch,
        _ findings: inout Findings
    ) throws(RegistryStorageError) {
        let calls = plan.graph.root.calls
        let table = plan.graph.table
        let (revisions, layers) = (RegistryLayout.revisions(of: name), RegistryLayout.layers(of: name))
        let linked = linked[name]
        do throws(Errno) {
            try forEachLinked(in: revisions, scratch) { key, directory throws(Errno) in
                if let number = table.find(key), plan.graph.catalog[number] != nil, !going.contains(number),
                    linked.map({ $0.containsInOrder(number) }) ?? true
                {
                    return
                }
                if planned.contains(key) { return }
                _ = try calls.status(scratch.path.linkFile(key), in: directory)
                findings.manifests.append((name, key))
            }
            try forEachLinked(in: layers, scratch) { key, directory throws(Errno) in
                guard plan.removes(blob: key) else { return }
                _ = try calls.status(scratch.path.linkFile(key), in: directory)
                findings.blobs.insert(key)
            }
        } catch {
            throw RegistryStorageError(.unreadable, "cannot look again at '\(RegistryLayout.repository(name))'", cause: error)
        }
    }

    /// Calls the body with every digest that is the name of a directory; a file that the body finds missing means that there is no link.
    private func forEachLinked(
        in path: EntryName,
        _ scratch: WalkerScratch,
        _ body: (BlobKey, Int32) throws(Errno) -> Void
    ) throws(Errno) {
        let calls = plan.graph.root.calls
        do throws(Errno) {
            let directory = try calls.openDirectory(scratch.path.path(path), in: plan.graph.root.number)
            try calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                guard let key = BlobKey(hex: entry.bytes) else { return }
                do throws(Errno) {
                    try body(key, directory.number)
                } catch  where error == .noSuchFile {
                    return
                }
            }
        } catch  where error == .noSuchFile {
            return
        }
    }
}

extension [DigestNumber] {
    /// Says whether the number is among these, which are in order.
    fileprivate func containsInOrder(_ number: DigestNumber) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == number
    }
}
