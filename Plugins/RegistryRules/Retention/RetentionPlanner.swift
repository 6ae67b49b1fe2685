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
        let broken = repository.damage.sorted { $0.key.description < $1.key.description }
        for (target, damage) in broken { plan.damage.append((repository.name, target, damage)) }
        let what = broken.first.map { target, damage in
            damage.user.map { "what \($0) uses" } ?? "what '\(target)' names"
        }
        let reason = "'\(repository.name)' is kept whole, because \(what ?? "something") cannot be read"
        for tag in repository.tags
        where repository.damage[.tag(tag.name)] == nil && policy.covers(repository.name, tag.name, in: world.registry) {
            plan.entries.append(.init(repository: repository.name, tag: tag.name, digest: tag.target?.digest, verdict: .kept(reason)))
        }
    }
}
