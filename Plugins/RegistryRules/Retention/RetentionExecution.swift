import HookKit

/// Carries a plan out, after one more look at what it is about to delete; each repository by itself.
struct RetentionExecution: Sendable {
    let registry: any Registry
    let context: RuleContext
    let world: RetentionWorld
    let jobs: Int

    /// What became of the plan.
    struct Outcome: Sendable {
        /// By repository and tag.
        var verdicts: [String: Result] = [:]
        /// What became of companions, each as one line, by repository and tag.
        var companions: [String: [String]] = [:]
        /// Companions that did not go, each as one line.
        var failures: [String: [String]] = [:]
    }

    /// What became of a tag.
    enum Result: Hashable, Sendable {
        case removed
        case absent
        case spared(String)
        case failed(String)
        /// Whether it went is not known.
        case unknown(String)
    }

    /// Deletes, several repositories at a time; when the task is cancelled, the deletions under way are finished.
    func carryOut(_ removals: [RetentionPlan.Removal]) async throws -> Outcome {
        let groups = Dictionary(grouping: removals, by: \.repository).sorted { $0.key < $1.key }
        let outcomes = try await inParallel(groups, atMost: jobs) { group in
            var execution = RepositoryExecution(
                repository: group.key,
                removals: group.value,
                registry: registry,
                world: world,
                jobs: jobs,
                now: context.environment.now
            )
            return await execution.carryOut()
        }
        return outcomes.reduce(into: Outcome()) { all, outcome in
            all.verdicts.merge(outcome.verdicts) { $1 }
            all.companions.merge(outcome.companions) { $1 }
            all.failures.merge(outcome.failures) { $1 }
        }
    }
}
