import HookKit

/// Carries out what a plan deletes in one repository, one deletion after the other.
///
/// The API cannot delete on a condition: between the last look and a deletion a tag may be put on a digest. So each tag is looked at directly
/// before it goes; and where more than the tag itself decides, every tag of the repository is, again whenever that look is too old, and what the
/// repository lists since then each time. What remains is a tag that was there at the look, and is put on the digest after it. A deletion that the
/// registry turned away is decided anew.
struct RepositoryExecution {
    /// A look at every tag of the repository.
    private struct Look {
        /// The tags that were looked at, and were listed the last time.
        var names: Set<String>
        /// What each of them named; one that named nothing is left out.
        var tags: [String: RegistryDescriptor]
        /// What the indexes hold that tags name which stay, or name something else by now.
        var needed: Set<Digest>
        /// The time before the first question.
        var start: Timestamp
        /// How long it counts, from its start.
        var lifetime: Duration
    }

    /// How long a look counts that took some time: so much longer that a run does not only look, and otherwise as short as can be.
    private static func lifetime(ofLookThatTook duration: Duration) -> Duration {
        duration + max(min(.seconds(5), max(.milliseconds(100), duration * 4)), duration / 4)
    }

    /// How often a deletion is sent that the registry turns away.
    private static let attempts = 4

    private let repository: String
    private let removals: [RetentionPlan.Removal]
    private let registry: any Registry
    private let world: RetentionWorld
    private let jobs: Int
    private let now: @Sendable () -> Timestamp
    /// What the tags that are still to go named when that was decided.
    private var planned: [String: Digest]
    private var look: Look?
    /// The tags of the last list that this run did not delete.
    private var listed: Set<String>
    /// Tags that were gone before the deletion under way.
    private var vanished: Set<String> = []
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
        listed = Set(world.repositories.first { $0.name == repository }?.tags.map(\.name) ?? [])
    }

    /// Deletes; when the task is cancelled, the deletion under way is finished, and the rest is spared.
    mutating func carryOut() async -> RetentionExecution.Outcome {
        var gone: [RetentionPlan.Removal] = []
        for removal in removals {
            let result = await carryOut(removal)
            for tag in removal.tags {
                outcome.verdicts[key(tag)] = result == .removed && vanished.contains(tag) ? .absent : result
            }
            switch result {
            case .removed, .absent:
                forget(removal.tags)
                gone.append(removal)
            case .spared, .failed, .unknown: staying.formUnion(world.contents(of: removal.digest).union([removal.digest]))
            }
        }
        // Only now is it known which index stays that lists them: a run that is stopped leaves companions of nothing, and never an index without them.
        for removal in gone { await deleteCompanions(of: removal) }
        return outcome
    }

    /// Forgets tags that went: whoever puts one there again makes a new one.
    private mutating func forget(_ tags: [String]) {
        listed.subtract(tags)
        look?.names.subtract(tags)
        for tag in tags {
            look?.tags[tag] = nil
            planned[tag] = nil
        }
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
                guard !Self.isRefusal(failure) else { return .failed("\(failure)") }
                return .unknown("it was still there right after, and may go yet: \(failure)")
            }
            return .removed
        } catch {
            // The second error says no more than the first.
            return .unknown("whether it went is not known: \(failure)")
        }
    }

    /// Says whether an error means that a deletion was not carried out, and will not be; otherwise the registry may be at it still.
    private static func isRefusal(_ failure: any Error) -> Bool {
        guard let code = (failure as? RegistryError)?.code else { return false }
        return [.refused, .unauthorized, .unsupported, .busy, .turnedAway, .configuration, .dryRun, .notInPlan].contains(code)
    }

    /// Why something stays after all; `nil` where nothing has changed.
    private mutating func obstacle(to removal: RetentionPlan.Removal) async throws -> String? {
        if let subject = removal.subject, staying.contains(subject) { return "it belongs to an image that stays" }
        if removal.target == .manifest, staying.contains(removal.digest) { return "an index that stays holds it" }
        guard removal.target == .manifest || removal.subject != nil else { return try await move(of: removal) }
        for _ in 0..<Self.attempts {
            let isNew = look.map { !isFresh($0) } ?? true
            let current = try await currentLook()
            if removal.target == .manifest, let reason = Self.user(of: removal.digest, in: current, besides: removal.tags) { return reason }
            if let subject = removal.subject {
                let hasNewTag = current.tags.contains { $0.value.digest == subject && planned[$0.key] != subject }
                if hasNewTag || current.needed.contains(subject) { return "it belongs to an image that got a tag meanwhile" }
            }
            let start = now()
            if let reason = try await move(of: removal) { return reason }
            // A registry that is busy lets a question wait for minutes.
            if isFresh(current) || isNew && now().since(start) <= current.lifetime { return nil }
        }
        return "the registry answers too slowly for a last look before its deletion"
    }

    /// What one of its tags names by now, if that is something else; the last question of all before a deletion.
    private mutating func move(of removal: RetentionPlan.Removal) async throws -> String? {
        let (registry, repository) = (registry, repository)
        let targets = try await inParallel(removal.tags, atMost: jobs) { tag in
            try await registry.descriptor(of: .tag(tag), in: repository)?.digest
        }
        vanished = []
        for (tag, target) in zip(removal.tags, targets) {
            guard let target else {
                // A tag that is gone already keeps nothing.
                vanished.insert(tag)
                continue
            }
            guard target != removal.digest else { continue }
            // What it names now may need what comes next.
            look = nil
            return "'\(tag)' names \(target.short) by now"
        }
        return nil
    }

    /// Who needs a digest by a look.
    private static func user(of digest: Digest, in look: Look, besides tags: [String]) -> String? {
        let others = look.tags.filter { $0.value.digest == digest && !tags.contains($0.key) }.keys
        if let other = others.min() { return "'\(other)' was put on it meanwhile" }
        return look.needed.contains(digest) ? "an index that was pushed meanwhile holds it" : nil
    }

    /// Why a companion of something that went stays after all; `nil` where nothing needs it.
    private mutating func obstacle(to companion: Digest, of removal: RetentionPlan.Removal) async throws -> String? {
        if staying.contains(companion) { return "an index that stays holds it" }
        let current = try await currentLook()
        if let reason = Self.user(of: companion, in: current, besides: []) { return reason }
        if let tag = current.tags.filter({ $0.value.digest == removal.digest }).keys.min() {
            return "'\(tag)' was put on what it belongs to meanwhile"
        }
        return current.needed.contains(removal.digest) ? "an index that was pushed meanwhile holds what it belongs to" : nil
    }

    private mutating func deleteCompanions(of removal: RetentionPlan.Removal) async {
        for companion in removal.companions {
            do {
                let became: String
                if let reason = try await obstacle(to: companion, of: removal) {
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

    /// The last look, or a new one where that is too old, with what the repository lists by now.
    private mutating func currentLook() async throws -> Look {
        while true {
            try Task.checkCancellation()
            let readCount = newContents.count
            let last = look.flatMap { isFresh($0) ? $0 : nil }
            var current: Look
            if let last { current = last } else { current = try await newLook() }
            let names = Set(try await list())
            if names != current.names {
                let new = try await targets(of: names.subtracting(current.names).sorted())
                // A tag that is listed no more counts as new when it comes back.
                current.tags = current.tags.filter { names.contains($0.key) }.merging(new) { $1 }
                current.names = names
                current.needed.formUnion(try await held(by: new.filter { planned[$0.key] != $0.value.digest }.values))
            }
            look = current
            // Reading what was pushed may have taken long: the next time nothing of it is read again. A list alone that takes long always does.
            if isFresh(current) || last == nil && newContents.count == readCount { return current }
        }
    }

    private mutating func newLook() async throws -> Look {
        let start = now()
        let names = try await list()
        let tags = try await targets(of: names)
        let lifetime = Self.lifetime(ofLookThatTook: max(.zero, now().since(start)))
        // A tag that goes, and names something else by now, stays as any other does.
        let needed = try await held(by: tags.filter { planned[$0.key] != $0.value.digest }.values)
        return Look(names: Set(names), tags: tags, needed: needed, start: start, lifetime: lifetime)
    }

    private func isFresh(_ look: Look) -> Bool { (.zero...look.lifetime).contains(now().since(look.start)) }

    /// The repository's tags.
    private mutating func list() async throws -> [String] {
        let tags = try await registry.tags(of: repository)
        // Some registries forget a repository whose last tag went.
        guard let tags = tags ?? (listed.isEmpty ? [] : nil) else {
            throw RegistryError(
                .badAnswer,
                "the registry '\(registry.name)' lists no tags of '\(repository)' any more, so nothing is deleted there"
            )
        }
        listed = Set(tags)
        return tags
    }

    /// What tags name; one that names nothing is left out.
    private func targets(of tags: [String]) async throws -> [String: RegistryDescriptor] {
        let (registry, repository) = (registry, repository)
        let targets = try await inParallel(tags, atMost: jobs) { tag in
            (tag: tag, target: try await registry.descriptor(of: .tag(tag), in: repository))
        }
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
