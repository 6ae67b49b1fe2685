/// What runs of the trash need that may still be brought back: nothing of it goes for good before their periods are over.
///
/// What goes to the trash for at least as long may go: then both are brought back.
///
/// StorageInvariants.md, line T1.
struct HeldReferences: Sendable {
    /// What is held in one repository.
    struct Repository: Sendable {
        /// Manifests that stay as if a tag named them, as far as the repository links them: a tag in the trash names them, or an index.
        var manifests: Set<BlobKey> = []
        /// What manifests in the trash name: blobs whose links stay, as far as the repository has them.
        var layers: Set<BlobKey> = []
        /// Manifests in the trash of which no sound copy is left: what they need is not known, so that the repository stays whole.
        var damaged: [StorageProblem] = []
    }

    /// By the name of the repository.
    private(set) var repositories: [EntryName: Repository] = [:]
    /// All blobs that links in the trash, and the manifests in it, name.
    private(set) var blobs: Set<BlobKey> = []
    /// The runs that hold anything, the oldest first.
    private(set) var runs: [Trash.Run] = []

    /// Reads what runs hold whose period is not over at `now`, and will not be when that of a run is over that begins now.
    ///
    /// Throws where something cannot be listed or read: then nothing is known of what they need. A manifest that is not there, or not understood,
    /// could not be put back with what it names, and names nothing. What one needs whose content is not what its digest names is not known, but
    /// its repository linked it: line H5.
    static func read(_ root: StorageRoot, now: Int64, period: Int64, jobs: Int) async throws -> HeldReferences {
        let runs = try Trash(root: root).runs()
        var units: [(run: Trash.Run, name: EntryName)] = []
        let end = Trash.Run(started: now, period: period, process: 0).end
        for run in runs where !run.isOver(at: now) && run.end > end {
            units += try TrashedRepositories(root: root, run: run).names().map { (run, $0) }
        }
        guard !units.isEmpty else { return HeldReferences() }
        let all = units
        let parts = try await WorkShare.run(units: all.count, jobs: jobs) { share in
            var held = HeldReferences()
            var reader = ManifestReader(root: root)
            while let unit = try share.take() {
                let (run, name) = all[unit]
                let links = try TrashedRepositories(root: root, run: run).links(of: name, withTags: true)
                if links.isEmpty { continue }
                held.blobs.formUnion(links.layers.keys)
                held.blobs.formUnion(links.revisions.keys)
                held.repositories[name, default: .init()].manifests.formUnion(links.tagTargets)
                for (key, path) in links.revisions {
                    switch try reader.readFromTrash(key, runs, latest: run) {
                    case .nothing: continue
                    case .damaged: held.repositories[name, default: .init()].damaged.append(problem(path, name))
                    case .names(let blobs, let manifests):
                        held.blobs.formUnion(blobs)
                        held.repositories[name, default: .init()].layers.formUnion(blobs)
                        // What a build cache's index names is a layer.
                        held.blobs.formUnion(manifests)
                        held.repositories[name, default: .init()].layers.formUnion(manifests)
                        held.repositories[name, default: .init()].manifests.formUnion(manifests)
                    }
                }
            }
            return held
        }
        var held = HeldReferences()
        let names = Set(all.map(\.run.name))
        held.runs = runs.filter { names.contains($0.name) }
        for part in parts {
            held.blobs.formUnion(part.blobs)
            held.repositories.merge(part.repositories) {
                Repository(
                    manifests: $0.manifests.union($1.manifests),
                    layers: $0.layers.union($1.layers),
                    damaged: $0.damaged + $1.damaged
                )
            }
        }
        return held
    }

    private static func problem(_ path: EntryName, _ name: EntryName) -> StorageProblem {
        StorageProblem(
            .damagedManifest,
            path,
            repository: name,
            breaksImages: false,
            "a manifest that is kept in the trash is damaged, so that what it needs is not known: its content is not what its digest names; "
                + "'\(name)' is kept whole until the run's period is over, or the manifest is sound again"
        )
    }
}
