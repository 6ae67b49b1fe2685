import HookKit

/// What a plan takes, or what of it is gone, in groups as people read it.
struct RemovalReport: Sendable {
    /// What is listed.
    enum Extent: Sendable {
        /// Everything that the plan takes.
        case planned
        /// What is gone from the disk; of each group at most so many things one by one.
        case gone(listed: Int)
        /// What a plan that was written down does not have; of each group at most so many things one by one.
        case unexpected(ExpectedChanges, listed: Int)
    }

    let plan: SweepPlan
    let root: StorageRoot
    let extent: Extent

    private struct Part: Sendable {
        let subject: String
        var counts: [SweepPlan.Kind: Int] = [:]
        var bytes: Int64 = 0
        var removals: [RegistryStoreReport.Removal] = []
        /// Those of the blobs that are listed, described only when it is known which of all come first.
        var blobs: [SweepPlan.Blob] = []
    }

    /// The groups, in the order in which they go: repositories, directories without one, blobs.
    ///
    /// A run that was stopped is reported as well, so that the tasks belong to one that no cancellation reaches; what they do is bounded.
    func groups() async throws -> [RegistryStoreReport.Group] {
        if case .planned = extent { return planned() }
        let report = self
        let parts = try await Task { try await report.parts() }.value
        return parts.filter { !$0.counts.isEmpty }.map { part in
            let counts = SweepPlan.Kind.allCases.compactMap { kind in
                part.counts[kind].map { RegistryStoreReport.Count(kind.rawValue, $0) }
            }
            return .init(subject: part.subject, counts: counts, bytes: ByteSize(bytes: part.bytes), removals: part.removals)
        }
    }

    /// Everything that the plan takes; each thing is described only while somebody goes through them, which keeps the plan in memory until then.
    private func planned() -> [RegistryStoreReport.Group] {
        let (plan, root) = (plan, root)
        func group(
            _ subject: String,
            bytes: Int64,
            count: (SweepPlan.Kind) -> Int,
            pieces: Int = 1,
            _ removals: @escaping @Sendable (_ piece: Int, _ add: (SweepPlan.Removal) -> Void) -> Void
        ) -> RegistryStoreReport.Group {
            let counts = SweepPlan.Kind.allCases.map { RegistryStoreReport.Count($0.rawValue, count($0)) }.filter { $0.count > 0 }
            let total = counts.reduce(0) { $0 + $1.count }
            return .init(
                subject: subject,
                counts: counts,
                bytes: ByteSize(bytes: bytes),
                removals: .init(count: total, pieces: pieces) { piece in
                    var described: [RegistryStoreReport.Removal] = []
                    removals(piece) { described.append(.init($0, in: root)) }
                    return described
                }
            )
        }
        var groups = plan.repositories.map { repository in
            group(repository.name.description, bytes: repository.bytes, count: repository.count) { _, add in
                plan.forEachRemoval(of: repository, add)
            }
        }
        groups += plan.emptyDirectories.map { name in
            group(name.description, bytes: 0, count: { $0 == .repository ? 1 : 0 }) { _, add in add(plan.removal(ofEmpty: name)) }
        }
        let directories = plan.blobs.directories
        if !directories.isEmpty {
            groups.append(
                group("blobs", bytes: plan.bytesOfBlobs, count: { $0 == .blob ? plan.blobs.count : 0 }, pieces: directories.count) {
                    piece,
                    add in
                    for blob in directories[piece] { add(plan.removal(of: blob)) }
                }
            )
        }
        // What stays because a registry may remember it leaves nothing of some repositories.
        return groups.filter { !$0.counts.isEmpty }
    }

    private func parts() async throws -> [Part] {
        let (repositories, empty) = (plan.repositories.count, plan.emptyDirectories.count)
        let directories = plan.blobs.directories
        let done = try await WorkShare.run(units: repositories + empty + directories.count, jobs: plan.policy.jobs) { share in
            var look = GoneLook(root: root)
            var done: [(unit: Int, part: Part)] = []
            while let unit = try share.take() {
                if unit < repositories {
                    let repository = plan.repositories[unit]
                    var part = Part(subject: repository.name.description)
                    plan.forEachRemoval(of: repository) { add($0, &part, &look) }
                    done.append((unit, part))
                } else if unit < repositories + empty {
                    let name = plan.emptyDirectories[unit - repositories]
                    var part = Part(subject: name.description)
                    add(plan.removal(ofEmpty: name), &part, &look)
                    done.append((unit, part))
                } else {
                    var part = Part(subject: "blobs")
                    for blob in directories[unit - repositories - empty] where count(plan.removal(of: blob), &part, &look) {
                        if part.blobs.count < limit { part.blobs.append(blob) }
                    }
                    done.append((unit, part))
                }
            }
            return done
        }
        var parts: [Part] = []
        for (unit, part) in done.joined().sorted(by: { $0.unit < $1.unit }) {
            if unit > repositories + empty, let last = parts.indices.last {
                parts[last].counts.merge(part.counts, uniquingKeysWith: +)
                parts[last].bytes += part.bytes
            } else {
                parts.append(part)
            }
            let last = parts.count - 1
            for blob in part.blobs.prefix(max(limit - parts[last].removals.count, 0)) {
                parts[last].removals.append(RegistryStoreReport.Removal(plan.removal(of: blob), in: root))
            }
        }
        return parts
    }

    private var limit: Int {
        switch extent {
        case .planned: 0
        case .gone(let listed), .unexpected(_, let listed): listed
        }
    }

    private func add(_ removal: SweepPlan.Removal, _ part: inout Part, _ look: inout GoneLook) {
        guard count(removal, &part, &look), part.removals.count < limit else { return }
        part.removals.append(RegistryStoreReport.Removal(removal, in: root))
    }

    /// Counts a removal where it belongs into the report; says whether it does.
    private func count(_ removal: SweepPlan.Removal, _ part: inout Part, _ look: inout GoneLook) -> Bool {
        switch extent {
        // What is planned is described by `planned`.
        case .planned: return false
        case .gone: if !look.isGone(removal) { return false }
        case .unexpected(let expected, _): if expected.has(removal, in: root) { return false }
        }
        part.counts[removal.kind, default: 0] += 1
        part.bytes += removal.bytes
        return true
    }
}
