/// Finds kept manifests that lack something that they name: their repositories are kept whole, because what came before them may be all that works.
///
/// What no tag reaches and goes may lack anything. StorageInvariants.md, lines H2, H3 and H5.
struct BrokenImages {
    let graph: StoreGraph
    let marks: [RepositoryMark]
    /// The numbers of the blobs that have a directory, as far as they could be listed.
    let listed: DigestSet
    /// Where something comes back from the trash.
    let returning: Set<EntryName>

    private let scratch = WalkerScratch()

    init(graph: StoreGraph, marks: [RepositoryMark], listed: DigestSet, returning: Set<EntryName>) {
        (self.graph, self.marks, self.listed, self.returning) = (graph, marks, listed, returning)
    }

    /// What is wrong, by the place of the repository in the graph, of those that are collected.
    func find() -> [(place: Int, problems: [StorageProblem])] {
        var broken: [(place: Int, problems: [StorageProblem])] = []
        var absent: [DigestNumber: Bool] = [:]
        for (place, mark) in marks.enumerated() where mark.fate == .collected {
            let problems = find(graph.scan.repositories[place], mark, &absent)
            if !problems.isEmpty { broken.append((place, problems)) }
        }
        return broken
    }

    /// `absent` remembers of blobs that were not listed whether they are absent.
    private func find(_ scan: RepositoryScan, _ mark: RepositoryMark, _ absent: inout [DigestNumber: Bool]) -> [StorageProblem] {
        var problems: [StorageProblem] = []
        // What a build cache's index names is linked as a layer.
        var unlinked = mark.unlinked
        if !unlinked.isEmpty { for layer in scan.layers { unlinked.remove(layer) } }
        for index in scan.revisions.indices where mark.kept[index] {
            let number = scan.revisions[index].number
            guard let manifest = graph.catalog[number], manifest.state == .understood, !manifest.isUnknownType else { continue }
            var missing: [DigestNumber] = []
            graph.catalog.forEachBlob(of: manifest) { if isAbsent($0, &absent) { missing.append($0) } }
            if !missing.isEmpty { problems += self.problems(number, missing, scan.name) }
            if unlinked.isEmpty || !manifest.isIndex { continue }
            graph.catalog.forEachChild(of: manifest) { child in
                guard unlinked.contains(child), let problem = problem(number, child, scan.name, isAbsent(child, &absent)) else { return }
                problems.append(problem)
            }
        }
        return problems
    }

    /// Says whether a blob is not there; it is asked for where it was not listed, because a push may have written it since.
    private func isAbsent(_ number: DigestNumber, _ absent: inout [DigestNumber: Bool]) -> Bool {
        if listed.contains(number) { return false }
        if let known = absent[number] { return known }
        let path = RegistryLayout.blob(graph.table.key(number))
        let isAbsent = !returning.contains(path) && kind(of: path) == nil
        absent[number] = isAbsent
        return isAbsent
    }

    /// What is at a path; what cannot be asked for is said elsewhere, and is taken to be nothing.
    private func kind(of path: EntryName) -> FileStatus.Kind? {
        do throws(Errno) {
            return try graph.root.kind(of: path, scratch.path)
        } catch {
            return nil
        }
    }

    /// What is wrong with a manifest that names blobs which are missing: nothing where they are elsewhere (`urls`).
    private func problems(_ number: DigestNumber, _ missing: [DigestNumber], _ name: EntryName) -> [StorageProblem] {
        let manifest = RegistryLayout.blob(graph.table.key(number))
        let elsewhere = partsElsewhere(manifest)
        return missing.map { graph.table.key($0) }.filter { !elsewhere.contains($0) }.map { key in
            StorageProblem(
                .missingBlob,
                RegistryLayout.blob(key),
                repository: name,
                breaksImages: true,
                "'\(manifest)' names the blob, which is missing: push the image again"
            )
        }
    }

    /// The parts of a manifest that the registry need not have; none where it cannot be read.
    private func partsElsewhere(_ path: EntryName) -> Set<BlobKey> {
        do {
            guard let bytes = try scratch.readFile(graph.root.calls, scratch.path.path(path), in: graph.root.number) else { return [] }
            return Set(try CheckedManifest(bytes).parts.filter(\.isElsewhere).compactMap(\.key))
        } catch {
            // Then all of them count, and the repository is kept whole.
            return []
        }
    }

    /// What is wrong with an index that names a manifest which the repository does not link; `nil` where it has a link by now, or gets one.
    private func problem(_ index: DigestNumber, _ child: DigestNumber, _ name: EntryName, _ isAbsent: Bool) -> StorageProblem? {
        let (manifest, key) = (RegistryLayout.blob(graph.table.key(index)), graph.table.key(child))
        let links = [RegistryLayout.revision(key, of: name), RegistryLayout.layer(key, of: name)]
        if !isAbsent, links.contains(where: { returning.contains($0) || kind(of: $0) != nil }) { return nil }
        if isAbsent {
            return StorageProblem(
                .missingManifest,
                RegistryLayout.blob(key),
                repository: name,
                breaksImages: true,
                "the index '\(manifest)' names it, and it is missing: push the image again"
            )
        }
        return StorageProblem(
            .missingLink,
            links[0],
            repository: name,
            breaksImages: true,
            "the index '\(manifest)' names a manifest that the repository does not link"
        )
    }
}
