/// What young things belong to, in the whole store: without its subject nothing tells later that both are to go.
///
/// A signature may lie in a repository of its own, so that this is known before any repository is marked. StorageInvariants.md, line H6.
struct YoungSubjects: Sendable {
    /// What those belong to that are too young for anything to go.
    private(set) var ofYoung = DigestSet(count: 0)
    /// What those belong to that are younger than the age below which untagged manifests stay.
    private(set) var ofRecent = DigestSet(count: 0)

    private let graph: StoreGraph

    /// Looks at everything that belongs to something; a deletion by name decides by itself, so that there is nothing then.
    init(_ graph: StoreGraph, _ policy: CollectionPolicy) {
        self.graph = graph
        if policy.deletion != nil { return }
        let path = PathBuffer()
        var (young, recent): ([DigestNumber], [DigestNumber]) = ([], [])
        func note(_ subject: DigestNumber, _ written: Int64) {
            if policy.isYoung(written) { young.append(subject) }
            if policy.isRecent(written) { recent.append(subject) }
        }
        for scan in graph.scan.repositories {
            for revision in scan.revisions {
                guard let manifest = graph.catalog[revision.number], manifest.subject != Manifest.none else { continue }
                let isAsked = revision.stamp.inode != 0
                note(manifest.subject, isAsked ? revision.written : written(revision.number, scan.name, path))
            }
            for tag in scan.subjectTags where tag.isOfSubject(graph.catalog) { note(tag.subject, tag.written) }
        }
        ofYoung = closure(young)
        ofRecent = closure(recent)
    }

    /// When a manifest was linked that a tag names; what cannot be asked counts as young.
    private func written(_ number: DigestNumber, _ name: EntryName, _ path: PathBuffer) -> Int64 {
        do throws(Errno) {
            let link = RegistryLayout.revision(graph.table.key(number), of: name)
            return try graph.root.calls.status(path.path(link), in: graph.root.number).modified
        } catch {
            return error == .noSuchFile ? .min : .max
        }
    }

    /// The subjects, what those belong to, and so on, as far as a repository links them.
    private func closure(_ subjects: [DigestNumber]) -> DigestSet {
        if subjects.isEmpty { return DigestSet(count: 0) }
        var linked = DigestSet(count: graph.table.count)
        for scan in graph.scan.repositories { for revision in scan.revisions { linked.insert(revision.number) } }
        var found = DigestSet(count: graph.table.count)
        var pending = subjects
        while let subject = pending.popLast() {
            guard linked.contains(subject), found.insert(subject) else { continue }
            if let manifest = graph.catalog[subject], manifest.subject != Manifest.none { pending.append(manifest.subject) }
        }
        return found
    }
}

extension RepositoryScan.SubjectTag {
    /// Says whether the tag belongs to the manifest in its name, and is not somebody's own that merely looks so.
    ///
    /// A tag without an ending does where it holds what the referrers tag schema puts there: manifests whose subject is the one in its name.
    func isOfSubject(_ catalog: ManifestCatalog) -> Bool {
        if hasEnding { return true }
        guard let manifest = catalog[target], manifest.state == .understood, !manifest.isUnknownType else { return false }
        if manifest.subject == subject { return true }
        guard manifest.isIndex else { return false }
        var agrees = true
        catalog.forEachChild(of: manifest) { child in
            if let referrer = catalog[child], referrer.state == .understood, referrer.subject != subject { agrees = false }
        }
        return agrees
    }
}
