/// Finds links to manifests whose blob is missing and that nothing in the store names: they serve nobody, and keep their repository whole for ever.
///
/// What may name one and cannot be read keeps it. StorageInvariants.md, lines H1, H3 and H5.
struct LostManifests {
    let graph: StoreGraph

    /// Notes in each repository which of its manifests are lost.
    func note(in scan: inout StoreScan) {
        guard scan.unlistable.isEmpty, scan.repositories.allSatisfy(\.unlistable.isEmpty) else { return }
        let named = named()
        for index in scan.repositories.indices where !scan.repositories[index].isDamaged {
            var lost: Set<DigestNumber> = []
            var isKnown = true
            for revision in scan.repositories[index].revisions {
                guard let manifest = graph.catalog[revision.number] else {
                    isKnown = false
                    break
                }
                switch manifest.state {
                case .missing: if !named.contains(revision.number) { lost.insert(revision.number) }
                case .damaged: isKnown = false
                case .understood: if manifest.namesOtherAlgorithm { isKnown = false }
                }
            }
            if isKnown { scan.repositories[index].lostManifests = lost }
        }
    }

    /// All that any tag, index or referrer of the store names, a tag of the trash included.
    private func named() -> DigestSet {
        var named = DigestSet(count: graph.table.count)
        for scan in graph.scan.repositories {
            for number in scan.tagTargets + scan.heldManifests + scan.extraBlobs { named.insert(number) }
            for number in scan.doomedTags.lazy.compactMap(\.target) { named.insert(number) }
            for tag in scan.subjectTags {
                named.insert(tag.target)
                named.insert(tag.subject)
            }
            for revision in scan.revisions {
                guard let manifest = graph.catalog[revision.number] else { continue }
                graph.catalog.forEachBlob(of: manifest) { named.insert($0) }
                graph.catalog.forEachChild(of: manifest) { named.insert($0) }
                if manifest.subject != Manifest.none { named.insert(manifest.subject) }
            }
        }
        return named
    }
}
