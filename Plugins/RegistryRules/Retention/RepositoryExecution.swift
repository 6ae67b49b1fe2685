import HookKit

/// Carries out what a plan deletes in one repository, one deletion after the other.
///
/// The API cannot delete on a condition: between the last look and a deletion a tag may be put on a digest. So each tag is looked at directly
/// before it goes; and where more than the tag itself decides, every tag of the repository is, again whenever that look is too old. A deletion
/// that the registry turned away is decided anew.
struct RepositoryExecution {
    /// A look at every tag of the repository.
    private struct Look {
        /// What each tag named; one that named nothing is left out.
        var tags: [String: RegistryDescriptor]
        /// What the indexes hold that tags name which stay, or name something else by now.
        var needed: Set<Digest>
        /// The time before the first question.
        var start: Timestamp
        /// How long it counts, from its start.
        var lifetime: Duration
    }

    /// How long a look counts at least; one that takes longer than half of that counts twice as long as it took, or nothing would ever go.
    private static let shortestLifetime = Duration.seconds(5)
    /// How often a deletion is sent that the registry turns away.
    private static let attempts = 4

    private let repository: String
    private let removals: [RetentionPlan.Removal]
    private let registry: any Registry
    private let world: RetentionWorld
    private let jobs: Int
    private let now: @Sendable () -> Timestamp
    /// What the tags that go named when that was decided.
    private let planned: [String: Digest]
    private var look: Look?
    /// What indexes hold that were put there after the plan was made.
    private var newContents: [Digest: Set<Digest>] = [:]
    /// What was to go and stays after all, with all that it holds: what hangs on it stays too.
    private var staying: Set<Digest> = []
    private var outcome = RetentionExecution.Outcome()

    /// Prepares the deletions; asks nothing.
    init(
        repository: String,
        removals: [RetentionPlan.Removal],
        registry: any Registry,
        world: RetentionWorld,
        jobs: Int,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.repository = repository
        self.removals = removals
        self.registry = registry
        self.world = world
        self.jobs = jobs
        self.now = now
        let tags = removals.flatMap { removal in removal.tags.map { ($0, removal.digest) } }
        planned = Dictionary(tags) { first, _ in first }
    }

    /// Deletes; when the task is cancelled, the deletion under way is finished, and the rest is spared.
    mutating func carryOut() async -> RetentionExecution.Outcome {
        for removal in removals {
            let result = await carryOut(removal)
            for tag in removal.tags { outcome.verdicts[key(tag)] = result }
            switch result {
            case .removed, .absent: await deleteCompanions(of: removal)
            case .spared, .failed, .unknown: staying.formUnion(world.contents(of: removal.digest).union([removal.digest]))
            }
        }
        return outcome
    }

    private func key(_ tag: String) -> String { "\(repository):\(tag)" }

    // MARK: One deletion

    private mutating func carryOut(_ removal: RetentionPlan.Removal) async -> RetentionExecution.Result {
        // What went before must be reported, so a cancellation is no reason to throw here.
        let stopped = RetentionExecution.Result.spared("the run was stopped before it")
        var attempt = 1
        while true {
            guard !Task.isCancelled else { return stopped }
            do {
                if let reason = try await obstacle(to: removal) { return .spared(reason) }
            } catch is CancellationError {
                return stopped
            } catch {
                return .failed("\(error)")
            }
            do {
                return try await delete(removal) == .deleted ? .removed : .absent
            } catch is CancellationError {
                return stopped
            } catch let error as RegistryError where error.code == .turnedAway && attempt < Self.attempts {
                // It waited, and much may have changed.
                look = nil
                attempt += 1
            } catch {
                return await result(of: removal, after: error)
            }
        }
    }

    private func delete(_ removal: RetentionPlan.Removal) async throws -> RegistryDeletion {
        switch removal.target {
        case .tag(let tag): try await registry.deleteTag(tag, in: repository)
        case .manifest: try await registry.deleteManifest(removal.digest, in: repository)
        }
    }

    /// What became of a deletion that ended in an error: the registry may have carried it out all the same.
    private func result(of removal: RetentionPlan.Removal, after failure: any Error) async -> RetentionExecution.Result {
        do {
            for tag in removal.tags where try await registry.descriptor(of: .tag(tag), in: repository) != nil {
                return .failed("\(failure)")
            }
            return .removed
        } catch {
            // The second error says no more than the first.
            return .unknown("whether it went is not known: \(failure)")
        }
    }

    /// Why something stays after all; `nil` where nothing has changed.
    private mutating func obstacle(to removal: RetentionPlan.Removal) async throws -> String? {
        if let subject = removal.subject, staying.contains(subject) { return "it belongs to an image that stays" }
        if removal.target == .manifest {
            if staying.contains(removal.digest) { return "an index that stays holds it" }
            let look = try await freshLook()
            if let reason = Self.user(of: removal.digest, in: look, besides: removal.tags) { return reason }
        }
        if let subject = removal.subject {
            let look = try await freshLook()
            let hasNewTag = look.tags.contains { $0.value.digest == subject && planned[$0.key] != subject }
            if hasNewTag || look.needed.contains(subject) { return "it belongs to an image that got a tag meanwhile" }
        }
        for tag in removal.tags {
            let now = try await registry.descriptor(of: .tag(tag), in: repository)?.digest
            // A tag that is gone already keeps nothing.
            guard let now, now != removal.digest else { continue }
            // What it names now may need what comes next.
            look = nil
            return "'\(tag)' names \(now.short) by now"
        }
        return nil
    }

    /// Who needs a digest by a look.
    private static func user(of digest: Digest, in look: Look, besides tags: [String]) -> String? {
        let others = look.tags.filter { $0.value.digest == digest && !tags.contains($0.key) }.keys
        if let other = others.min() { return "'\(other)' was put on it meanwhile" }
        return look.needed.contains(digest) ? "an index that was pushed meanwhile holds it" : nil
    }

    private mutating func deleteCompanions(of removal: RetentionPlan.Removal) async {
        for companion in removal.companions {
            do {
                let became: String
                if let reason = Self.user(of: companion, in: try await freshLook(), besides: []) {
                    became = "which belonged to it, stays: \(reason)"
                } else {
                    let deletion = try await registry.deleteManifest(companion, in: repository)
                    became = deletion == .deleted ? "which belonged to it, went with it" : "which belonged to it, was gone already"
                }
                for tag in removal.tags { outcome.companions[key(tag), default: []].append("\(companion), \(became)") }
            } catch {
                let failure = error is CancellationError ? "the run was stopped before \(companion), which belonged to it" : "\(error)"
                for tag in removal.tags { outcome.failures[key(tag), default: []].append(failure) }
            }
        }
    }

    // MARK: All tags

    /// The last look, or a new one where that is too old.
    private mutating func freshLook() async throws -> Look {
        if let look, isFresh(look) { return look }
        while true {
            try Task.checkCancellation()
            let start = now()
            let tags = try await allTags()
            let lifetime = max(Self.shortestLifetime, now().since(start) * 2)
            // A tag that goes, and names something else by now, stays as any other does.
            let needed = try await held(by: tags.filter { planned[$0.key] != $0.value.digest }.values)
            let fresh = Look(tags: tags, needed: needed, start: start, lifetime: lifetime)
            look = fresh
            // Reading what is new may have taken long. The next time nothing of it is read again.
            if isFresh(fresh) { return fresh }
        }
    }

    private func isFresh(_ look: Look) -> Bool { (.zero...look.lifetime).contains(now().since(look.start)) }

    private func allTags() async throws -> [String: RegistryDescriptor] {
        let (registry, repository) = (registry, repository)
        guard let tags = try await registry.tags(of: repository) else {
            throw RegistryError(
                .badAnswer,
                "the registry '\(registry.name)' lists no tags of '\(repository)' any more, so nothing is deleted there"
            )
        }
        let targets = try await inParallel(tags, atMost: jobs) { tag in
            (tag: tag, target: try await registry.descriptor(of: .tag(tag), in: repository))
        }
        // A tag that names nothing is left out.
        return Dictionary(targets.compactMap { entry in entry.target.map { (entry.tag, $0) } }) { first, _ in first }
    }

    /// Everything that the indexes hold which are described.
    private mutating func held(by descriptors: some Sequence<RegistryDescriptor>) async throws -> Set<Digest> {
        var held: Set<Digest> = []
        var seen: Set<Digest> = []
        for descriptor in descriptors where seen.insert(descriptor.digest).inserted {
            held.formUnion(try await contents(of: descriptor))
        }
        return held
    }

    private mutating func contents(of descriptor: RegistryDescriptor) async throws -> Set<Digest> {
        // Docker's own form of an image holds no manifests, and is not read.
        if descriptor.mediaType == MediaType.dockerManifest { return [] }
        if world.manifests[descriptor.digest] != nil { return world.contents(of: descriptor.digest) }
        if let known = newContents[descriptor.digest] { return known }
        var contents: Set<Digest> = []
        var open = [descriptor.digest]
        while let next = open.popLast() {
            guard let manifest = try await registry.manifest(.digest(next), in: repository) else {
                throw RegistryError(
                    .badAnswer,
                    "the registry '\(registry.name)' has \(next) no more, so that what it holds in '\(repository)' is not known"
                )
            }
            for child in manifest.children where contents.insert(child.digest).inserted && child.isIndex { open.append(child.digest) }
        }
        newContents[descriptor.digest] = contents
        return contents
    }
}
