/// Takes out of a plan what must not be removed, and finds what must then stay as well.
///
/// A plan removes only what nothing needs that it keeps. Where something of it is left out, what that names is needed again, to any depth, and so
/// is what belongs to that: none of it may be in what is left of the plan.
struct SweepPlanRestriction {
    /// A removal that is in what is left of the plan and must not be, and why.
    typealias Conflict = (removal: SweepPlan.Removal, reason: String)

    private let plan: SweepPlan
    private var isTaken: [Bool] = []

    init(_ plan: SweepPlan) { self.plan = plan }

    /// Says of the next removal, in the order of `SweepPlan.forEachRemoval`, whether it is taken or left out.
    mutating func take(_ isTaken: Bool) { self.isTaken.append(isTaken) }

    /// The plan with what was taken, and what of it must not be removed while the rest stays; `mends` says of each place that the plan mends
    /// whether it is taken.
    ///
    /// - Warning: the plan may be executed only where there is no conflict.
    func restricted(mends: [Bool]) -> (plan: SweepPlan, conflicts: [Conflict]) {
        var result = plan
        var answers = Answers(isTaken)
        var needed: Set<DigestNumber> = []
        var conflicts: [Conflict] = []
        // In the order of `forEachRemoval`.
        result.repositories = plan.repositories.map { restrict($0, &answers, &needed, &conflicts) }.filter { !$0.isEmpty }
        result.emptyDirectories = plan.emptyDirectories.filter { _ in answers.next() }
        let blobs = plan.blobs.filtered { _ in answers.next() }
        precondition(answers.isAtEnd, "a mistake in SweepPlanRestriction: \(isTaken.count) answers were given, and \(answers.count) used")
        result.setBlobs(blobs)
        if blobs.contains(where: { needed.contains($0.number) }) {
            result.forEachRemoval { removal in
                guard removal.kind == .blob, let key = BlobKey(ofBlob: removal.path), let number = plan.graph.table.find(key),
                    needed.contains(number)
                else { return }
                conflicts.append((removal, Self.isNamed))
            }
        }
        let restoredCount = plan.restored.count
        result.restored = zip(plan.restored, mends).filter(\.1).map(\.0)
        result.mends = zip(plan.mends, mends.dropFirst(restoredCount)).filter(\.1).map(\.0)
        return (result, conflicts)
    }

    private static let isNamed = "something that is not in the plan, and stays, needs it"

    /// The answers one after the other.
    private struct Answers {
        private let isTaken: [Bool]
        private(set) var count = 0

        init(_ isTaken: [Bool]) { self.isTaken = isTaken }

        var isAtEnd: Bool { count == isTaken.count }

        mutating func next() -> Bool {
            precondition(count < isTaken.count, "a mistake in SweepPlanRestriction: an answer is missing")
            count += 1
            return isTaken[count - 1]
        }
    }

    private func restrict(
        _ repository: SweepPlan.Repository,
        _ answers: inout Answers,
        _ needed: inout Set<DigestNumber>,
        _ conflicts: inout [Conflict]
    ) -> SweepPlan.Repository {
        var kept = SweepPlan.Repository(name: repository.name, place: repository.place, layersGo: repository.layers.reason)
        kept.removesContents = repository.removesContents
        // What is needed in this repository: another that has the same may lose it all the same, but for its blob.
        var local: Set<DigestNumber> = []
        var left = 0
        func divide<Thing>(_ things: some Sequence<Thing>, _ leave: (Thing) -> Void) -> [Thing] {
            things.filter { thing in
                if answers.next() { return true }
                left += 1
                leave(thing)
                return false
            }
        }
        let going = Set(repository.revisions.lazy.map(\.number))
        kept.tags = divide(repository.tags) { tag in
            if let target = tag.target { keep(target, &local) }
            if let subject = tag.subject { keep(subject, &local) }
        }
        kept.entries = divide(repository.entries) { entry in
            // A tag remembers it since the plan was made, or it would be in the plan.
            if let number = plan.graph.table.find(entry.key), going.contains(number) { keep(number, &local) }
        }
        kept.revisions = divide(repository.revisions) { keep($0.number, &local) }
        kept.layers = PackedLinks(divide(repository.layers) { local.insert($0.number) }, reason: repository.layers.reason)
        kept.uploads = divide(repository.uploads) { _ in }
        kept.removesDirectory = repository.removesDirectory && answers.next()
        keepReferrers(kept, &local)
        needed.formUnion(local)
        let links = kept.tags.count + kept.entries.count + kept.revisions.count + kept.layers.count
        let takesNothing = links + kept.uploads.count == 0
        if takesNothing, !kept.removesDirectory {
            kept.removesContents = false
            return kept
        }
        findConflicts(kept, local, left: left, &conflicts)
        return kept
    }

    /// Everything that a manifest that stays names, to any depth; what it belongs to may go before it.
    private func keep(_ number: DigestNumber, _ needed: inout Set<DigestNumber>) {
        var pending = [number]
        while let number = pending.popLast() {
            guard needed.insert(number).inserted, let manifest = plan.graph.catalog[number] else { continue }
            plan.graph.catalog.forEachBlob(of: manifest) { blob in
                // What names manifests in another way than is known may name them as blobs.
                if manifest.isUnknownType { pending.append(blob) } else { needed.insert(blob) }
            }
            plan.graph.catalog.forEachChild(of: manifest) { pending.append($0) }
        }
    }

    /// A manifest that belongs to one that stays, by its subject or by its tag's name, stays with it.
    private func keepReferrers(_ kept: SweepPlan.Repository, _ local: inout Set<DigestNumber>) {
        if local.isEmpty { return }
        var count = -1
        while count != local.count {
            count = local.count
            for link in kept.revisions where !local.contains(link.number) {
                guard let subject = plan.graph.catalog[link.number]?.subject, subject != Manifest.none, local.contains(subject) else {
                    continue
                }
                keep(link.number, &local)
            }
            for tag in kept.tags {
                if let subject = tag.subject, let target = tag.target, local.contains(subject) { keep(target, &local) }
            }
        }
    }

    private func findConflicts(
        _ kept: SweepPlan.Repository,
        _ local: Set<DigestNumber>,
        left: Int,
        _ conflicts: inout [Conflict]
    ) {
        let name = kept.name
        let table = plan.graph.table
        func conflict(_ kind: SweepPlan.Kind, _ path: EntryName, _ reason: String) {
            conflicts.append((.init(kind: kind, path: path, bytes: 0, reason: .asked, repository: name), reason))
        }
        if kept.removesContents || kept.removesDirectory {
            if left == 0 { return }
            // What goes as a whole takes along what is new in it.
            let reason = "it holds \(left) thing\(left == 1 ? "" : "s") by now that \(left == 1 ? "is" : "are") not in the plan"
            if kept.removesDirectory { return conflict(.repository, RegistryLayout.repository(name), reason) }
            for tag in kept.tags { conflict(.tag, RegistryLayout.tag(tag.name, of: name), reason) }
            for link in kept.revisions { conflict(.revision, RegistryLayout.revision(table.key(link.number), of: name), reason) }
            for link in kept.layers { conflict(.layerLink, RegistryLayout.layer(table.key(link.number), of: name), reason) }
            for upload in kept.uploads { conflict(.upload, RegistryLayout.upload(upload.name, of: name), reason) }
            return
        }
        if local.isEmpty { return }
        for tag in kept.tags {
            guard let subject = tag.subject, local.contains(subject) else { continue }
            conflict(.tag, RegistryLayout.tag(tag.name, of: name), Self.isNamed)
        }
        for link in kept.revisions where local.contains(link.number) {
            conflict(.revision, RegistryLayout.revision(table.key(link.number), of: name), Self.isNamed)
        }
        for link in kept.layers where local.contains(link.number) {
            conflict(.layerLink, RegistryLayout.layer(table.key(link.number), of: name), Self.isNamed)
        }
    }
}
