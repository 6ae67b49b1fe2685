/// Turns marks into a plan.
struct SweepPlanner {
    let graph: StoreGraph
    let marks: [RepositoryMark]
    let policy: CollectionPolicy
    /// What the trash needs.
    let held: HeldReferences

    private struct Part: Sendable {
        var repositories: [SweepPlan.Repository] = []
        var live: DigestSet
        var freed: DigestSet
        var problems: [StorageProblem] = []
        var youngLayers = 0
        var heldLayers = 0
    }

    /// The plan for the whole store, and which blobs are there; `lacksNothing` where all that is kept is among them.
    func plan() async throws -> (plan: SweepPlan, listed: DigestSet, lacksNothing: Bool) {
        var plan = SweepPlan(graph: graph, policy: policy)
        let parts = try await WorkShare.run(units: marks.count, jobs: policy.jobs) { share in
            let scratch = WalkerScratch()
            let empty = DigestSet(count: graph.table.count)
            var part = Part(live: empty, freed: DigestSet(count: 0))
            var needed = empty
            while let unit = try share.take() { planRepository(unit, scratch, &needed, &part) }
            return part
        }
        var live = DigestSet(count: graph.table.count)
        var freed = DigestSet(count: 0)
        for part in parts {
            plan.repositories += part.repositories
            plan.problems += part.problems
            plan.youngLayers += part.youngLayers
            plan.held.layers += part.heldLayers
            live.formUnion(part.live)
            freed.formUnion(part.freed)
        }
        plan.repositories.sort { $0.name < $1.name }
        keepDirectoriesOfNested(&plan)
        plan.repositories.removeAll { $0.isEmpty }
        plan.unlistable = graph.scan.unlistable
        for (scan, mark) in zip(graph.scan.repositories, marks) {
            // What is wrong with a repository that goes as a whole goes with it.
            if mark.fate != .removed { plan.problems += scan.problems + mark.problems }
            plan.youngManifests += mark.youngCount
            plan.held.manifests += mark.untagged.held
            for reason in [\UntaggedCounts.always, \.young, \.newest, \.recent] where mark.untagged[keyPath: reason] > 0 {
                plan.untagged.manifests[keyPath: reason] += mark.untagged[keyPath: reason]
                plan.untagged.repositories[keyPath: reason] += 1
            }
            plan.unlistable += scan.unlistable
            guard mark.fate == .keptWhole, policy.selects(scan.name) else { continue }
            if mark.isDamaged { plan.wholeRepositories.append(scan.name) }
            if !scan.unknownDoomedTags.isEmpty { plan.unknownTags.append((scan.name, scan.unknownDoomedTags.sorted())) }
        }
        if policy.deletesEmptyRepositories, policy.deletion == nil {
            plan.emptyDirectories = graph.scan.emptyDirectories.filter { !policy.isYoung($0.modified) && policy.selects($0.path) }.map(
                \.path
            )
        }
        planParents(&plan)
        plan.held.runs = held.runs
        plan.leftReferrers = leftReferrers()
        let listed = try await BlobPlanner(graph: graph, policy: policy).plan(live: live, held: held.blobs, freed: freed, into: &plan)
        TrashedLinkPlanner(graph: graph, marks: marks).plan(into: &plan)
        plan.problems.sort()
        return (plan, listed, live.isSubset(of: listed))
    }

    /// Counts what stays although a manifest of another repository goes that it belongs to: in a deletion, and in a repository that is kept whole.
    private func leftReferrers() -> [(repository: EntryName, count: Int)] {
        var (kept, linked) = (DigestSet(count: graph.table.count), DigestSet(count: graph.table.count))
        for (mark, scan) in zip(marks, graph.scan.repositories) {
            for index in scan.revisions.indices {
                let number = scan.revisions[index].number
                if mark.fate != .removed, mark.kept[index] { kept.insert(number) } else { linked.insert(number) }
            }
            if mark.fate != .removed { for number in mark.unlinked { kept.insert(number) } }
        }
        let goes = { (number: DigestNumber) in linked.contains(number) && !kept.contains(number) }
        var left: [(repository: EntryName, count: Int)] = []
        for (mark, scan) in zip(marks, graph.scan.repositories) {
            if mark.fate == .removed || (mark.fate == .collected && policy.deletion == nil) { continue }
            var belonging: Set<DigestNumber> = []
            for index in scan.revisions.indices where mark.kept[index] {
                let number = scan.revisions[index].number
                guard let manifest = graph.catalog[number], manifest.subject != Manifest.none else { continue }
                if goes(manifest.subject) { belonging.insert(number) }
            }
            for index in scan.subjectTags.indices where mark.keptSubjectTags[index] {
                let tag = scan.subjectTags[index]
                if goes(tag.subject), tag.isOfSubject(graph.catalog) { belonging.insert(tag.target) }
            }
            // What another tag names stays without it as well.
            belonging.subtract(scan.tagTargets)
            if !belonging.isEmpty { left.append((scan.name, belonging.count)) }
        }
        return left
    }

    /// Keeps the directories of repositories beneath which another repository's directory stays.
    private func keepDirectoriesOfNested(_ plan: inout SweepPlan) {
        let going = Set(plan.repositories.lazy.filter(\.removesDirectory).map(\.place))
        if going.isEmpty { return }
        var needed: Set<EntryName> = []
        for (place, scan) in graph.scan.repositories.enumerated() where !going.contains(place) {
            var above = scan.name.parent
            while !above.bytes.isEmpty, needed.insert(above).inserted { above = above.parent }
        }
        for index in plan.repositories.indices where needed.contains(plan.repositories[index].name) {
            plan.repositories[index].removesDirectory = false
        }
    }

    /// Adds the directories above repositories that go, as far as nothing else is in them.
    private func planParents(_ plan: inout SweepPlan) {
        var left = graph.scan.parents
        var pending = plan.repositories.filter(\.removesDirectory).map(\.name) + plan.emptyDirectories
        let known = Set(pending)
        var going: Set<EntryName> = []
        while let name = pending.popLast() {
            guard going.insert(name).inserted, let count = left[name.parent], !name.parent.bytes.isEmpty else { continue }
            left[name.parent] = count - 1
            if count == 1 { pending.append(name.parent) }
        }
        let depth = { (name: EntryName) in name.bytes.count { $0 == 0x2f } }
        plan.emptyDirectories += going.subtracting(known).sorted { (depth($1), $0) < (depth($0), $1) }
    }

    // MARK: One repository

    private var layerReason: SweepPlan.Reason { policy.deletion == nil ? .unneeded : .asked }

    private func planRepository(_ place: Int, _ scratch: WalkerScratch, _ needed: inout DigestSet, _ part: inout Part) {
        let (scan, mark) = (graph.scan.repositories[place], marks[place])
        var plan = SweepPlan.Repository(name: scan.name, place: place, layersGo: layerReason)
        switch mark.fate {
        case .keptWhole:
            markLive(scan, mark, &part.live)
            for number in scan.layers { part.live.insert(number) }
            for number in scan.extraBlobs { part.live.insert(number) }
            planDoomedTags(scan, &plan)
        case .removed:
            planDoomedTags(scan, &plan)
            planWhole(scan, &plan, &part.freed)
        case .collected:
            var touched: [DigestNumber] = []
            markNeeded(scan, mark, &part.live, &needed, &touched)
            var heldLayers: Set<DigestNumber> = []
            for key in held.repositories[scan.name]?.layers ?? [] {
                guard let number = graph.table.find(key), needed.insert(number) else { continue }
                touched.append(number)
                heldLayers.insert(number)
            }
            planDoomedTags(scan, &plan)
            for index in scan.subjectTags.indices where !mark.keptSubjectTags[index] {
                let tag = scan.subjectTags[index]
                plan.tags.append(.init(name: tag.name, target: tag.target, stamp: tag.stamp, reason: .subjectGone, subject: tag.subject))
            }
            planRevisions(scan, mark, &plan, &part.freed)
            if looksForEntries(scan, plan), !planEntries(scan, mark, scratch, &plan, &part.problems) {
                // The entries would be found no more when their manifests are gone.
                plan = SweepPlan.Repository(name: scan.name, place: place, layersGo: layerReason)
                planDoomedTags(scan, &plan)
                keepLinked(scan, &part.live)
            } else {
                planLayers(scan, needed, held: heldLayers, scratch, &plan, &part)
            }
            for number in touched { needed.remove(number) }
        }
        if policy.deletion == nil, policy.selects(scan.name) { plan.uploads = scan.staleUploads }
        planDirectory(scan, mark, &plan)
        if !plan.isEmpty { part.repositories.append(plan) }
    }

    /// Keeps everything that a repository links, and all that its manifests name.
    private func keepLinked(_ scan: RepositoryScan, _ live: inout DigestSet) {
        for revision in scan.revisions {
            live.insert(revision.number)
            guard let manifest = graph.catalog[revision.number] else { continue }
            graph.catalog.forEachBlob(of: manifest) { live.insert($0) }
            graph.catalog.forEachChild(of: manifest) { live.insert($0) }
        }
        for number in scan.layers { live.insert(number) }
    }

    private func planDoomedTags(_ scan: RepositoryScan, _ plan: inout SweepPlan.Repository) {
        for tag in scan.doomedTags {
            plan.tags.append(.init(name: tag.name, target: tag.target, stamp: tag.stamp, reason: .asked))
        }
    }

    private func markLive(_ scan: RepositoryScan, _ mark: RepositoryMark, _ live: inout DigestSet) {
        forEachKept(scan, mark) { number, manifest in
            live.insert(number)
            guard let manifest else { return }
            graph.catalog.forEachBlob(of: manifest) { live.insert($0) }
            graph.catalog.forEachChild(of: manifest) { live.insert($0) }
        }
        // What tags name in a damaged repository counts as well, whether or not the repository links it.
        for number in scan.tagTargets { live.insert(number) }
        for tag in scan.subjectTags { live.insert(tag.target) }
        for target in scan.doomedTags.lazy.compactMap(\.target) { live.insert(target) }
    }

    private func markNeeded(
        _ scan: RepositoryScan,
        _ mark: RepositoryMark,
        _ live: inout DigestSet,
        _ needed: inout DigestSet,
        _ touched: inout [DigestNumber]
    ) {
        forEachKept(scan, mark) { number, manifest in
            live.insert(number)
            guard let manifest else { return }
            graph.catalog.forEachBlob(of: manifest) {
                live.insert($0)
                if needed.insert($0) { touched.append($0) }
            }
            // A build cache's index names layers where others name manifests; the repository links them as layers.
            graph.catalog.forEachChild(of: manifest) {
                live.insert($0)
                if needed.insert($0) { touched.append($0) }
            }
        }
    }

    private func forEachKept(_ scan: RepositoryScan, _ mark: RepositoryMark, _ body: (DigestNumber, Manifest?) -> Void) {
        for index in scan.revisions.indices where mark.kept[index] {
            let number = scan.revisions[index].number
            body(number, graph.catalog[number])
        }
        for number in mark.unlinked { body(number, graph.catalog[number]) }
    }

    /// Orders the manifests that go: each after those that name it or belong to it, so that no link outlives what it needs.
    private func planRevisions(
        _ scan: RepositoryScan,
        _ mark: RepositoryMark,
        _ plan: inout SweepPlan.Repository,
        _ freed: inout DigestSet
    ) {
        var place: [DigestNumber: Int] = [:]
        for index in scan.revisions.indices where !mark.kept[index] { place[scan.revisions[index].number] = index }
        guard !place.isEmpty else { return }
        let governed = Set(scan.subjectTags.map(\.target))
        var isOrdered: Set<DigestNumber> = []
        var finished: [Int] = []
        // Depth first without recursion: a manifest is finished after all that it names, and removed in the reverse of that.
        for index in scan.revisions.indices where !mark.kept[index] {
            var stack: [(number: DigestNumber, isLeaving: Bool)] = [(scan.revisions[index].number, false)]
            while let (number, isLeaving) = stack.popLast() {
                if isLeaving {
                    if let index = place[number] { finished.append(index) }
                    continue
                }
                guard place[number] != nil, isOrdered.insert(number).inserted else { continue }
                stack.append((number, true))
                guard let manifest = graph.catalog[number], manifest.state == .understood else { continue }
                graph.catalog.forEachChild(of: manifest) { stack.append(($0, false)) }
                if manifest.isUnknownType { graph.catalog.forEachBlob(of: manifest) { stack.append(($0, false)) } }
                if manifest.subject != Manifest.none { stack.append((manifest.subject, false)) }
            }
        }
        for index in finished.reversed() {
            let revision = scan.revisions[index]
            let manifest = graph.catalog[revision.number]
            let reason: SweepPlan.Reason
            if scan.lostManifests.contains(revision.number) {
                reason = .lost
            } else if policy.deletion != nil {
                reason = .asked
            } else if manifest.map({ $0.subject != Manifest.none }) ?? false || governed.contains(revision.number) {
                reason = .subjectGone
            } else {
                reason = .untagged
            }
            plan.revisions.append(.init(number: revision.number, stamp: revision.stamp, reason: reason))
            free(revision.number, manifest, &freed)
        }
    }

    private func free(_ number: DigestNumber, _ manifest: Manifest?, _ freed: inout DigestSet) {
        // Only what is asked for by name frees no more than it named.
        if policy.deletion == nil { return }
        freed.insert(number)
        guard let manifest, manifest.state == .understood else { return }
        graph.catalog.forEachBlob(of: manifest) { freed.insert($0) }
        graph.catalog.forEachChild(of: manifest) { freed.insert($0) }
    }

    private func planLayers(
        _ scan: RepositoryScan,
        _ needed: DigestSet,
        held: Set<DigestNumber>,
        _ scratch: WalkerScratch,
        _ plan: inout SweepPlan.Repository,
        _ part: inout Part
    ) {
        var candidates = PackedNumbers()
        var heldLinks: [DigestNumber] = []
        for number in scan.layers {
            if !needed.contains(number) { candidates.append(number) } else if held.contains(number) { heldLinks.append(number) }
        }
        if policy.deletion != nil {
            var used: Set<DigestNumber> = []
            for revision in plan.revisions {
                guard let manifest = graph.catalog[revision.number] else { continue }
                graph.catalog.forEachBlob(of: manifest) { used.insert($0) }
                graph.catalog.forEachChild(of: manifest) { used.insert($0) }
            }
            let unneeded = candidates
            candidates = PackedNumbers()
            for number in unneeded {
                if used.contains(number) { candidates.append(number) } else { part.live.insert(number) }
            }
            heldLinks.removeAll { !used.contains($0) }
        }
        part.heldLayers += heldLinks.count
        guard !candidates.isEmpty else { return }
        let path = RegistryLayout.layers(of: scan.name)
        defer { plan.layers.trim() }
        do {
            let directory = try graph.root.calls.openDirectory(scratch.path.path(path), in: graph.root.number)
            for number in candidates {
                let key = graph.table.key(number)
                do throws(Errno) {
                    let status = try graph.root.calls.status(scratch.path.linkFile(key), in: directory.number)
                    if policy.isYoung(status.modified) {
                        part.live.insert(number)
                        part.youngLayers += 1
                    } else {
                        plan.layers.append(number, status.stamp)
                        if policy.deletion != nil { part.freed.insert(number) }
                    }
                } catch  where error == .noSuchFile {
                    // Only a link counts. The directory without one is found by the checker.
                    continue
                } catch {
                    part.live.insert(number)
                    part.problems.append(
                        StorageProblem(
                            .unreadable,
                            RegistryLayout.layer(key, of: scan.name),
                            repository: scan.name,
                            breaksImages: true,
                            "the link cannot be asked for its age: \(error)"
                        )
                    )
                }
            }
        } catch {
            for number in candidates { part.live.insert(number) }
            part.problems.append(
                StorageProblem(.unreadable, path, repository: scan.name, breaksImages: true, "the directory cannot be opened: \(error)")
            )
        }
    }

    /// Says whether tags' entries are looked at: where manifests go, and where some went by the registry's own `DELETE`, which leaves both the
    /// directory of the revision and the entries.
    private func looksForEntries(_ scan: RepositoryScan, _ plan: SweepPlan.Repository) -> Bool {
        if !plan.revisions.isEmpty { return true }
        if case .removed = policy.untagged, policy.deletion == nil { return !scan.bareRevisions.isEmpty }
        return false
    }

    /// Finds the entries of tags that remember a manifest that goes, or that is gone; says whether all could be looked at.
    private func planEntries(
        _ scan: RepositoryScan,
        _ mark: RepositoryMark,
        _ scratch: WalkerScratch,
        _ plan: inout SweepPlan.Repository,
        _ problems: inout [StorageProblem]
    ) -> Bool {
        let going = Set(plan.revisions.map(\.number))
        let goingTags = Set(plan.tags.map(\.name))
        let calls = graph.root.calls
        do {
            let tags = try calls.openDirectory(scratch.path.path(RegistryLayout.tags(of: scan.name)), in: graph.root.number)
            try calls.forEachEntry(of: tags.number, scratch.outer) { entry throws(Errno) in
                guard entry.kind == .directory, goingTags.isEmpty || !goingTags.contains(EntryName(entry)) else { return }
                do throws(Errno) {
                    let index = try calls.openDirectory(scratch.path.tagIndexDirectory(entry), in: tags.number)
                    // An entry that is missed is rubbish that stays.
                    try calls.forEachEntry(of: index.number, scratch.inner, .likely) { former throws(Errno) in
                        guard former.kind == .directory, let key = BlobKey(hex: former.bytes) else { return }
                        if let number = graph.table.find(key), mark.links(number) {
                            if going.contains(number) { plan.entries.append((EntryName(entry), key)) }
                            return
                        }
                        // A push that is under way writes the entry too; what is old remembers a manifest that is gone.
                        if try !isYoung(scratch.path.linkFile(key), in: index.number) { plan.entries.append((EntryName(entry), key)) }
                    }
                } catch  where error == .noSuchFile {
                    return
                }
            }
            return true
        } catch  where error == .noSuchFile {
            return true
        } catch {
            problems.append(
                StorageProblem(
                    .unreadable,
                    RegistryLayout.tags(of: scan.name),
                    repository: scan.name,
                    breaksImages: false,
                    "the tags' entries cannot be listed, so that no manifest goes: \(error)"
                )
            )
            return false
        }
    }

    private func isYoung(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> Bool {
        do throws(Errno) {
            return policy.isYoung(try graph.root.calls.status(path, in: directory).modified)
        } catch  where error == .noSuchFile {
            return true
        }
    }

    private func planWhole(_ scan: RepositoryScan, _ plan: inout SweepPlan.Repository, _ freed: inout DigestSet) {
        plan.removesContents = true
        plan.removesDirectory = true
        plan.uploads = scan.staleUploads
        for revision in scan.revisions {
            free(revision.number, graph.catalog[revision.number], &freed)
            plan.revisions.append(.init(number: revision.number, stamp: revision.stamp, reason: .asked))
        }
        for number in scan.layers {
            freed.insert(number)
            plan.layers.append(number, FileStamp(inode: 0, written: 0))
        }
        plan.layers.trim()
    }

    /// Says whether nothing is left of the repository when the plan is done.
    private func planDirectory(_ scan: RepositoryScan, _ mark: RepositoryMark, _ plan: inout SweepPlan.Repository) {
        guard policy.deletesEmptyRepositories, mark.fate == .collected, scan.unlistable.isEmpty, !scan.hasLiveUpload,
            policy.deletion == nil || !plan.tags.isEmpty,
            plan.revisions.count == scan.revisions.count, plan.layers.count == scan.layers.count,
            plan.uploads.count == scan.staleUploads.count, plan.tags.count == scan.tagCount,
            !policy.isYoung(scan.modified)
        else { return }
        plan.removesDirectory = true
    }
}
