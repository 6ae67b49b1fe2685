import HookKit

/// Decides what to remove, from what was gathered alone.
///
/// Keeping wins: a thing is removed only when no reason to keep it is found.
struct PrunePlanner {
    let policy: PrunePolicy
    let world: PruneWorld
    let images: [Digest: EngineImage]
    let mounts: ImageMounts
    let reasons: PruneReasons
    var plan = PrunePlan()
    /// The containers that go first.
    var leaving: [EngineContainer] = []

    /// The plan for a policy.
    static func plan(_ policy: PrunePolicy, in world: PruneWorld) -> PrunePlan {
        var planner = PrunePlanner(policy: policy, world: world)
        let remaining = planner.planContainers()
        planner.planNetworks(usedBy: remaining)
        planner.planVolumes(usedBy: remaining)
        planner.planImages(usedBy: remaining)
        return planner.plan
    }

    private init(policy: PrunePolicy, world: PruneWorld) {
        self.policy = policy
        self.world = world
        images = Dictionary(world.images.map { ($0.id, $0) }) { first, _ in first }
        mounts = ImageMounts(world)
        reasons = PruneReasons(policy, in: world)
    }

    /// Who uses something that is removed, as part of the reason: nobody, or what goes before it.
    func userText(where isUser: (EngineContainer) -> Bool) -> String {
        let users = leaving.filter(isUser)
        guard let first = users.first else { return "no container uses it" }
        let name = "container '\(first.displayName)'"
        return users.count == 1 ? "\(name), which uses it, goes first" : "\(name) and \(users.count - 1) more, which use it, go first"
    }

    /// The latest sign of use as the end of a reason.
    func ageText(_ use: Timestamp?) -> String {
        use.map { ", last sign of use \(world.now.since($0).approximateText) ago" } ?? ""
    }

    /// The order of kinds: what holds others goes first.
    ///
    /// Images and records of the build cache take the numbers below theirs, the deepest child first.
    enum Wave {
        static let containers = 0
        static let networks = 1
        static let volumes = 2
        static let images = 1_000_000_000
        static let buildCache = 2_000_000_000
    }
}
