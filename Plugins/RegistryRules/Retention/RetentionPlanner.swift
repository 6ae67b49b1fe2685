import HookKit

/// Decides what becomes of each tag; asks nothing and changes nothing.
///
/// Keeping wins: a tag goes when something says that it goes and nothing keeps it.
struct RetentionPlanner {
    let policy: RetentionPolicy
    let world: RetentionWorld

    /// The plan for every repository.
    func plan() -> RetentionPlan {
        var plan = RetentionPlan()
        for repository in world.repositories {
            if repository.damage.isEmpty {
                RepositoryPlanner(policy: policy, world: world, repository: repository).add(to: &plan)
            } else {
                keepWhole(repository, &plan)
            }
        }
        return plan
    }

    private func keepWhole(_ repository: RetentionWorld.Repository, _ plan: inout RetentionPlan) {
        let broken = repository.damage.keys.sorted()
        for tag in broken { plan.damage.append((repository.name, tag, repository.damage[tag] ?? "")) }
        let reason = "'\(repository.name)' is kept whole, because what '\(broken.first ?? "")' names cannot be read"
        for tag in repository.tags where repository.damage[tag.name] == nil && policy.covers(repository.name, tag.name, in: world.registry)
        {
            plan.entries.append(.init(repository: repository.name, tag: tag.name, digest: tag.target?.digest, verdict: .kept(reason)))
        }
    }
}
