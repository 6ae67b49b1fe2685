import HookKit

/// Carries a plan out, after one more look at what it is about to delete.
///
/// The API cannot delete on a condition: between the last look and a deletion a tag may be put on a digest. So each tag is looked at directly
/// before it goes; and where only digests can be deleted, every tag of the repository is, again whenever that look is older than some seconds.
struct RetentionExecution: Sendable {
    let registry: any Registry
    let context: RuleContext
    let world: RetentionWorld
    let jobs: Int

    /// How long a look at all tags of a repository counts.
    private static let freshness = Duration.seconds(5)

    /// What became of the plan.
    struct Outcome: Sendable {
        /// By repository and tag.
        var verdicts: [String: Result] = [:]
        /// Companions that did not go, each as one line.
        var failures: [String: [String]] = [:]
    }

    /// What became of a tag.
    enum Result: Hashable, Sendable {
        case removed
        case absent
        case spared(String)
        case failed(String)
    }

    /// Deletes, several repositories at a time; when the task is cancelled, the deletions under way are finished.
    func carryOut(_ removals: [RetentionPlan.Removal]) async throws -> Outcome {
        let groups = Dictionary(grouping: removals, by: \.repository).sorted { $0.key < $1.key }
        let outcomes = try await inParallel(groups, atMost: jobs) { group in
            try await carryOut(group.value, in: group.key)
        }
        return outcomes.reduce(into: Outcome()) { all, outcome in
            all.verdicts.merge(outcome.verdicts) { $1 }
            all.failures.merge(outcome.failures) { $1 }
        }
    }

    private func carryOut(_ removals: [RetentionPlan.Removal], in repository: String) async throws -> Outcome {
        var outcome = Outcome()
        var look: (tags: [String: Digest], time: Timestamp)?
        var needed: Set<Digest> = []
        // What was to go and stays after all, with all that it holds: what hangs on it stays too.
        var staying: Set<Digest> = []
        let doomed = Set(removals.flatMap(\.tags))
        for removal in removals {
            if Task.isCancelled {
                for tag in removal.tags { outcome.verdicts["\(repository):\(tag)"] = .spared("the run was stopped before it") }
                continue
            }
            do {
                if removal.target == .manifest, look.map({ context.environment.now().since($0.time) > Self.freshness }) ?? true {
                    let tags = try await allTags(of: repository)
                    needed = try await held(by: tags.filter { !doomed.contains($0.key) }, in: repository)
                    look = (tags, context.environment.now())
                }
                if let reason = try await obstacle(to: removal, look?.tags ?? [:], needed, staying) {
                    staying.formUnion(world.contents(of: removal.digest).union([removal.digest]))
                    for tag in removal.tags { outcome.verdicts["\(repository):\(tag)"] = .spared(reason) }
                    continue
                }
                let deletion: RegistryDeletion
                switch removal.target {
                case .tag(let tag): deletion = try await registry.deleteTag(tag, in: repository)
                case .manifest: deletion = try await registry.deleteManifest(removal.digest, in: repository)
                }
                for tag in removal.tags { outcome.verdicts["\(repository):\(tag)"] = deletion == .deleted ? .removed : .absent }
                await deleteCompanions(of: removal, look?.tags ?? [:], needed, &outcome)
            } catch {
                staying.formUnion(world.contents(of: removal.digest).union([removal.digest]))
                // What went before must be reported, so a cancellation is no reason to throw here.
                let result: Result = error is CancellationError ? .spared("the run was stopped before it") : .failed("\(error)")
                for tag in removal.tags { outcome.verdicts["\(repository):\(tag)"] = result }
            }
        }
        return outcome
    }

    /// What every tag of a repository names now.
    private func allTags(of repository: String) async throws -> [String: Digest] {
        let registry = registry
        let tags = try await registry.tags(of: repository) ?? []
        let targets = try await inParallel(tags, atMost: jobs) { try await registry.descriptor(of: .tag($0), in: repository)?.digest }
        // A tag that names nothing is left out.
        return Dictionary(uniqueKeysWithValues: zip(tags, targets).compactMap { tag, target in target.map { (tag, $0) } })
    }

    /// Everything that the indexes hold which these tags name.
    private func held(by tags: [String: Digest], in repository: String) async throws -> Set<Digest> {
        var held: Set<Digest> = []
        for digest in Set(tags.values) {
            if world.manifests[digest] != nil {
                held.formUnion(world.contents(of: digest))
                continue
            }
            // It was put there after the plan was made.
            var open = [digest]
            while let next = open.popLast() {
                for child in try await registry.manifest(.digest(next), in: repository)?.children ?? []
                where held.insert(child.digest).inserted && child.isIndex { open.append(child.digest) }
            }
        }
        return held
    }

    /// Why something stays after all; `nil` where nothing has changed.
    private func obstacle(
        to removal: RetentionPlan.Removal,
        _ look: [String: Digest],
        _ needed: Set<Digest>,
        _ staying: Set<Digest>
    ) async throws -> String? {
        if let subject = removal.subject, staying.contains(subject) { return "it belongs to an image that stays" }
        if removal.target == .manifest {
            if staying.contains(removal.digest) { return "an index that stays holds it" }
            let others = look.filter { $0.value == removal.digest && !removal.tags.contains($0.key) }.keys.sorted()
            if let other = others.first { return "'\(other)' was put on it meanwhile" }
            if needed.contains(removal.digest) { return "an index that was pushed meanwhile holds it" }
        }
        for tag in removal.tags {
            let now = try await registry.descriptor(of: .tag(tag), in: removal.repository)?.digest
            // A tag that is gone already keeps nothing.
            if let now, now != removal.digest { return "'\(tag)' names \(now.short) by now" }
        }
        return nil
    }

    private func deleteCompanions(
        of removal: RetentionPlan.Removal,
        _ look: [String: Digest],
        _ needed: Set<Digest>,
        _ outcome: inout Outcome
    ) async {
        for companion in removal.companions where !needed.contains(companion) && !look.values.contains(companion) {
            do {
                try await registry.deleteManifest(companion, in: removal.repository)
            } catch {
                for tag in removal.tags { outcome.failures["\(removal.repository):\(tag)", default: []].append("\(error)") }
            }
        }
    }
}
