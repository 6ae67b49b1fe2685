/// Works out who uses what a plan leaves, and who named what it takes, without looking at a manifest again.
///
/// A repository names the manifests and layers that it links, and what those manifests name, as the checker has it.
struct PlannedUse {
    private let plan: SweepPlan
    private let staying: StayingBlobs
    /// The sizes of what stays, by the number of the digest; nothing for all else.
    private let sizes: [Int64]
    /// What goes from each repository, by its place in the graph.
    private let going: [Int: SweepPlan.Repository]
    private let scratch = WalkerScratch()

    /// Takes a plan; `nil` where its blobs were not measured.
    init?(_ plan: SweepPlan) {
        guard let staying = plan.staying else { return nil }
        self.plan = plan
        self.staying = staying
        var sizes = [Int64](repeating: 0, count: plan.graph.table.count)
        for (number, size) in staying.named { sizes[Int(number)] = size }
        self.sizes = sizes
        going = Dictionary(uniqueKeysWithValues: plan.repositories.map { ($0.place, $0) })
    }

    /// The use, of each blob once.
    func use() throws -> BlobUse { BlobUse(plan, staying, owners: try owners(), largestTags: try largestTags()) }

    // MARK: Who names what

    private func owners() throws -> PlaceOwners {
        var owners = PlaceOwners(count: sizes.count)
        var gone = DigestSet(count: sizes.count)
        for (place, scan) in plan.graph.scan.repositories.enumerated() {
            try Task.checkCancellation()
            let (repository, links) = (Int32(place), going[place])
            links?.revisions.forEach { gone.insert($0.number) }
            for revision in scan.revisions {
                let goes = gone.contains(revision.number)
                forEachName(of: revision.number) { number in
                    // What stays although its last name goes is named by nobody then.
                    if !goes || plan.removedBlobs.contains(number) { owners.add(repository, to: Int(number)) }
                }
            }
            links?.revisions.forEach { gone.remove($0.number) }
            links?.layers.forEach { gone.insert($0.number) }
            for number in scan.layers where !gone.contains(number) || plan.removedBlobs.contains(number) {
                owners.add(repository, to: Int(number))
            }
            links?.layers.forEach { gone.remove($0.number) }
            forEachStayingTag(of: scan, links) { owners.add(repository, to: Int($0)) }
        }
        return owners
    }

    /// Calls the body with what each tag names that stays, whether or not the repository has it.
    private func forEachStayingTag(of scan: RepositoryScan, _ going: SweepPlan.Repository?, _ body: (DigestNumber) -> Void) {
        if let going, going.removesContents || going.removesDirectory { return }
        var leaving = (going?.tags ?? []).lazy.compactMap(\.target).reduce(into: [DigestNumber: Int]()) { $0[$1, default: 0] += 1 }
        for target in scan.tagTargets + scan.subjectTags.map(\.target) {
            if let count = leaving[target], count > 0 { leaving[target] = count - 1 } else { body(target) }
        }
    }

    /// Calls the body with a manifest, and with everything that it names.
    private func forEachName(of number: DigestNumber, _ body: (DigestNumber) -> Void) {
        body(number)
        guard let manifest = plan.graph.catalog[number], manifest.state == .understood else { return }
        plan.graph.catalog.forEachBlob(of: manifest, body)
        plan.graph.catalog.forEachChild(of: manifest, body)
    }

    // MARK: The largest tags

    /// The tags that reach most of what stays: only where a repository may have one of them its tags are read, since the walk forgot their names.
    private func largestTags() throws -> LargestTags {
        var reach = Reach(plan: plan, sizes: sizes)
        var candidates: [(most: Int64, place: Int)] = []
        for (place, scan) in plan.graph.scan.repositories.enumerated() {
            try Task.checkCancellation()
            guard reach.enter(scan, going[place]) else { continue }
            let most = (scan.tagTargets + scan.subjectTags.map(\.target)).lazy.compactMap { reach.bytes(of: $0) }.max()
            if let most { candidates.append((most, place)) }
        }
        // Of two of a size the one with the lesser name is in the list.
        candidates.sort { ($1.most, $0.place) < ($0.most, $1.place) }
        var largest = LargestTags()
        for (most, place) in candidates {
            let scan = plan.graph.scan.repositories[place]
            guard largest.mayTake(most, of: scan.name), reach.enter(scan, going[place]) else { continue }
            try Task.checkCancellation()
            read(scan, &reach, &largest)
        }
        return largest
    }

    private func read(_ scan: RepositoryScan, _ reach: inout Reach, _ largest: inout LargestTags) {
        let calls = plan.graph.root.calls
        do throws(Errno) {
            let tags = try calls.openDirectory(scratch.path.path(RegistryLayout.tags(of: scan.name)), in: plan.graph.root.number)
            try calls.forEachEntry(of: tags.number, scratch.outer) { entry throws(Errno) in
                let name = EntryName(entry)
                do throws(Errno) {
                    let text = try scratch.readLink(calls, scratch.path.currentLink(entry), in: tags.number)
                    guard !reach.goes(name), let target = BlobKey(text: text).flatMap({ plan.graph.table.find($0) }),
                        let bytes = reach.bytes(of: target), largest.mayTake(bytes)
                    else { return }
                    largest.add(.init(repository: scan.name, name: name, bytes: bytes))
                } catch {
                    // The walk has reported what cannot be read; no decision hangs on the sizes.
                    return
                }
            }
        } catch {
            // As above.
            return
        }
    }
}

extension PlannedUse {
    /// What the tags of one repository at a time reach.
    private struct Reach {
        private let plan: SweepPlan
        private let sizes: [Int64]
        /// The manifests that stay in the repository.
        private var linked: DigestSet
        private var links: [DigestNumber] = []
        private var goingTags: Set<EntryName> = []
        private var known: [DigestNumber: Int64] = [:]
        private var seen: DigestSet
        private var touched: [DigestNumber] = []

        init(plan: SweepPlan, sizes: [Int64]) {
            self.plan = plan
            self.sizes = sizes
            linked = DigestSet(count: sizes.count)
            seen = linked
        }

        /// Goes to the next repository; says whether any of its tags stay.
        mutating func enter(_ scan: RepositoryScan, _ going: SweepPlan.Repository?) -> Bool {
            for number in links { linked.remove(number) }
            links.removeAll(keepingCapacity: true)
            known.removeAll(keepingCapacity: true)
            goingTags = Set(going?.tags.map(\.name) ?? [])
            if let going, going.removesContents || going.removesDirectory { return false }
            links += scan.revisions.lazy.map(\.number)
            for number in links { linked.insert(number) }
            for link in going?.revisions ?? [] { linked.remove(link.number) }
            return true
        }

        func goes(_ tag: EntryName) -> Bool { goingTags.contains(tag) }

        /// The bytes that a manifest reaches, every blob once; `nil` where the repository does not have it.
        mutating func bytes(of manifest: DigestNumber) -> Int64? {
            guard linked.contains(manifest) else { return nil }
            if let bytes = known[manifest] { return bytes }
            let catalog = plan.graph.catalog
            var sum: Int64 = 0
            var waiting = [manifest]
            add(manifest, &sum)
            while let next = waiting.popLast() {
                guard let manifest = catalog[next], manifest.state == .understood else { continue }
                // What a manifest of an unknown type names may be manifests as well.
                catalog.forEachBlob(of: manifest) { if add($0, &sum), manifest.isUnknownType, linked.contains($0) { waiting.append($0) } }
                catalog.forEachChild(of: manifest) { if add($0, &sum), linked.contains($0) { waiting.append($0) } }
            }
            for number in touched { seen.remove(number) }
            touched.removeAll(keepingCapacity: true)
            known[manifest] = sum
            return sum
        }

        @discardableResult
        private mutating func add(_ number: DigestNumber, _ sum: inout Int64) -> Bool {
            guard seen.insert(number) else { return false }
            touched.append(number)
            sum += sizes[Int(number)]
            return true
        }
    }
}
