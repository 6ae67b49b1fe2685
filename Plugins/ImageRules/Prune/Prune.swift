import HookKit

/// Removes what is safe to remove, and says of everything else why it stays.
struct Prune: Rule {
    static let configuration = RuleConfiguration(
        name: "prune",
        abstract: "Remove what is safe: dangling or unused images, stopped containers, networks, named volumes, the build cache.",
        discussion: """
            Keeping wins over removing. An image is removed only when it is dangling (and 'dangling' is true) or has tags that 'images' names (and \
            'unused' is true), no container in any state and no swarm service uses it, nothing that stays is built on it, no 'protect' pattern \
            matches a name that it has or had (by the ledger, the engine's events and its repository digests), its labels fit, it is not among the newest 'keep-last' images of its repository, and \
            the last sign of use is older than 'older-than'. With 'keep-bytes', what was used last stays as long as everything together fits. \
            What a classic build left below an image, and never had a name, is meant by 'images' and 'labels' where all that is built on it is removed.

            Nothing is forced. The plan is made first; a dry run prints it, and a run carries out just that, children before parents, in one go. What \
            the engine does not remove keeps what it needs. An \
            image that is tagged, built, pulled or loaded, even with the name that it has already, or that a container or a swarm service is made of, \
            while the run is under way stays. The Engine API cannot remove on a condition, so a few milliseconds remain between \
            the last look and the removal.

            'dangling: true' alone is 'docker image prune'; with 'containers', 'networks' and 'build-cache' it is 'docker system prune', and 'unused' \
            adds its '--all'. Volumes go only when 'volumes' names them.
            """,
        effect: .changes,
        examples: PruneExamples.all
    )

    @Setting(help: "Remove images without a tag.") var dangling: Bool = true
    @Setting(help: "Remove images with tags too, where no container uses them and 'images' names all their tags.") var unused: Bool = false
    @Setting(help: "Images to act on, by the names that they have or, where they have none, had; Podman builds 'localhost/NAME'.")
    var images: [ReferencePattern] = [
        .everything
    ]
    @Setting(help: "Images that are never removed, by the names that they have or had, or by 12 to 64 digits of their IDs.") var protect:
        [ReferencePattern] = []
    @Setting(help: "Labels that a thing must have, or with '!' must not have, to be removed.") var labels: [LabelFilter] = []
    @Setting(help: "Age since the last sign of use below which nothing is removed.") var olderThan: Duration = .seconds(3600)
    @Setting(help: "Number of images of each repository that stay, those made or tagged here last; images are counted, not tags.")
    var keepLast: Int?
    @Setting(
        help: "Disk budget of images, and of the build cache where that is pruned: the least recently used go first, until the rest fits."
    )
    var keepBytes: ByteSize?
    @Setting(help: "Remove stopped containers first.") var containers: Bool = false
    @Setting(help: "Remove networks that no container uses.") var networks: Bool = false
    @Setting(help: "Names or patterns of volumes to remove where no container uses them.") var volumes: [Glob] = []
    @Setting(help: "Remove records of the build cache that no build uses.") var buildCache: Bool = false

    private var policy: PrunePolicy {
        PrunePolicy(
            dangling: dangling ? .remove : .leave,
            unused: unused ? .remove : .leave,
            images: images,
            protect: protect,
            labels: labels,
            olderThan: olderThan,
            keepLast: keepLast,
            keepBytes: keepBytes,
            containers: containers ? .remove : .leave,
            networks: networks ? .remove : .leave,
            volumes: volumes,
            buildCache: buildCache ? .remove : .leave
        )
    }

    func validate() throws(RuleValidationError) {
        if !dangling, !unused, !containers, !networks, volumes.isEmpty, !buildCache {
            throw RuleValidationError("prune has nothing to remove: 'dangling' is false and nothing else is asked for", key: "dangling")
        }
        if keepBytes != nil, !dangling, !unused, !buildCache {
            throw RuleValidationError("'keep-bytes' needs 'dangling', 'unused' or 'build-cache'", key: "keep-bytes")
        }
    }

    func run(in context: RuleContext) async throws {
        let policy = policy
        if context.isDryRun {
            let (plan, _) = try await Self.plan(policy, in: context)
            for removal in plan.removals {
                context.report(
                    .passed(
                        subject: removal.subject,
                        type: "would-remove",
                        message: removal.message,
                        details: removal.tagDetails,
                        bytes: removal.bytes
                    )
                )
            }
            Self.reportKept(plan, in: context)
            return
        }
        let engine = try await context.engine
        // The watch begins before the look at the engine, so that no change can fall between the two.
        let watch = RememberingWatch(try await engine.watch())
        do {
            let (plan, world) = try await Self.plan(policy, in: context)
            Self.reportKept(plan, in: context)
            let names = policy.olderThan > .zero ? ImageNames(world) : nil
            let changes = PruneChanges(since: plan, engine: engine, watch: watch, names: names, world: world)
            var execution = PruneExecution(engine: engine, changes: changes, docker: world.docker, context: context)
            try await execution.carryOut(plan)
            await watch.record(in: context)
        } catch {
            await watch.stop()
            throw error
        }
        await watch.stop()
    }

    /// Up to how many images it is worth asking for the layers, where nothing but the sizes in the report depends on them.
    private static let mostSharers = 200

    private static func plan(_ policy: PrunePolicy, in context: RuleContext) async throws -> (PrunePlan, PruneWorld) {
        let world = try await PruneWorld.gather(for: policy, in: context)
        var plan = PrunePlanner.plan(policy, in: world)
        if plan.namelessCount > 0, let settings = policy.settingsByName {
            let count = plan.namelessCount == 1 ? "1 image has" : "\(plan.namelessCount) images have"
            let them = plan.namelessCount == 1 ? "it" : "them"
            context.log(.info, "\(count) no known name, so \(settings) cannot hold \(them); run track-tags after each build")
        }
        try await plan.leaveOut { try await context.permits($0) }
        plan.leaveOutParents(among: world.images)
        try await countSharedLayers(of: &plan, in: world, context)
        return (plan, world)
    }

    /// Works out what the removal of images gives back that share layers with each other alone.
    private static func countSharedLayers(of plan: inout PrunePlan, in world: PruneWorld, _ context: RuleContext) async throws {
        guard let usage = world.usage else { return }
        let identifiers = Set(world.images.map(\.id))
        // Of images that others were made from the engine does not say what they share, nor what others share with them.
        let sharers = world.images.filter { image in
            usage.sharedSizes[image.id] != .zero || image.parent.map(identifiers.contains) == true
        }
        let sharing = Set(sharers.map(\.id))
        let removed = plan.removals.count { if case .image(let image) = $0.item { sharing.contains(image.id) } else { false } }
        guard removed > 1 else { return }
        var layers = world.layers
        let unknown = sharing.subtracting(layers.keys)
        guard unknown.count <= mostSharers else {
            context.log(.info, "sizes are counted at the least: what only removed images share is given back as well")
            return
        }
        if !unknown.isEmpty {
            layers.merge(try await context.engine.inspectImages(Array(unknown)).mapValues(\.layers)) { first, _ in first }
        }
        plan.countSharedLayers(LayerTree(sharers, layers: layers, sharedSizes: usage.sharedSizes))
    }

    private static func reportKept(_ plan: PrunePlan, in context: RuleContext) {
        for kept in plan.keepings {
            context.report(.passed(subject: kept.subject, type: "kept", message: kept.reason, bytes: kept.bytes))
        }
        for omitted in plan.omissions {
            context.report(.notInPlan(subject: omitted.subject, message: omitted.reason, bytes: omitted.bytes))
        }
    }
}
