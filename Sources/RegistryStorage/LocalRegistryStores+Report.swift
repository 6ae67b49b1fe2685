import HookKit

extension LocalRegistryStores {
    /// So many paths with the same note are noted one by one.
    private static let listedNotes = 50

    /// The report on what a plan takes, or took, but for what is wrong.
    func report(
        on plan: SweepPlan,
        of request: RegistryCollection,
        _ root: StorageRoot,
        _ extent: RemovalReport.Extent
    ) async throws -> RegistryStoreReport {
        var report = RegistryStoreReport()
        report.groups = try await RemovalReport(plan: plan, root: root, extent: extent).groups()
        report.reclaimed = report.groups.reduce(.zero) { $0 + $1.bytes }
        if !plan.unlistable.isEmpty {
            report.notes.append("no blob goes, because something that may name blobs cannot be listed")
        }
        report.notes += plan.youngNotes(request.minimumAge.settingText, untaggedAge: request.olderThan.settingText)
        if let note = plan.heldNote { report.notes.append(note) }
        report.notes += plan.leftReferrerNotes
        report.notes += plan.wholeNotes
        report.notes += plan.unknownTags.map { name, tags in
            let names = tags.map { "'\(name):\($0)'" }.joined(separator: ", ")
            return
                "what \(names) named cannot be told, so that '\(name)' keeps everything else; a later registry-gc with 'delete-untagged' frees "
                + "what no tag reaches"
        }
        report.counts = [.init("repository", plan.repositoryCount), .init("blob", plan.blobCount)]
        report.unmatched = plan.unmatched(request)
        return report
    }

    /// What became of a plan that was written down.
    func outcome(
        of expected: ExpectedChanges,
        _ agreement: ExpectedChanges.Agreement,
        left: [RegistryStoreReport.Group] = [],
        _ root: StorageRoot
    ) -> RegistryStoreReport.PlanOutcome {
        RegistryStoreReport.PlanOutcome(
            planned: expected.count,
            madeBefore: agreement.madeBefore,
            left: left,
            unmended: agreement.unmended.map { root.display($0) }
        )
    }

    /// Adds what an execution did.
    func add(_ result: SweepReport, _ root: StorageRoot, _ report: inout RegistryStoreReport) {
        report.trash = result.trash?.name.description
        report.isInterrupted = result.isInterrupted
        report.failures += result.failures.map { .init($0, in: root) }
        Self.note(result.spared, in: root, "something that a push wrote, or that stayed, names it; it stays", &report)
        Self.note(result.restored, in: root, "brought back from the trash, because it is named", &report)
        report.notes += result.postponed
        if result.failures.contains(where: { $0.error?.isLackOfSpace == true }) {
            report.notes.append(
                "the disk is too full to move anything aside: stop the registry and give its address as 'registry', or make room for some "
                    + "directories, and run again"
            )
        }
    }

    /// Says the same of many paths: of so many one by one, of the others how many they are.
    private static func note(_ paths: [EntryName], in root: StorageRoot, _ words: String, _ report: inout RegistryStoreReport) {
        report.notes += paths.prefix(listedNotes).map { "\(root.display($0)): \(words)" }
        let others = paths.count - listedNotes
        if others > 0 { report.notes.append("\(others) more: \(words)") }
    }
}

extension RegistryStoreReport.Failure {
    /// The failure as reports have it.
    init(_ failure: SweepReport.Failure, in root: StorageRoot) {
        self.init(path: root.display(failure.path), failure.words)
    }
}

extension BlobUse {
    /// The use as reports have it.
    var reported: RegistryStoreReport.Use {
        RegistryStoreReport.Use(
            repositories: repositories.map {
                .init(
                    name: $0.name.description,
                    bytes: ByteSize(bytes: $0.bytes),
                    reclaimable: ByteSize(bytes: $0.reclaimable)
                )
            },
            shared: ByteSize(bytes: shared),
            unreferenced: ByteSize(bytes: unreferenced),
            largestTags: largestTags.tags.map {
                .init(repository: $0.repository.description, name: $0.name.description, bytes: ByteSize(bytes: $0.bytes))
            },
            reclaimable: reclaimable.map {
                .init(
                    shared: ByteSize(bytes: $0.shared),
                    unreferenced: ByteSize(bytes: $0.unreferenced),
                    uploads: ByteSize(bytes: $0.uploads)
                )
            }
        )
    }
}

extension SweepPlan {
    /// The patterns of the request that matched nothing in the store.
    func unmatched(_ request: RegistryCollection, besides gone: [RegistryLayout.Place] = []) -> [String] {
        let patterns: [RegistryCollection.NamedPattern]
        switch request.target {
        case .named(let named): patterns = named
        case .garbage(let chosen):
            return chosen.filter { pattern in
                !graph.scan.repositories.contains { pattern.matches($0.name) }
                    && !graph.scan.emptyDirectories.contains { pattern.matches($0.path) }
            }.map(\.description)
        }
        return patterns.filter { named in
            let wasMatched = gone.contains { place in
                if !named.namesTags { return named.pattern.matches(place.repository) }
                return place.tag.map { named.pattern.matches($0, of: place.repository) } ?? false
            }
            if wasMatched { return false }
            return !graph.scan.repositories.contains { scan in
                if !named.namesTags { return named.pattern.matches(scan.name) }
                return scan.doomedTags.contains { named.pattern.matches($0.name, of: scan.name) }
            }
        }.map(\.pattern.description)
    }
}
