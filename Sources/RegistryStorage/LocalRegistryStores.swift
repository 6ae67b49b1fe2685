package import HookKit
import OCI

/// Registries' directories on this machine's disks.
package struct LocalRegistryStores: RegistryStores {
    /// Of a real run, so many removals of one group are listed one by one.
    private static let listedRemovals = 200
    /// So many paths with the same note are noted one by one.
    private static let listedNotes = 50

    /// The number of this process.
    let process: Int32
    private let cores: Int
    /// The clock.
    let now: @Sendable () -> Timestamp
    private let calls: SystemCalls
    private let wait: @Sendable (_ nanoseconds: Int64) async throws -> Void
    /// Makes a client for the address of a registry.
    let connect: @Sendable (_ address: String) throws -> any RunningRegistry

    /// Makes the service.
    ///
    /// `connect` makes a client for the address of a registry that may be running. Only tests give other system calls, and another `wait`, which
    /// lets the given time pass.
    package init(
        process: Int32,
        cores: Int,
        now: @escaping @Sendable () -> Timestamp,
        calls: SystemCalls = SystemCalls(),
        wait: @escaping @Sendable (_ nanoseconds: Int64) async throws -> Void = Sweeper.sleep,
        connect: @escaping @Sendable (_ address: String) throws -> any RunningRegistry
    ) {
        self.calls = calls
        self.wait = wait
        self.process = process
        self.cores = cores
        self.now = now
        self.connect = connect
    }

    /// Plans, and where this is no dry run, removes.
    package func collect(_ request: RegistryCollection, isDryRun: Bool) async throws -> RegistryStoreReport {
        do {
            let root = try StorageRoot(path: request.root, calls: calls)
            var policy = policy(for: request)
            if isDryRun {
                if try StorageLock.isHeld(root) {
                    throw RegistryStorageError(.busy, "another collector works on '\(root.basePath)'; try again when it has finished")
                }
                var options = SweepOptions(process: process)
                let protection = await protect(&options, request, root, isDryRun: true)
                policy.measuresUse = request.measuresUse
                (policy.trashPeriod, policy.trashStart) = (options.trashPeriod, now().nanoseconds)
                // Before there is a plan, so that the two are not in memory at once.
                let broken = try await StorageChecker(root: root, jobs: policy.jobs, depth: .afterSweep).check().broken
                var plan = try await StorageCollector(root: root, policy: policy).plan()
                let outlook = foresee(&plan, options, request)
                var report = try await report(on: plan, of: request, root, .planned)
                report.repairs = plan.mendedPaths.map { root.display($0) }
                report.use = try PlannedUse(plan)?.use().reported
                report.protection = protection
                report.wouldBeKeptFor = outlook.keptFor
                report.notes += outlook.notes
                if let note = root.refusalNote() { report.notes.append(note) }
                // What comes back is missing no more.
                Self.removeMissingBlobs(that: Set(plan.restored.compactMap { BlobKey(ofBlob: $0.original) }), from: &report)
                add(try await foreseeProblems(broken, plan, root), root, &report)
                let returning = try TrashRestoration(plan: plan, extent: .followed).foreseen()
                try foreseeTrash(policy.now, root, without: Set(returning.map(\.trashed)), &report)
                return report
            }
            let lock = try StorageLock(root)
            defer { withExtendedLifetime(lock) {} }
            return try await sweep(root, policy, request)
        } catch let error as RegistryStorageError {
            throw RegistryStoreError(error.code == .busy ? .busy : .unusable, error.description)
        } catch let error as Errno {
            throw RegistryStoreError(.unusable, "cannot work on '\(request.root)': \(error)")
        }
    }

    /// Takes out of a dry run's plan what a run would leave, as far as that can be told without a change, and says for how long the rest would be
    /// kept.
    ///
    /// A registry is not asked whether it keeps blobs in memory and deletes: a link would have to be taken away and a deletion asked for. Under which
    /// condition something would stay is what a dry run can say.
    private func foresee(
        _ plan: inout SweepPlan,
        _ options: SweepOptions,
        _ request: RegistryCollection
    ) -> (keptFor: Duration?, notes: [String]) {
        var notes: [String] = []
        let things = [(plan.count(of: .layerLink), "layer link"), (plan.count(of: .blob), "blob")].filter { $0.0 > 0 }
            .map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: " and ")
        switch options.server {
        case .absent: break
        case .unknown:
            plan.leaveBlobs()
            if !things.isEmpty {
                notes.append("\(things) would stay until the registry that serves the directory can be asked, or is stopped")
            }
        case .running:
            if !things.isEmpty {
                let manifests = "where it allows them, manifests' own blobs among them would stay until it is restarted"
                notes.append(
                    "\(things) would stay where the registry keeps blobs in memory and does not allow deletes, or is several processes at one address"
                        + (plan.blobs.isEmpty ? "" : "; \(manifests)") + ": a dry run does not try that out"
                )
            }
        }
        if options.trashPeriod == 0 { return (nil, notes) }
        let isAsked = options.trashPeriod == Self.nanoseconds(request.trash)
        return (isAsked ? request.trash : request.minimumAge, notes)
    }

    /// What the check after a run would find, of what is wrong before it.
    private func foreseeProblems(_ broken: [StorageProblem], _ plan: SweepPlan, _ root: StorageRoot) async throws -> [StorageProblem] {
        if broken.isEmpty { return [] }
        let checker = StorageChecker(root: root, jobs: plan.policy.jobs, foreseen: try ForeseenChanges(plan))
        let left = try await checker.check()
        // What was wrong before as well has been seen twice.
        if Set(left.broken).isSubset(of: broken) { return left.broken }
        return try await checker.confirm(left).broken
    }

    /// Takes out of a report that manifests or blobs are missing that were brought back, or would be.
    private static func removeMissingBlobs(that back: Set<BlobKey>, from report: inout RegistryStoreReport) {
        report.problems.removeAll { problem in
            guard [.missingManifest, .missingBlob].contains(StorageProblem.Kind(rawValue: problem.kind)) else { return false }
            return BlobKey(namedBy: problem.path).map { back.contains($0) } ?? false
        }
    }

    /// Says what a run would delete from the trash, and what the disk would get back in all.
    ///
    /// What comes back before is not deleted.
    private func foreseeTrash(
        _ now: Int64,
        _ root: StorageRoot,
        without returning: Set<EntryName>,
        _ report: inout RegistryStoreReport
    ) throws {
        let trash = Trash(root: root)
        let proof = TrashProof(root: root, problems: report.problems, failures: [])
        let over = try trash.runs().filter { $0.isOver(at: now) }
        let withheld = try proof.withheld(of: over)
        let names = Set(withheld.map(\.name))
        let deleted = over.filter { !names.contains($0.name) }
        report.trashToEmpty = try deleted.map { run in
            RegistryStoreReport.Removal(
                kind: ExpectedChanges.trashRun,
                path: root.display(RegistryLayout.trash(of: run.name)),
                reason: "over",
                bytes: ByteSize(bytes: try trash.bytes(of: run, without: returning))
            )
        }
        report.freedFromTrash = report.trashToEmpty.reduce(.zero) { $0 + $1.bytes }
        let isOwnWithheld = try report.wouldBeKeptFor == nil && !report.groups.isEmpty && proof.withholdsAll
        if isOwnWithheld { report.wouldBeKeptFor = .zero }
        report.freed = report.freedFromTrash + (report.wouldBeKeptFor == nil ? report.reclaimed : .zero)
        if !withheld.isEmpty || isOwnWithheld {
            let words = withheld.isEmpty ? "" : " (\(withheld.map(\.name.description).joined(separator: ", ")))"
            report.notes.append("the trash would not be emptied\(words): it may hold what images lack")
        }
        report.notes += deleted.map {
            "the run \($0.name) could not be put back any more: its period is over, and what it moved to the trash would be deleted"
        }
    }

    private func sweep(_ root: StorageRoot, _ policy: CollectionPolicy, _ request: RegistryCollection) async throws -> RegistryStoreReport {
        var options = SweepOptions(process: process)
        options.jobs = policy.jobs
        options.trashPeriod = Self.nanoseconds(request.trash)
        options.started = now().nanoseconds
        options.ending = .left
        let protection = await protect(&options, request, root)
        var policy = policy
        (policy.trashPeriod, policy.trashStart) = (options.trashPeriod, options.started)
        let done = try await carryOut(root, policy, options, request)
        var report = done.report
        report.protection = protection
        if !report.isInterrupted {
            do {
                let check = try await checkAfterSweep(root, options)
                add(check.problems, root, &report)
                report.use = check.use.reported
                // A plan's ages count from its own time, the trash's from now.
                policy.now = max(policy.now, now().nanoseconds)
                try await emptyTrash(root, policy, request, done.failures, &report)
                if !report.isInterrupted { DirectoryReserve(root: root).fill() }
            } catch is CancellationError {
                report.isInterrupted = true
            } catch {
                // What went is gone, and is reported whatever happens afterwards.
                report.failures.append(.init(path: root.basePath, "what was left could not be looked at to the end: \(error)"))
            }
        }
        do throws(Errno) {
            try countSpace(policy.now, root, &report)
        } catch {
            report.failures.append(.init(path: root.display(RegistryLayout.trash), "it cannot be listed: \(error)"))
        }
        return report
    }

    /// Says what the disk got back, and from when on it gets back what lies in the trash.
    ///
    /// Where everything was spared, nothing lies in the trash that could be put back.
    private func countSpace(_ now: Int64, _ root: StorageRoot, _ report: inout RegistryStoreReport) throws(Errno) {
        // Of what is deleted in part, the rest is not given back yet.
        let deleted = report.leftInTrash.map { max(report.reclaimed - $0, .zero) }
        guard let run = report.trash, let own = try Trash(root: root).runs().first(where: { $0.name.description == run }) else {
            report.trash = nil
            report.freed = (deleted ?? report.reclaimed) + report.freedFromTrash
            return
        }
        report.freed = (deleted ?? .zero) + report.freedFromTrash
        // What is kept although its time is over waits for a proof, not for a moment.
        if !own.isOver(at: now) { report.keptUntil = Timestamp(nanoseconds: own.started + own.period) }
    }

    /// Deletes what is in the trash and whose period is over, this run's own things included, where it is proven that nobody needs them.
    ///
    /// What may hold the only copy of something that an image lacks stays.
    private func emptyTrash(
        _ root: StorageRoot,
        _ policy: CollectionPolicy,
        _ request: RegistryCollection,
        _ failures: [SweepReport.Failure],
        _ report: inout RegistryStoreReport
    ) async throws {
        let over = try Trash(root: root).runs().filter { $0.isOver(at: policy.now) }
        let withheld = try TrashProof(root: root, problems: report.problems, failures: failures).withheld(of: over)
        if !withheld.isEmpty {
            let names = withheld.map(\.name.description).joined(separator: ", ")
            report.notes.append("the trash is not emptied (\(names)): it may hold what images lack")
        }
        // What earlier runs left there and is in no plan that somebody agreed to stays.
        let own = report.trash
        let expected = request.expected.map { ExpectedChanges($0) }
        let ended = over.filter { run in !withheld.contains { $0.name == run.name } }
        let chosen = Set(
            ended.filter { run in
                run.name.description == own || expected?.hasTrash(root.display(RegistryLayout.trash(of: run.name))) ?? true
            }.map(\.name)
        )
        if chosen.count < ended.count {
            let names = ended.map(\.name).filter { !chosen.contains($0) }.map(\.description).joined(separator: ", ")
            report.notes.append("not in the plan, so left in the trash although its period is over: \(names)")
        }
        let emptied = try await StorageCollector(root: root, policy: policy).emptyTrash(jobs: policy.jobs) {
            chosen.contains($0.name)
        } measuring: {
            $0.name.description != own
        }
        report.isInterrupted = emptied.isInterrupted
        report.freedFromTrash = ByteSize(bytes: emptied.bytes)
        report.failures += emptied.failures.map { .init($0, in: root) }
        report.notes += emptied.runs.map(\.name.description).filter { $0 != own }.map {
            "the run \($0) cannot be put back any more: its period was over, and what it had moved to the trash is deleted"
        }
        if emptied.runs.contains(where: { $0.name.description == own }) { report.trash = nil }
        for run in emptied.unfinished { await note(unfinished: run, isInterrupted: emptied.isInterrupted, root, &report) }
    }

    /// Says what is left of a run whose deletion did not come to its end.
    private func note(unfinished run: Trash.Run, isInterrupted: Bool, _ root: StorageRoot, _ report: inout RegistryStoreReport) async {
        let trash = Trash(root: root)
        // In a task of its own, which a cancellation does not reach: it only looks.
        let canComeBack = await Task { () -> Bool in
            do {
                return try trash.canRestoreAnything(of: run)
            } catch {
                // What cannot be looked at may come back.
                return true
            }
        }.value
        let cause = isInterrupted ? "this run was stopped meanwhile" : "something in it could not be removed"
        let left = canComeBack ? "what is left of it can still be put back" : "what is left of it cannot be put back any more"
        report.notes.append("the run \(run.name) is not deleted to the end, because \(cause): \(left), and a later collection deletes it")
        guard run.name.description == report.trash else { return }
        do throws(Errno) {
            report.leftInTrash = ByteSize(bytes: try trash.bytes(of: run))
        } catch {
            // What cannot be measured is taken to be there: no space is claimed that may not have come back.
            report.leftInTrash = report.reclaimed
        }
        if !canComeBack { report.trash = nil }
    }

    /// Plans and sweeps; the plan's memory is free again when this returns.
    private func carryOut(
        _ root: StorageRoot,
        _ policy: CollectionPolicy,
        _ options: SweepOptions,
        _ request: RegistryCollection
    ) async throws -> (report: RegistryStoreReport, failures: [SweepReport.Failure]) {
        let due = try await StorageCollector(root: root, policy: policy).plan()
        let expected = request.expected.map { ExpectedChanges($0) }
        let agreement = try expected?.agree(with: due, root)
        let plan = agreement?.plan ?? due
        let result = try await Sweeper(plan, options: options, wait: wait).execute()
        var report = try await report(on: plan, of: request, root, .gone(listed: Self.listedRemovals))
        add(result, root, &report)
        if let expected, let agreement {
            let left = try await RemovalReport(plan: due, root: root, extent: .unexpected(expected, listed: Self.listedRemovals)).groups()
            report.plan = outcome(of: expected, agreement, left: left, root)
            // What a pattern matched when the plan was made, and is gone, is not missing.
            report.unmatched = due.unmatched(request, besides: agreement.gone)
        }
        return (report, result.failures)
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

    /// What images lack after a sweep, and who uses what is left.
    private func checkAfterSweep(_ root: StorageRoot, _ options: SweepOptions) async throws -> (problems: [StorageProblem], use: BlobUse) {
        let checker = StorageChecker(root: root, jobs: options.jobs, depth: .afterSweep)
        let check = try await checker.confirm(try await checker.check())
        return (check.broken, check.use)
    }

    private func add(_ result: SweepReport, _ root: StorageRoot, _ report: inout RegistryStoreReport) {
        report.trash = result.trash?.name.description
        report.isInterrupted = result.isInterrupted
        // What the plan missed and found in the trash is there again; the check says what is missing still.
        Self.removeMissingBlobs(that: Set(result.restored.compactMap { BlobKey(ofBlob: $0) }), from: &report)
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

    /// Looks at every tag, manifest and blob.
    package func check(_ request: RegistryCheck, isDryRun: Bool) async throws -> RegistryStoreReport {
        do {
            let root = try StorageRoot(path: request.root, calls: calls)
            let checker = StorageChecker(
                root: root,
                jobs: request.jobs ?? cores,
                depth: request.verifiesDigests ? .digests : .sizes,
                uploadsOlderThan: Self.nanoseconds(request.uploadsOlderThan),
                now: (request.time ?? now()).nanoseconds
            )
            var report = RegistryStoreReport()
            let check =
                request.repairs
                ? try await repair(root, checker, request, isDryRun, &report) : try await checker.confirm(try await checker.check())
            add(check.problems, root, &report)
            report.counts = [
                .init("repository", check.repositories), .init("tag", check.tags), .init("manifest", check.manifests),
                .init("blob", check.blobs),
            ]
            report.use = check.use.reported
            return report
        } catch let error as RegistryStorageError {
            throw RegistryStoreError(error.code == .busy ? .busy : .unusable, error.description)
        }
    }

    // MARK: What a request means

    /// A duration in nanoseconds, or as long as can be said.
    static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }

    private func policy(for request: RegistryCollection) -> CollectionPolicy {
        var policy = CollectionPolicy(now: (request.time ?? now()).nanoseconds)
        policy.minimumAge = Self.nanoseconds(request.minimumAge)
        policy.uploadsOlderThan = request.uploadsOlderThan.map(Self.nanoseconds)
        policy.deletesEmptyRepositories = request.deletesEmptyRepositories
        policy.jobs = request.jobs ?? cores
        if request.deletesUntagged {
            policy.untagged = .removed(keepLast: request.keepLast, olderThan: Self.nanoseconds(request.olderThan))
        }
        switch request.target {
        case .garbage(let patterns):
            if !patterns.isEmpty { policy.selects = { name in patterns.contains { $0.matches(name) } } }
        case .named(let patterns):
            let whole = patterns.filter { !$0.namesTags }
            let tags = patterns.filter(\.namesTags)
            policy.deletion = .init(
                repository: { name in whole.contains { $0.pattern.matches(name) } },
                tag: { name, tag in tags.contains { $0.pattern.matches(tag, of: name) } }
            )
        }
        return policy
    }

    // MARK: The report

    /// Adds what is wrong to a report that may have it in other words.
    func add(_ problems: [StorageProblem], _ root: StorageRoot, _ report: inout RegistryStoreReport) {
        // The plan and the check word the same damage differently.
        var known = Set(report.problems.map { [$0.kind, $0.path, $0.repository] })
        for problem in problems {
            let added = RegistryStoreReport.Problem(
                kind: problem.kind.rawValue,
                path: root.display(problem.path),
                repository: problem.repository?.description,
                message: problem.message,
                breaksImages: problem.breaksImages
            )
            if known.insert([added.kind, added.path, added.repository]).inserted { report.problems.append(added) }
        }
    }

    /// The report on what a plan takes, or took.
    private func report(
        on plan: SweepPlan,
        of request: RegistryCollection,
        _ root: StorageRoot,
        _ extent: RemovalReport.Extent
    ) async throws -> RegistryStoreReport {
        var report = RegistryStoreReport()
        report.groups = try await RemovalReport(plan: plan, root: root, extent: extent).groups()
        report.reclaimed = report.groups.reduce(.zero) { $0 + $1.bytes }
        add(plan.unlistable + plan.problems, root, &report)
        if !plan.unlistable.isEmpty {
            report.notes.append("no blob goes, because something that may name blobs cannot be listed")
        }
        report.notes += plan.youngNotes(request.minimumAge.settingText, untaggedAge: request.olderThan.settingText)
        report.notes += plan.wholeRepositories.map { "'\($0)' is kept whole, because something in it is damaged or not understood" }
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
}

extension RegistryStoreReport.Failure {
    /// The failure as reports have it.
    init(_ failure: SweepReport.Failure, in root: StorageRoot) {
        self.init(path: root.display(failure.path), failure.words)
    }
}

extension BlobUse {
    /// The use as reports have it.
    fileprivate var reported: RegistryStoreReport.Use {
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
    fileprivate func unmatched(_ request: RegistryCollection, besides gone: [RegistryLayout.Place] = []) -> [String] {
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
