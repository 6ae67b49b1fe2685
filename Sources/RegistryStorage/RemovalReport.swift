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
    }

    /// The groups, in the order in which they go: repositories, directories without one, blobs.
    ///
    /// A run that was stopped is reported as well, so that the tasks belong to one that no cancellation reaches; what they do is bounded.
    func groups() async throws -> [RegistryStoreReport.Group] {
        let report = self
        let parts = try await Task { try await report.parts() }.value
        return parts.filter { !$0.counts.isEmpty }.map { part in
            let counts = SweepPlan.Kind.allCases.compactMap { kind in
                part.counts[kind].map { RegistryStoreReport.Count(kind.rawValue, $0) }
            }
            return .init(subject: part.subject, counts: counts, bytes: ByteSize(bytes: part.bytes), removals: part.removals)
        }
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
                    for blob in directories[unit - repositories - empty] { add(plan.removal(of: blob), &part, &look) }
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
                parts[last].removals += part.removals.prefix(max(limit - parts[last].removals.count, 0))
            } else {
                parts.append(part)
            }
        }
        return parts
    }

    private var limit: Int {
        switch extent {
        case .planned: .max
        case .gone(let listed), .unexpected(_, let listed): listed
        }
    }

    private func add(_ removal: SweepPlan.Removal, _ part: inout Part, _ look: inout GoneLook) {
        switch extent {
        case .planned: break
        case .gone: if !look.isGone(removal) { return }
        case .unexpected(let expected, _): if expected.has(removal, in: root) { return }
        }
        part.counts[removal.kind, default: 0] += 1
        part.bytes += removal.bytes
        if part.removals.count < limit { part.removals.append(RegistryStoreReport.Removal(removal, in: root)) }
    }
}
