import HookKit

/// Deletes tags of a registry by policy.
struct RegistryRetention: Rule {
    /// What stands for the run's own engine in 'protect-running'.
    static let ownEngine = "default"

    static let configuration = RuleConfiguration(
        name: "registry-retention",
        abstract: "Delete tags through a registry's API by policy: by number, age, pattern or version, and never what is in use.",
        discussion: """
            Keeping wins over deleting. A tag goes when 'images' names it, 'delete' names it (where it is given), it is older than 'older-than' (where \
            that is given), it is neither among the newest 'keep-last' images of its repository nor among the newest 'semver' versions of its line \
            (where those are given), 'keep' does not name it, no file of 'protect-used-in' mentions it, and no container of 'protect-running' uses it. \
            With 'semver' alone, what is no version stays.

            'images' and 'delete' name repositories as the registry lists them, with or without the registry's name in front: 'tickets' is not \
            'library/tickets', and 'docker.io/*' means repositories of that name. 'keep' means these, and all that docker would take it for.

            'keep-last' counts digests, not tags: two tags on one image are one. Counted is what 'images' and 'delete' name and 'keep' does not. An image's \
            age is the time at which the ledger first saw it under the tag, on whatever engine, or else the time at which it says that it was made; the finding \
            says which. A time before 2013, such as the 1970 or 1980 of reproducible builds, or more than five minutes in the future, says nothing: then \
            the image stays, and takes no place of another; so does an index that holds such an image, unless the ledger knows the index.

            In 'protect-used-in' every image counts that a compose file, a Kubernetes manifest, a chart's values or a kustomization names. A variable \
            stands for anything, in the place of a digest for every tag; values with a tag and no name stand for every repository, a name without a tag \
            for 'latest', or for every tag where a key beside it may hold one; and the registry's name does not matter, since a registry has several. \
            What is named by a digest, and what a container runs, stays with all that it needs, such as the images of an index that no tag names any more. \
            '**' looks behind symbolic links and into hidden directories too, but for '.git'. A file that cannot be read, and files of which none names an \
            image, end the stage before anything is deleted.

            Two tags on one digest: only the tag named goes. A registry that deletes only by digest would delete both, so there both stay, and so does what \
            an index holds that stays. Signatures, SBOMs and attestations ('subject', a tag 'sha256-<hex>.sig', '.att' or '.sbom', or the index of them under \
            'sha256-<hex>') go with their image, are never counted, and stay as long as it does, or as a tag, a file or a container has them; by their tag's \
            name they go even where 'images' does not name them. A repository in which a manifest cannot be read is kept whole. A dry run lists exactly what \
            a run would delete; to know what the registry deletes, it too asks it to delete a tag and a digest that nothing has. The space is given back \
            when the registry's storage is collected.

            A run looks at each tag again directly before it goes. A registry cannot be asked to delete a digest only while nothing else is on it, so before \
            each such deletion the repository's tags are listed, and every new one is looked at, so that a new tag saves its image up to the last moment. A \
            tag that was there before is looked at again every few seconds: where such a tag is put on an image that is about to go, in the time since the \
            last look at all tags (what that look takes and a quarter more, or five seconds more where that is longer), it goes with the image. Do not move \
            tags onto images that the policy deletes while it runs.
            """,
        effect: .changes,
        examples: RegistryRetentionExamples.all
    )

    @Setting(help: "Registry, as image references name it, or with 'http://' or 'https://' in front.") var registry: RegistryName
    @Setting(help: "Tags to act on; with patterns of whole repositories, the registry must list its repositories.") var images:
        [ReferencePattern] = [.everything]
    @Setting(help: "Tags that may go; without it, all.") var delete: [ReferencePattern] = []
    @Setting(help: "Tags that stay.") var keep: [ReferencePattern] = []
    @Setting(help: "Number of newest images of each repository that stay; digests are counted.") var keepLast: Int?
    @Setting(help: "Age below which nothing goes.") var olderThan: Duration?
    @Setting(help: "Number of newest versions of each line that stay.") var semver: Int?
    @Setting(help: "Versions that are counted together: those of one 'minor' or of one 'major' line.") var semverLine: VersionLine = .minor
    @Setting(help: "Files or globs such as 'deploy/**/*.yml', of which the images never go.") var protectUsedIn: [ConfigPath] = []
    @Setting(help: "Hosts of engines, or 'default' for this run's, of which the containers' images never go.") var protectRunning:
        [String] = []
    @Setting(help: "Allow plain HTTP to a registry that is not on this machine.") var insecure: Bool = false
    @Setting(help: "File in PEM with the authorities that the registry's certificate may come from.") var ca: ConfigPath?
    @Setting(help: "Number of requests at a time.") var jobs: Int = 8

    private var policy: RetentionPolicy {
        RetentionPolicy(
            images: images,
            delete: delete,
            keep: keep,
            keepLast: keepLast,
            olderThan: olderThan,
            versions: semver,
            line: semverLine,
            files: protectUsedIn,
            engines: protectRunning
        )
    }

    func validate() throws(RuleValidationError) {
        if delete.isEmpty, keepLast == nil, olderThan == nil, semver == nil {
            throw RuleValidationError("registry-retention needs 'delete', 'keep-last', 'older-than' or 'semver' to know what may go")
        }
        if keepLast == 0, delete.isEmpty, olderThan == nil {
            throw RuleValidationError(
                "'keep-last: 0' alone would delete everything; name what may go in 'delete' or 'older-than'",
                key: "keep-last"
            )
        }
        if semver == 0, delete.isEmpty, olderThan == nil, keepLast == nil {
            throw RuleValidationError(
                "'semver: 0' alone would delete every version; name what may go in 'delete' or 'older-than'",
                key: "semver"
            )
        }
        if jobs == 0 { throw RuleValidationError("'jobs' must be at least 1", key: "jobs") }
        for host in protectRunning where host != Self.ownEngine {
            do throws(InvalidEngineHost) {
                _ = try EngineHost(checking: host)
            } catch {
                throw RuleValidationError("'protect-running' names '\(host)', which \(error)", key: "protect-running")
            }
        }
        // Such a pattern would match no tag, and keep nothing of what it names.
        for (key, patterns) in [("images", images), ("delete", delete), ("keep", keep)] { try patterns.checkTags(key) }
    }

    func run(in context: RuleContext) async throws {
        let address = RegistryAddress(registry.description, security: insecure ? .optional : .required, authority: ca?.absolute)
        let registry = try await context.registries.registry(at: address)
        let policy = policy
        var world = try await RetentionGathering(policy: policy, registry: registry, context: context, jobs: jobs).world()
        try await askWhatIsDeleted(&world, policy, registry)
        var plan = RetentionPlanner(policy: policy, world: world).plan()
        if let repository = plan.undeletable.first {
            throw RegistryError(
                .unsupported,
                "the registry '\(registry.name)' deletes nothing in '\(repository)'; allow deletes in its configuration (`storage: delete: enabled: true`)"
            )
        }
        plan.removals = try await addCompanions(to: plan.removals, world, registry)
        try await plan.leaveOut(of: registry.name, in: world) { try await context.permits($0) }
        plan.noteWhatIsLeft(in: world)
        let report = RetentionReport(context: context, registry: registry.name)
        if context.isDryRun {
            report.report(plan, nil)
            return
        }
        try Task.checkCancellation()
        let execution = RetentionExecution(registry: registry, context: context, world: world, jobs: jobs)
        report.report(plan, try await execution.carryOut(plan.removals))
        try Task.checkCancellation()
    }

    /// Finds out, where a tag would go, whether the registry deletes tags, digests or nothing: the plan depends on it.
    private func askWhatIsDeleted(_ world: inout RetentionWorld, _ policy: RetentionPolicy, _ registry: any Registry) async throws {
        for number in world.repositories.indices { world.repositories[number].support = .tags }
        let wanted = Set(RetentionPlanner(policy: policy, world: world).plan().removals.map(\.repository))
        let numbers = world.repositories.indices.filter { wanted.contains(world.repositories[$0].name) }
        let names = numbers.map { world.repositories[$0].name }
        let support = try await inParallel(names, atMost: jobs) { try await registry.deletionSupport(in: $0) }
        for (number, support) in zip(numbers, support) { world.repositories[number].support = support }
    }

    /// Finds what has no tag and belongs to what goes, where a digest is deleted and would leave it behind.
    private func addCompanions(
        to removals: [RetentionPlan.Removal],
        _ world: RetentionWorld,
        _ registry: any Registry
    ) async throws -> [RetentionPlan.Removal] {
        let tags = Dictionary(uniqueKeysWithValues: world.repositories.map { ($0.name, Set($0.tags.map(\.name))) })
        let needed = neededDigests(removals, world)
        let used = Set(world.needed.keys).union(world.running.flatMap(\.digests))
        return try await inParallel(removals, atMost: jobs) { removal in
            guard removal.target == .manifest else { return removal }
            var removal = removal
            let referrers = try await registry.referrers(
                of: removal.digest,
                in: removal.repository,
                knowing: tags[removal.repository] ?? []
            ).map(\.digest)
            for digest in Set(referrers).subtracting(needed[removal.repository] ?? []).sorted() {
                // The list is the registry's word, or an index that anybody can push; only the manifest itself says what it belongs to.
                let answer = try await RetentionGathering.unlessDamaged { () async throws -> RegistryManifest? in
                    try await registry.manifest(.digest(digest), in: removal.repository)
                }
                guard case .success(let manifest?) = answer, manifest.subject == removal.digest else { continue }
                let meanings = [digest, manifest.configuration?.digest].compactMap { $0 } + manifest.children.map(\.digest)
                if used.isDisjoint(with: meanings) { removal.companions.append(digest) }
            }
            return removal
        }
    }

    /// By repository, what tags name, and what the indexes hold that tags name which stay.
    private func neededDigests(_ removals: [RetentionPlan.Removal], _ world: RetentionWorld) -> [String: Set<Digest>] {
        let going = Dictionary(grouping: removals, by: \.repository).mapValues { Set($0.flatMap(\.tags)) }
        var needed: [String: Set<Digest>] = [:]
        for repository in world.repositories {
            guard let going = going[repository.name] else { continue }
            var digests: Set<Digest> = []
            for tag in repository.tags {
                guard let digest = tag.target?.digest, digests.insert(digest).inserted || !going.contains(tag.name) else { continue }
                if !going.contains(tag.name) { digests.formUnion(world.contents(of: digest)) }
            }
            needed[repository.name] = digests
        }
        return needed
    }
}
