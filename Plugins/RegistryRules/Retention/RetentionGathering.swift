import HookKit

/// Looks at everything that a plan needs: as few requests as will do, so many at a time as the user allows.
struct RetentionGathering: Sendable {
    let policy: RetentionPolicy
    let registry: any Registry
    let context: RuleContext
    let jobs: Int

    /// The deepest nesting of indexes that is followed.
    static let deepestIndex = ManifestSearch.deepestIndex

    /// How many tags the ledger is asked about at a time.
    private static let tagsPerLedgerQuestion = 200

    /// Looks at the files and engines first: what cannot be looked at there ends the stage before the registry is asked for anything.
    func world() async throws -> RetentionWorld {
        var world = RetentionWorld(registry: registry.name, now: context.environment.now())
        world.mentions = try await mentions()
        world.running = try await inParallel(policy.engines, atMost: jobs) { try await running(on: $0) }.flatMap { $0 }
        world.repositories = try await repositories()
        try await lookAtTags(&world)
        try await readManifests(&world)
        try await readUses(&world)
        if policy.needsDates {
            try await readConfigurations(&world)
            try await askLedger(&world)
        }
        return world
    }

    // MARK: What there is

    private func repositories() async throws -> [RetentionWorld.Repository] {
        let registry = registry
        let literal = policy.literalRepositories(in: registry.name)
        let listed = literal.areAll ? literal.names : try await registry.repositories()
        let names = literal.areAll ? listed : listed.filter { policy.mayCover($0, in: registry.name) }
        let found = try await inParallel(names, atMost: jobs) { name in
            (name: name, tags: try await registry.tags(of: name))
        }
        let known = Set(found.filter { $0.tags != nil || !literal.areAll }.map(\.name))
        let missing = literal.names.filter { !known.contains($0) }
        for name in missing {
            context.report(
                .failed(
                    subject: "\(registry.name)/\(name)",
                    type: "not-found",
                    message: "the registry has no repository '\(name)', which 'images' names"
                )
            )
        }
        let tags = found.flatMap { repository in (repository.tags ?? []).map { (repository: repository.name, tag: $0) } }
        for pattern in policy.unmatchedPatterns(among: tags, without: missing, in: registry.name) {
            context.report(
                .skipped(subject: pattern.description, type: "no-match", message: "the registry has no tag that '\(pattern)' matches")
            )
        }
        for (key, pattern) in policy.patternsOfOtherRegistries(than: registry.name) {
            context.report(
                .skipped(
                    subject: pattern.description,
                    type: "no-match",
                    message: "'\(key)' names it on another registry than '\(registry.name)', so it matches nothing here"
                )
            )
        }
        return found.map { repository in
            RetentionWorld.Repository(name: repository.name, tags: (repository.tags ?? []).map { RetentionWorld.Tag(name: $0) })
        }
    }

    /// Says whether anything may go from a repository, as far as names tell.
    private func mayLoseTags(_ repository: RetentionWorld.Repository) -> Bool {
        repository.tags.contains { tag in
            RepositoryPlanner.subject(ofTag: tag.name) == nil && policy.covers(repository.name, tag.name, in: registry.name)
                && policy.keepingName(repository.name, tag.name, in: registry.name) == nil
        }
    }

    private struct Place: Sendable {
        let repository: Int
        let tag: Int
    }

    /// Finds out what every tag names, by one request each, in the repositories that may lose any.
    private func lookAtTags(_ world: inout RetentionWorld) async throws {
        let registry = registry
        let repositories = world.repositories
        let looked = repositories.indices.filter { mayLoseTags(repositories[$0]) }
        let places = looked.flatMap { number in repositories[number].tags.indices.map { Place(repository: number, tag: $0) } }
        let targets = try await inParallel(places, atMost: jobs) { place in
            let repository = repositories[place.repository]
            return try await Self.unlessDamaged {
                try await registry.descriptor(of: .tag(repository.tags[place.tag].name), in: repository.name)
            }
        }
        for number in looked { world.repositories[number].isLookedAt = true }
        for (place, target) in zip(places, targets) {
            switch target {
            case .success(let target): world.repositories[place.repository].tags[place.tag].target = target
            case .failure(let error):
                let tag = repositories[place.repository].tags[place.tag].name
                world.repositories[place.repository].damage[.tag(tag)] = .init(reason: error.description)
            }
        }
    }

    /// What is wrong with one thing alone is kept for a finding; what is wrong with the registry ends the stage.
    static func unlessDamaged<Answer: Sendable>(
        _ ask: () async throws -> Answer
    ) async throws -> Result<Answer, RegistryError> {
        do {
            return .success(try await ask())
        } catch let error as RegistryError where error.code == .badAnswer || error.code == .wrongDigest {
            return .failure(error)
        }
    }

    /// Reads each manifest once, however many tags and repositories have it, and where that matters, what indexes hold.
    private func readManifests(_ world: inout RetentionWorld) async throws {
        let registry = registry
        let readsImages = policy.needsDates || !world.running.isEmpty || world.mentions.contains { $0.digest != nil }
        let names = world.repositories.map(\.name)
        var search = ManifestSearch(readsImages: readsImages)
        for (number, repository) in world.repositories.enumerated() {
            for tag in repository.tags {
                guard let target = tag.target else { continue }
                // What may stand for an API for referrers: what it holds says whether it does.
                if RepositoryPlanner.possibleSubject(ofTag: tag.name) != nil { search.readWhole(target.digest) }
                // Docker's own form holds neither a subject nor other manifests.
                if readsImages || target.mediaType != MediaType.dockerManifest { search.add(target.digest, in: number) }
            }
        }
        while true {
            let asked = search.questions()
            if asked.isEmpty { break }
            let answers = try await inParallel(asked, atMost: jobs) { question in
                try await Self.unlessDamaged {
                    try await registry.manifest(.digest(question.digest), in: names[question.repository])
                }
            }
            for (question, answer) in zip(asked, answers) { search.note(answer, to: question) }
        }
        world.manifests = search.manifests
        let unreadable = search.unreadable
        guard !unreadable.isEmpty else { return }
        for number in world.repositories.indices {
            for tag in world.repositories[number].tags {
                guard let target = tag.target?.digest else { continue }
                let reasons = world.contents(of: target).union([target]).sorted().compactMap { unreadable[$0] }
                if let reason = reasons.first { world.repositories[number].damage[.tag(tag.name)] = .init(reason: reason) }
            }
        }
    }

    /// Reads each configuration once.
    private func readConfigurations(_ world: inout RetentionWorld) async throws {
        let registry = registry
        var places: [Digest: (descriptor: RegistryDescriptor, repositories: [String])] = [:]
        for repository in world.repositories {
            var seen: Set<Digest> = []
            for target in Set(repository.tags.compactMap(\.target?.digest)) {
                for digest in world.contents(of: target).union([target]) {
                    guard let configuration = world.manifests[digest]?.configuration, seen.insert(configuration.digest).inserted else {
                        continue
                    }
                    places[configuration.digest, default: (descriptor: configuration, repositories: [])].repositories.append(
                        repository.name
                    )
                }
            }
        }
        let asked = places.values.sorted { $0.descriptor.digest < $1.descriptor.digest }
        let read = try await inParallel(asked, atMost: jobs) { place in
            // What is damaged says nothing of its age, so that its image stays.
            try await Self.unlessDamaged { () async throws -> RegistryImageConfiguration? in
                // What one repository lacks, another may have.
                for repository in place.repositories {
                    if let configuration = try await registry.configuration(place.descriptor, in: repository) { return configuration }
                }
                return nil
            }
        }
        for (place, answer) in zip(asked, read) {
            switch answer {
            case .success(let configuration): world.configurations[place.descriptor.digest] = configuration
            case .failure(let error): context.log(.warning, error.description)
            }
        }
    }

    private func askLedger(_ world: inout RetentionWorld) async throws {
        var tags: [(reference: ImageReference, digest: Digest)] = []
        for repository in world.repositories where repository.isLookedAt {
            for tag in repository.tags {
                guard let digest = tag.target?.digest, let reference = world.reference(repository.name, tag.name) else { continue }
                tags.append((reference, digest))
            }
        }
        // A tag that is rebuilt many times a day has thousands of generations, and what was pushed may be any of them: all are looked at, a few
        // tags at a time, and only those kept in which the tag named what it names now.
        for start in stride(from: 0, to: tags.count, by: Self.tagsPerLedgerQuestion) {
            let some = tags[start..<min(start + Self.tagsPerLedgerQuestion, tags.count)]
            // Whatever engine saw a tag, it makes the image younger; where none is at hand, the ledger counts all the same.
            let known = try await context.ledger.generations(of: some.map(\.reference), newest: nil, on: nil)
            for (reference, digest) in some {
                guard let generations = known[reference] else { continue }
                let meanings = world.meanings(of: digest)
                world.generations[reference] = generations.filter { generation in
                    generation.manifestDigest == digest || meanings.contains(generation.image)
                }
            }
        }
    }
}
