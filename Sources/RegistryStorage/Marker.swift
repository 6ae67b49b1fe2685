/// Decides what of a store is kept: first each repository by itself, then what belongs to a subject elsewhere.
struct Marker {
    let graph: StoreGraph
    let policy: CollectionPolicy
    /// What the trash needs.
    let held: HeldReferences

    /// A mark for every repository of the graph, in its order.
    func mark() async throws -> [RepositoryMark] {
        let (scan, catalog, table, policy) = (graph.scan, graph.catalog, graph.table, policy)
        let subjects = YoungSubjects(graph, policy)
        let results = try await WorkShare.run(units: scan.repositories.count, jobs: policy.jobs) { share in
            var done: [(Int, RepositoryMark)] = []
            while let unit = try share.take() {
                done.append((unit, RepositoryMark(scan.repositories[unit], catalog, table, policy, subjects)))
            }
            return done
        }
        var marks = results.joined().sorted { $0.0 < $1.0 }.map(\.1)
        settleForeignSubjects(&marks)
        return marks
    }

    /// Keeps what belongs to a manifest of another repository (signatures may lie in a repository of their own), to one that can be put back from
    /// the trash, and to one that nothing tells was ever here: its image may lie in another registry.
    ///
    /// Where something cannot be listed, every subject may be there. StorageInvariants.md, lines H5 and T1.
    private func settleForeignSubjects(_ marks: inout [RepositoryMark]) {
        let isUnlistable = !graph.scan.unlistable.isEmpty || graph.scan.repositories.contains { !$0.unlistable.isEmpty }
        let waiting = marks.indices.filter { !marks[$0].waiting.isEmpty }
        guard !waiting.isEmpty else { return }
        var changed = true
        while changed {
            changed = false
            let keptAnywhere = keptManifests(marks)
            for index in waiting {
                let alive = marks[index].waiting.filter { keptAnywhere.contains($0) }
                if alive.isEmpty { continue }
                marks[index].keepReferrers(of: alive, graph.catalog)
                changed = true
            }
            if changed { continue }
            for index in waiting where isUnlistable && !marks[index].waiting.isEmpty {
                marks[index].keepReferrers(of: marks[index].waiting, graph.catalog)
                changed = true
            }
            if changed { continue }
            for index in waiting where !held.blobs.isEmpty {
                let returning = marks[index].waiting.filter { held.blobs.contains(graph.table.key($0)) }
                if returning.isEmpty { continue }
                marks[index].keepReferrers(of: returning, graph.catalog, areHeld: true)
                changed = true
            }
            if changed { continue }
            for index in waiting where !marks[index].waiting.isEmpty {
                let unknown = subjectsWithoutEvidence(marks[index].waiting)
                if unknown.isEmpty { continue }
                marks[index].keepReferrers(of: unknown, graph.catalog)
                report(unknown, graph.scan.repositories[index], &marks[index].problems)
                changed = true
            }
        }
    }

    private func keptManifests(_ marks: [RepositoryMark]) -> DigestSet {
        var set = DigestSet(count: graph.table.count)
        for (mark, scan) in zip(marks, graph.scan.repositories) where mark.fate != .removed {
            for index in scan.revisions.indices where mark.kept[index] { set.insert(scan.revisions[index].number) }
            for number in mark.unlinked { set.insert(number) }
        }
        return set
    }

    /// The subjects of which nothing tells that they were in the store: then their absence does not mean that they were deleted.
    ///
    /// What tells of one is its blob, in its place or in the trash, and the directory that it left in any repository.
    private func subjectsWithoutEvidence(_ subjects: [DigestNumber]) -> [DigestNumber] {
        let wanted = Set(subjects)
        var bare: Set<DigestNumber> = []
        for scan in graph.scan.repositories { for number in scan.bareRevisions where wanted.contains(number) { bare.insert(number) } }
        let path = PathBuffer()
        return subjects.filter { subject in
            if bare.contains(subject) { return false }
            do throws(Errno) {
                let key = graph.table.key(subject)
                if try graph.root.kind(of: RegistryLayout.blob(key), path) == .file { return false }
                let trashed = RegistryLayout.trashed(blob: key)
                for run in try Trash(root: graph.root).runs() {
                    if try graph.root.kind(of: RegistryLayout.trash(of: run.name).appending(trashed), path) == .file { return false }
                }
                return true
            } catch {
                // What cannot be asked is no evidence; without evidence everything is kept.
                return true
            }
        }
    }

    private func report(_ subjects: [DigestNumber], _ scan: RepositoryScan, _ problems: inout [StorageProblem]) {
        for subject in subjects {
            problems.append(
                StorageProblem(
                    .unknownSubject,
                    RegistryLayout.repository(scan.name),
                    repository: scan.name,
                    breaksImages: false,
                    "what belongs to \(graph.table.key(subject)) is kept: nothing tells that this manifest ever was in this store"
                )
            )
        }
    }
}
