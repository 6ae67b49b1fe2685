/// What of one repository is kept.
///
/// A graph of manifests is visited once: everything that is reached has a mark, and what has one is not entered again.
struct RepositoryMark: Sendable {
    /// What is done with the repository as a whole.
    enum Fate: Sendable {
        /// What nothing needs goes.
        case collected
        /// Everything that it links stays: it was not selected, or something in it is damaged.
        case keptWhole
        /// All of it goes, because it was asked for.
        case removed
    }

    let fate: Fate
    /// By the index of the revision.
    private(set) var kept: [Bool]
    /// By the index of the subject tag.
    private(set) var keptSubjectTags: [Bool]
    /// Manifests that a kept index names and that the repository does not link.
    private(set) var unlinked: Set<DigestNumber> = []
    /// What waits for a subject that is not in this repository.
    private(set) var waiting: [DigestNumber] = []
    /// How many manifests a deletion leaves only because they, or what belongs to them, are young.
    private(set) var youngCount = 0
    /// How many manifests a collection leaves although no tag reaches them, by the setting that keeps them.
    private(set) var untagged = UntaggedCounts()
    /// Whether something in the repository is damaged or not understood.
    let isDamaged: Bool
    /// What is wrong with the repository, or was kept in doubt.
    var problems: [StorageProblem] = []

    private let places: [DigestNumber: Int32]
    private var referrers: [DigestNumber: [DigestNumber]] = [:]
    private var tagsBySubject: [DigestNumber: [Int]] = [:]
    private var pending: [DigestNumber] = []
    /// How many revisions are kept so far.
    private var keptCount = 0

    /// Marks what the repository itself gives reason to keep.
    ///
    /// `subjects` are those of what is young, in whatever repository that is.
    init(
        _ scan: RepositoryScan,
        _ catalog: ManifestCatalog,
        _ table: DigestTable,
        _ policy: CollectionPolicy,
        _ subjects: YoungSubjects
    ) {
        kept = [Bool](repeating: false, count: scan.revisions.count)
        keptSubjectTags = [Bool](repeating: false, count: scan.subjectTags.count)
        var places: [DigestNumber: Int32] = [:]
        places.reserveCapacity(scan.revisions.count)
        for index in scan.revisions.indices { places[scan.revisions[index].number] = Int32(index) }
        self.places = places
        isDamaged = Self.check(scan, catalog, table, places, &problems) || scan.isDamaged
        let deletion = policy.deletion
        if deletion?.repository(scan.name) == true, scan.unlistable.isEmpty {
            fate = .removed
            return
        }
        if isDamaged || scan.isNeededWhole || !scan.unknownDoomedTags.isEmpty || !policy.selects(scan.name) {
            fate = .keptWhole
            for index in scan.revisions.indices { pending.append(scan.revisions[index].number) }
            pending += scan.tagTargets
            for index in scan.subjectTags.indices {
                keptSubjectTags[index] = true
                pending.append(scan.subjectTags[index].target)
            }
            keepPending(catalog)
            reportUnknown(scan, catalog, table)
            return
        }
        fate = .collected
        let isGoverned = linkSubjects(scan, catalog)
        pending += scan.tagTargets
        if deletion != nil {
            let doomed = doomedManifests(scan, catalog)
            for index in scan.revisions.indices {
                let revision = scan.revisions[index]
                if !doomed.contains(revision.number) { pending.append(revision.number) }
            }
            for index in scan.subjectTags.indices where !doomed.contains(scan.subjectTags[index].subject) {
                keptSubjectTags[index] = true
                pending.append(scan.subjectTags[index].target)
            }
            keepPending(catalog)
            keepYoung(scan, catalog, policy)
            keepHeld(scan, catalog)
            reportUnknown(scan, catalog, table)
            return
        }
        // What tags reach comes first, so that the rest is counted by what keeps it.
        _ = keepCounting(catalog)
        for index in scan.revisions.indices where !kept[index] {
            let number = scan.revisions[index].number
            if isUnknown(number, catalog) { pending.append(number) }
        }
        // Each of them is reported.
        _ = keepCounting(catalog)
        if case .kept = policy.untagged {
            for index in scan.revisions.indices where !kept[index] && !isGoverned[index] { pending.append(scan.revisions[index].number) }
            untagged.always = keepCounting(catalog)
        }
        for index in scan.revisions.indices where !kept[index] {
            let number = scan.revisions[index].number
            if policy.isYoung(scan.revisions[index].written) || subjects.ofYoung.contains(number) { pending.append(number) }
        }
        for index in scan.subjectTags.indices where policy.isYoung(scan.subjectTags[index].written) {
            keptSubjectTags[index] = true
            pending.append(scan.subjectTags[index].target)
        }
        untagged.young = keepCounting(catalog)
        keepHeld(scan, catalog)
        if case .removed(let keepLast, _) = policy.untagged {
            keepNewest(scan, catalog, isGoverned, keepLast)
            untagged.newest = keepCounting(catalog)
            keepRecent(scan, policy, subjects)
            untagged.recent = keepCounting(catalog)
        }
        settleWaiting()
        reportUnknown(scan, catalog, table)
    }

    /// Says whether the repository links this manifest and keeps it, or keeps an index that names it.
    func keeps(_ number: DigestNumber) -> Bool {
        places[number].map { kept[Int($0)] } ?? unlinked.contains(number)
    }

    /// Says whether the repository links this manifest.
    func links(_ number: DigestNumber) -> Bool { places[number] != nil }

    /// Keeps what belongs to subjects that are not in this repository; `areHeld` where they stay because those can be put back from the trash.
    mutating func keepReferrers(of subjects: [DigestNumber], _ catalog: ManifestCatalog, areHeld: Bool = false) {
        let settled = Set(subjects)
        waiting.removeAll { settled.contains($0) }
        for subject in subjects { followSubject(subject) }
        let count = keepCounting(catalog)
        if areHeld { untagged.held += count }
        // What is kept for one subject may be all that belongs to another.
        waiting = waiting.filter { leavesSomething(of: $0) }
    }

    // MARK: What is wrong

    /// Records every link to nothing and every manifest that is not understood; says whether there is one.
    private static func check(
        _ scan: RepositoryScan,
        _ catalog: ManifestCatalog,
        _ table: DigestTable,
        _ places: [DigestNumber: Int32],
        _ problems: inout [StorageProblem]
    ) -> Bool {
        var isDamaged = false
        for revision in scan.revisions {
            let key = { table.key(revision.number) }
            let path = { RegistryLayout.revision(key(), of: scan.name) }
            guard let manifest = catalog[revision.number] else {
                // Nobody has read it, so that nothing is known of what it names.
                isDamaged = true
                continue
            }
            switch manifest.state {
            case .missing:
                if scan.lostManifests.contains(revision.number) { continue }
                isDamaged = true
                problems.append(
                    StorageProblem(.missingManifest, path(), repository: scan.name, breaksImages: true, "the manifest's blob is missing")
                )
            case .damaged:
                isDamaged = true
                let reason = catalog.reasons[revision.number] ?? "it is not understood"
                problems.append(
                    StorageProblem(
                        .damagedManifest,
                        RegistryLayout.blob(key()),
                        repository: scan.name,
                        breaksImages: true,
                        "the manifest is damaged: \(reason)"
                    )
                )
            case .understood:
                if manifest.namesOtherAlgorithm {
                    isDamaged = true
                    problems.append(
                        StorageProblem(
                            .otherAlgorithm,
                            RegistryLayout.blob(key()),
                            repository: scan.name,
                            breaksImages: false,
                            "the manifest names a digest of another algorithm; everything that the repository links is kept"
                        )
                    )
                }
            }
        }
        // What a tag names is one manifest of the repository. Which tag it is, is looked up by the checker.
        for target in scan.tagTargets + scan.subjectTags.map(\.target) where places[target] == nil {
            isDamaged = true
            problems.append(
                StorageProblem(
                    .danglingTag,
                    RegistryLayout.tags(of: scan.name),
                    repository: scan.name,
                    breaksImages: true,
                    "a tag names \(table.key(target)), which the repository does not have"
                )
            )
        }
        return isDamaged
    }

    /// Says whether nobody knows what a manifest is for: then nothing tells that it may go because no tag reaches it.
    private func isUnknown(_ number: DigestNumber, _ catalog: ManifestCatalog) -> Bool {
        catalog[number].map { $0.state == .understood && $0.isUnknownType } ?? false
    }

    /// Reports the manifests that are kept because their media type is not known.
    private mutating func reportUnknown(_ scan: RepositoryScan, _ catalog: ManifestCatalog, _ table: DigestTable) {
        for index in scan.revisions.indices where kept[index] {
            let number = scan.revisions[index].number
            guard isUnknown(number, catalog), let manifest = catalog[number], !manifest.namesOtherAlgorithm else { continue }
            problems.append(
                StorageProblem(
                    .unknownMediaType,
                    RegistryLayout.blob(table.key(number)),
                    repository: scan.name,
                    breaksImages: false,
                    "the manifest's media type is unknown; it is kept, and so is everything that it names"
                )
            )
        }
    }

    // MARK: Keeping

    private mutating func keepPending(_ catalog: ManifestCatalog) {
        while let number = pending.popLast() {
            if let place = places[number] {
                if kept[Int(place)] { continue }
                kept[Int(place)] = true
                keptCount += 1
            } else if !unlinked.insert(number).inserted {
                continue
            }
            followSubject(number)
            // Of a damaged one is kept what can be read of it; one that cannot be read names nothing.
            guard let manifest = catalog[number] else { continue }
            if manifest.isUnknownType {
                // Any of the digests may be a manifest; it is one as far as the repository links it as one.
                catalog.forEachBlob(of: manifest) { if places[$0] != nil { pending.append($0) } }
            } else {
                catalog.forEachChild(of: manifest) { pending.append($0) }
            }
        }
    }

    /// Keeps what is pending; returns how many manifests more are kept.
    private mutating func keepCounting(_ catalog: ManifestCatalog) -> Int {
        let before = keptCount
        keepPending(catalog)
        return keptCount - before
    }

    /// Keeps the manifests that something in the trash names.
    ///
    /// StorageInvariants.md, line T1.
    private mutating func keepHeld(_ scan: RepositoryScan, _ catalog: ManifestCatalog) {
        pending += scan.heldManifests
        untagged.held += keepCounting(catalog)
    }

    private mutating func followSubject(_ subject: DigestNumber) {
        if let belonging = referrers[subject] { pending += belonging }
        for tag in tagsBySubject[subject] ?? [] { keptSubjectTags[tag] = true }
    }

    /// Notes who belongs to whom; says of every revision whether it lives only by its subject.
    private mutating func linkSubjects(_ scan: RepositoryScan, _ catalog: ManifestCatalog) -> [Bool] {
        var isGoverned = [Bool](repeating: false, count: scan.revisions.count)
        for index in scan.revisions.indices {
            let number = scan.revisions[index].number
            guard let manifest = catalog[number], manifest.subject != Manifest.none, manifest.subject != number else { continue }
            isGoverned[index] = true
            referrers[manifest.subject, default: []].append(number)
        }
        for index in scan.subjectTags.indices {
            let tag = scan.subjectTags[index]
            guard tag.isOfSubject(catalog) else {
                // Somebody's own tag that merely looks like one.
                keptSubjectTags[index] = true
                pending.append(tag.target)
                continue
            }
            if let place = places[tag.target] { isGoverned[Int(place)] = true }
            referrers[tag.subject, default: []].append(tag.target)
            tagsBySubject[tag.subject, default: []].append(index)
        }
        return isGoverned
    }

    /// What the tags that go reach: the manifests that may go with them.
    private func doomedManifests(_ scan: RepositoryScan, _ catalog: ManifestCatalog) -> Set<DigestNumber> {
        var doomed: Set<DigestNumber> = []
        var pending = scan.doomedTags.compactMap(\.target) + scan.lostManifests
        while let number = pending.popLast() {
            guard doomed.insert(number).inserted else { continue }
            pending += referrers[number] ?? []
            guard let manifest = catalog[number], manifest.state == .understood, !manifest.isUnknownType else { continue }
            catalog.forEachChild(of: manifest) { pending.append($0) }
        }
        return doomed
    }

    /// Keeps of what a deletion may take what is young, and what that belongs to: without its subject nothing tells later that both are to go.
    ///
    /// The manifests that the named tags name go whatever their age, but where something young belongs to them. StorageInvariants.md, line H6.
    private mutating func keepYoung(_ scan: RepositoryScan, _ catalog: ManifestCatalog, _ policy: CollectionPolicy) {
        let before = keptCount
        let asked = Set(scan.doomedTags.compactMap(\.target))
        var young: [DigestNumber] = []
        for index in scan.revisions.indices where !kept[index] && policy.isYoung(scan.revisions[index].written) {
            if !asked.contains(scan.revisions[index].number) { young.append(scan.revisions[index].number) }
        }
        for index in scan.subjectTags.indices where !keptSubjectTags[index] && policy.isYoung(scan.subjectTags[index].written) {
            keptSubjectTags[index] = true
            young += [scan.subjectTags[index].target, scan.subjectTags[index].subject]
        }
        var seen: Set<DigestNumber> = []
        while let number = young.popLast() {
            guard places[number] != nil, seen.insert(number).inserted else { continue }
            pending.append(number)
            if let manifest = catalog[number], manifest.subject != Manifest.none { young.append(manifest.subject) }
        }
        keepPending(catalog)
        youngCount = keptCount - before
    }

    /// Keeps the newest untagged manifests.
    ///
    /// Counted are digests that stand for themselves: a child goes with its index, a referrer with its subject.
    private mutating func keepNewest(_ scan: RepositoryScan, _ catalog: ManifestCatalog, _ isGoverned: [Bool], _ keepLast: Int) {
        if keepLast == 0 { return }
        var isChild: Set<DigestNumber> = []
        var candidates: [RepositoryScan.Revision] = []
        for index in scan.revisions.indices where !kept[index] {
            let number = scan.revisions[index].number
            if let manifest = catalog[number], manifest.state == .understood {
                catalog.forEachChild(of: manifest) { if $0 != number { isChild.insert($0) } }
            }
            if !isGoverned[index] { candidates.append(scan.revisions[index]) }
        }
        candidates.removeAll { isChild.contains($0.number) }
        candidates.sort { ($0.written, $0.number) > ($1.written, $1.number) }
        for revision in candidates.prefix(keepLast) { pending.append(revision.number) }
    }

    /// Keeps the untagged manifests that are not old enough, whatever names them, and what belongs to something by its tag, with their subjects.
    ///
    /// Those that lost a tag count from then on: who goes back to what a tag named before, does so within days of that.
    private mutating func keepRecent(_ scan: RepositoryScan, _ policy: CollectionPolicy, _ subjects: YoungSubjects) {
        for index in scan.revisions.indices where !kept[index] {
            let revision = scan.revisions[index]
            let isRecent = policy.isRecent(revision.written) || scan.losses[revision.number].map(policy.isRecent) ?? false
            if isRecent || subjects.ofRecent.contains(revision.number) { pending.append(revision.number) }
        }
        for index in scan.subjectTags.indices where !keptSubjectTags[index] && policy.isRecent(scan.subjectTags[index].written) {
            keptSubjectTags[index] = true
            pending.append(scan.subjectTags[index].target)
        }
    }

    /// Notes the subjects that this repository does not have, as far as something would go without them: what a tag names stays in any case.
    private mutating func settleWaiting() {
        for subject in referrers.keys where places[subject] == nil && !unlinked.contains(subject) && leavesSomething(of: subject) {
            waiting.append(subject)
        }
        waiting.sort()
    }

    /// Says whether something that belongs to a subject is not kept so far.
    private func leavesSomething(of subject: DigestNumber) -> Bool {
        if (referrers[subject] ?? []).contains(where: { !keeps($0) }) { return true }
        return (tagsBySubject[subject] ?? []).contains { !keptSubjectTags[$0] }
    }
}
