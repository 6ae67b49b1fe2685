import Glibc
import RegistryStorage
import Synchronization

/// One collection or restoration, with what it did as one line.
struct Collection {
    let arguments: [String]

    func run() async throws {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var policy = CollectionPolicy(now: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
        policy.minimumAge = 0
        if has("--delete-untagged") { policy.untagged = .removed(keepLast: 0, olderThan: 0) }
        policy.jobs = option("--jobs") ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let root = try StorageRoot(path: arguments[0], calls: SystemCalls(gate: option("--kill-at").map(Self.killer)))
        var options = SweepOptions(process: getpid())
        options.jobs = policy.jobs
        options.settle = 0
        if has("--trash") { options.trashPeriod = 86400 * 1_000_000_000 }
        policy.trashPeriod = options.trashPeriod
        if has("--dry-run") {
            describe(try await StorageCollector(root: root, policy: policy).plan())
            return
        }
        let lock = try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        var (report, conclusion) = try await sweep(root, policy, options)
        if has("--check") { print("problems \(try await conclusion.look().broken.count)") }
        report.add(try await conclusion.empty(try conclusion.choose(at: policy.now)))
        print("removed \(report.removed.values.reduce(0, +)) failures \(report.failures.count) spared \(report.spared.count)")
        if !report.failures.isEmpty { exit(1) }
    }

    /// Puts back what every run moved to the trash, the newest first.
    func restore() throws {
        let root = try StorageRoot(path: arguments[0], calls: SystemCalls(gate: option("--kill-at").map(Self.killer)))
        let lock = try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        let trash = Trash(root: root)
        for run in try trash.runs().reversed() {
            let restoration = try trash.restore(run)
            print("put back \(restoration.restored.count) left \(restoration.leftCount) failures \(restoration.failures.count)")
        }
    }

    /// Plans and sweeps; the plan's memory is free again when this returns, as it is in the program.
    private func sweep(
        _ root: StorageRoot,
        _ policy: CollectionPolicy,
        _ options: SweepOptions
    ) async throws -> (SweepReport, SweepConclusion) {
        let plan = try await StorageCollector(root: root, policy: policy).plan()
        describe(plan)
        let report = try await Sweeper(plan, options: options).execute()
        return (report, SweepConclusion(root: root, policy: policy, plan: plan, report: report))
    }

    private func describe(_ plan: SweepPlan) {
        let counts = SweepPlan.Kind.allCases.map { "\($0.rawValue) \(plan.count(of: $0))" }.joined(separator: " ")
        print("plan: \(counts) bytes \(plan.bytes) blobs-listed \(plan.blobCount) problems \(plan.problems.count + plan.unlistable.count)")
        if has("--print") { plan.forEachRemoval { print("\($0.kind.rawValue) \($0.path) \($0.reason.rawValue)") } }
    }

    /// Ends the process before the n-th call that changes the file system, as a power cut or an impatient person would.
    private static func killer(_ point: Int) -> SystemCalls.Gate {
        let count = Counter()
        return { call in
            if call.isDestructive, count.next() == point { kill(getpid(), SIGKILL) }
            return nil
        }
    }

    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
    }

    private func has(_ flag: String) -> Bool { arguments.contains(flag) }

    private func option(_ name: String) -> Int? {
        arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? Int(arguments[$0 + 1]) : nil }
    }
}
