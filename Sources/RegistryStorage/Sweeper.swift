import Synchronization

/// Executes a plan: links before blobs, and nothing that a push has named meanwhile.
package struct Sweeper: Sendable {
    /// How many blobs are taken at least between two looks at what pushes have named.
    static let batchSize = 4096
    /// How many looks there are at most before batches of blobs.
    static let mostLooks = 16

    private let plan: SweepPlan
    private let options: SweepOptions
    private let run: Trash.Run
    /// Looks for what pushes name; `nil` where nothing goes.
    private let watch: ReferenceWatch?
    private let wait: @Sendable (_ nanoseconds: Int64) async throws -> Void

    private var root: StorageRoot { plan.graph.root }

    /// Takes a plan and how to execute it.
    ///
    /// `wait` lets the given time pass; a test gives one that performs what happens meanwhile.
    package init(
        _ plan: SweepPlan,
        options: SweepOptions,
        wait: @escaping @Sendable (_ nanoseconds: Int64) async throws -> Void = Sweeper.sleep
    ) {
        self.plan = plan
        self.options = options
        self.wait = wait
        watch = plan.removesAnything ? ReferenceWatch(plan) : nil
        run = Trash(root: plan.graph.root).newRun(
            started: options.started ?? plan.policy.now,
            period: options.trashPeriod,
            process: options.process
        )
    }

    /// Lets so many nanoseconds pass.
    package static let sleep: @Sendable (_ nanoseconds: Int64) async throws -> Void = { nanoseconds in
        try await Task.sleep(nanoseconds: UInt64(max(nanoseconds, 0)))
    }

    /// Moves what the plan names to the trash; `SweepConclusion` empties that.
    ///
    /// The caller holds the `StorageLock` since before the plan was made.
    package func execute() async throws -> SweepReport {
        guard plan.ticket.take() else { throw RegistryStorageError(.planUsed, "the plan for '\(root.path)' was carried out already") }
        var report = SweepReport()
        do {
            let named = try TrashRestoration(plan: plan, extent: options.restoration).restore(&report)
            try PlanMender(root: root, run: run).mend(plan.mends, &report)
            if let watch {
                try await sweepEverything(watch, sparing: named, &report)
            } else {
                try Task.checkCancellation()
            }
        } catch is CancellationError {
            report.isInterrupted = true
            await rescueInterrupted(&report)
        }
        return report
    }

    private func sweepEverything(_ watch: ReferenceWatch, sparing named: Set<BlobKey>, _ report: inout SweepReport) async throws {
        var retained = try await sweepLinks(watch, &report) { sweeper, repository in sweeper.sweepReferences(repository) }
        let layers = await LayerLinkStrategy.choose(plan, options, run, watch, retained: retained)
        switch layers {
        case .disk:
            let needed = retained
            retained.formUnion(
                try await sweepLinks(watch, &report) { sweeper, repository in sweeper.sweepLayers(repository, needed: needed) }
            )
        case .registry, .leave:
            let unlinker = RegistryUnlinker(plan: plan, options: options, run: run, watch: watch)
            retained.formUnion(await unlinker.unlink(layers, retained, &report))
        }
        try await sweepBlobs(watch, retained, named, layers, &report)
        sweepDirectories(watch, &report)
        try await settle(watch, &report)
    }

    /// Brings back what a push has named although the run is stopped: it took things out that nobody looks at again.
    ///
    /// In a task of its own, which the cancellation does not reach: it is over when the links have been listed twice.
    private func rescueInterrupted(_ report: inout SweepReport) async {
        guard let watch else { return }
        report.trash = run
        let (plan, run) = (plan, run)
        let (found, error) = await Task { () -> (SweepReport, RegistryStorageError?) in
            var report = SweepReport()
            do {
                try await PushRescue(plan: plan, run: run, watch: watch).rescue(&report)
                return (report, nil)
            } catch let error as RegistryStorageError {
                return (report, error)
            } catch {
                return (report, RegistryStorageError(.unreadable, "\(error)"))
            }
        }.value
        report.add(found)
        report.trash = runWithContents()
        if let error { keepTrash(&report, because: error) }
    }

    /// The run, where its trash holds something; where all of it was spared or brought back, its directories go.
    private func runWithContents() -> Trash.Run? {
        do throws(Errno) {
            return try Trash(root: root).removeIfEmpty(run) ? nil : run
        } catch {
            // What cannot be listed may hold something.
            return run
        }
    }

    private func keepTrash(_ report: inout SweepReport, because error: RegistryStorageError) {
        report.trash = run
        report.postponed.append("what was removed stays in the trash, because what pushes have named is not known: \(error)")
        report.failures.append(.init(path: RegistryLayout.repositories, error))
    }

    // MARK: Links

    private func sweepLinks(
        _ watch: ReferenceWatch,
        _ report: inout SweepReport,
        _ work: @escaping @Sendable (inout LinkSweeper, SweepPlan.Repository) -> Void
    ) async throws -> Set<DigestNumber> {
        let repositories = plan.repositories
        let (plan, options, run) = (plan, options, run)
        let parts = try await WorkShare.run(units: repositories.count, jobs: options.jobs) { share in
            var sweeper = LinkSweeper(plan: plan, options: options, run: run, watch: watch)
            do {
                while let unit = try share.take() { work(&sweeper, repositories[unit]) }
            } catch {
                // Cancelled: what was done is reported, and what follows does not happen.
                sweeper.report.isInterrupted = true
            }
            return (sweeper.report, sweeper.retained)
        }
        var retained: Set<DigestNumber> = []
        for (part, kept) in parts {
            report.add(part)
            retained.formUnion(kept)
        }
        if report.isInterrupted { throw CancellationError() }
        return retained
    }

    /// Writes down on the disk that the links are gone, before the first blob goes.
    ///
    /// StorageInvariants.md, line H4.
    private func writeDown() throws(Errno) {
        let path = PathBuffer()
        let directory = try root.calls.openDirectory(path.path(RegistryLayout.repositories), in: root.number)
        try root.calls.synchronize(directory.number)
    }

    // MARK: Blobs

    private func sweepBlobs(
        _ watch: ReferenceWatch,
        _ retained: Set<DigestNumber>,
        _ named: Set<BlobKey>,
        _ layers: LayerLinkStrategy,
        _ report: inout SweepReport
    ) async throws {
        guard !plan.blobs.isEmpty else { return }
        let subject = plan.blobs.count == 1 ? "1 blob stays" : "\(plan.blobs.count) blobs stay"
        switch layers {
        case .leave(.notAllowed):
            return report.postponed.append("\(subject) until the registry is stopped, or allows deletes")
        case .leave(.notAsked):
            return report.postponed.append("\(subject) until the registry that serves the directory can be asked, or is stopped")
        case .leave(.rememberedElsewhere):
            return report.postponed.append(
                "\(subject) until the registry is stopped, or keeps no blobs in memory: one of several processes at its address remembers what another "
                    + "dropped"
            )
        case .disk, .registry: break
        }
        do throws(Errno) {
            try writeDown()
        } catch {
            report.failures.append(.init(path: RegistryLayout.repositories, error: error))
            return
        }
        var spared = Set(retained.map { plan.graph.table.key($0) }).union(named)
        var blobs = plan.blobs
        var manifests: (BlobList, RememberedManifests)?
        if case .registry(let registry) = layers {
            let keys = RegistryUnlinker(plan: plan, options: options, run: run, watch: watch).manifestsAmongBlobs()
            let remembered = RememberedManifests(plan: plan, run: run, watch: watch, registry: registry, jobs: options.jobs)
            manifests = (blobs.filtered { keys.contains(plan.key(of: $0)) }, remembered)
            blobs = blobs.filtered { !keys.contains(plan.key(of: $0)) }
        }
        // Each look lists the whole store, so that there are so many at most, whatever goes; what slips between two is found by the last.
        let size = max(Self.batchSize, (blobs.count + Self.mostLooks - 1) / Self.mostLooks)
        for batch in batches(of: blobs, size) {
            do {
                spared.formUnion(try await watch.look().blobs)
            } catch let error as RegistryStorageError {
                report.postponed.append("the remaining blobs stay, because what pushes have named is not known: \(error)")
                report.failures.append(.init(path: RegistryLayout.repositories, error))
                return
            }
            try await sweep(batch, sparing: spared, &report)
        }
        if let (list, remembered) = manifests { try await remembered.sweep(list, sparing: spared, &report) }
    }

    /// The directories of blobs, in groups of about so many blobs.
    private func batches(of blobs: BlobList, _ size: Int) -> [[BlobList.Directory]] {
        var batches: [[BlobList.Directory]] = []
        var batch: [BlobList.Directory] = []
        var count = 0
        for directory in blobs.directories {
            batch.append(directory)
            count += directory.count
            if count >= size {
                batches.append(batch)
                batch = []
                count = 0
            }
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }

    private func sweep(_ batch: [BlobList.Directory], sparing spared: Set<BlobKey>, _ report: inout SweepReport) async throws {
        let (plan, run, deletesWhereFull) = (plan, run, options.deletesWhereFull)
        let parts = try await WorkShare.run(units: batch.count, jobs: options.jobs) { share in
            var sweeper = BlobSweeper(plan: plan, run: run, deletesWhereFull: deletesWhereFull)
            do {
                while let unit = try share.take() { sweeper.sweep(batch[unit]) { spared.contains($0) } }
            } catch {
                sweeper.report.isInterrupted = true
            }
            return sweeper.report
        }
        for part in parts { report.add(part) }
        if report.isInterrupted { throw CancellationError() }
    }

    private func sweepDirectories(_ watch: ReferenceWatch, _ report: inout SweepReport) {
        var sweeper = LinkSweeper(plan: plan, options: options, run: run, watch: watch)
        // The longer names first: a repository may lie beneath another.
        for repository in plan.repositories.reversed() where repository.removesDirectory || repository.removesContents {
            sweeper.sweepDirectory(repository.name)
        }
        for name in plan.emptyDirectories { sweeper.sweepDirectory(name) }
        report.add(sweeper.report)
    }

    // MARK: The end

    /// Looks once more, and brings back what a push has named.
    private func settle(_ watch: ReferenceWatch, _ report: inout SweepReport) async throws {
        do {
            // At once what was named while the last blobs went, and once more what requests name that had begun before.
            try await PushRescue(plan: plan, run: run, watch: watch).rescue(&report)
            try await wait(options.settle)
            try await PushRescue(plan: plan, run: run, watch: watch).rescue(&report)
        } catch let error as RegistryStorageError {
            return keepTrash(&report, because: error)
        }
        report.trash = runWithContents()
    }
}
