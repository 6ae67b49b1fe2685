package import HookKit
import OCI

/// Registries' directories on this machine's disks.
package struct LocalRegistryStores: RegistryStores {
    /// Of a real run, so many removals of one group are listed one by one.
    static let listedRemovals = 200

    /// The number of this process.
    let process: Int32
    let cores: Int
    /// The clock.
    let now: @Sendable () -> Timestamp
    private let calls: SystemCalls
    /// Lets the given time pass.
    let wait: @Sendable (_ nanoseconds: Int64) async throws -> Void
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
            let policy = policy(for: request)
            if isDryRun {
                if try StorageLock.isHeld(root) {
                    throw RegistryStorageError(.busy, "another collector works on '\(root.basePath)'; try again when it has finished")
                }
                return try await foresee(root, policy, request)
            }
            let lock = try StorageLock(root)
            defer { withExtendedLifetime(lock) {} }
            try RememberedManifests.recover(root)
            return try await sweep(root, policy, request)
        } catch let error as RegistryStorageError {
            throw RegistryStoreError(error.code == .busy ? .busy : .unusable, error.description)
        } catch let error as Errno {
            throw RegistryStoreError(.unusable, "cannot work on '\(request.root)': \(error)")
        }
    }

    private func sweep(_ root: StorageRoot, _ policy: CollectionPolicy, _ request: RegistryCollection) async throws -> RegistryStoreReport {
        var options = SweepOptions(process: process)
        options.jobs = policy.jobs
        options.trashPeriod = Self.nanoseconds(request.trash)
        options.started = now().nanoseconds
        let protection = await protect(&options, request, root)
        var policy = policy
        (policy.trashPeriod, policy.trashStart) = (options.trashPeriod, options.started)
        var (report, conclusion) = try await carryOut(root, policy, options, request)
        report.protection = protection
        if !report.isInterrupted {
            do {
                report.use = try await conclusion.look().use.reported
                report.problems = conclusion.problems
                // A plan's ages count from its own time, the trash's from now.
                policy.now = max(policy.now, now().nanoseconds)
                try await emptyTrash(root, conclusion, at: policy.now, request, &report)
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

    /// Plans and sweeps; the plan's memory is free again when this returns.
    private func carryOut(
        _ root: StorageRoot,
        _ policy: CollectionPolicy,
        _ options: SweepOptions,
        _ request: RegistryCollection
    ) async throws -> (report: RegistryStoreReport, conclusion: SweepConclusion) {
        let due = try await StorageCollector(root: root, policy: policy).plan()
        let expected = request.expected.map { ExpectedChanges($0) }
        let agreement = try expected?.agree(with: due, root)
        let plan = agreement?.plan ?? due
        let result = try await Sweeper(plan, options: options, wait: wait).execute()
        var report = try await report(on: plan, of: request, root, .gone(listed: Self.listedRemovals))
        add(result, root, &report)
        let conclusion = SweepConclusion(root: root, policy: policy, plan: plan, report: result)
        report.problems = conclusion.problems
        if let expected, let agreement {
            let left = try await RemovalReport(plan: due, root: root, extent: .unexpected(expected, listed: Self.listedRemovals)).groups()
            report.plan = outcome(of: expected, agreement, left: left, root)
            // What a pattern matched when the plan was made, and is gone, is not missing.
            report.unmatched = due.unmatched(request, besides: agreement.gone)
        }
        return (report, conclusion)
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
            report.problems.add(check.problems, in: root)
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
}
