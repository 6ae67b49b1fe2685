import HookKit

/// Decides what becomes of the tags of one repository.
struct RepositoryPlanner {
    let policy: RetentionPolicy
    let world: RetentionWorld
    let repository: RetentionWorld.Repository
    private let tagsByDigest: [Digest: [String]]
    private let subjects: [String: Digest]
    /// Those of them whose names alone say that a program put them there for their subjects.
    private let attached: Set<String>
    /// What the tags' indexes hold, each with the indexes that hold it.
    private let holders: [Digest: [Digest]]

    init(policy: RetentionPolicy, world: RetentionWorld, repository: RetentionWorld.Repository) {
        self.policy = policy
        self.world = world
        self.repository = repository
        tagsByDigest = Dictionary(grouping: repository.tags.filter { $0.target != nil }) { tag in
            guard let target = tag.target else { preconditionFailure("tags without a target were left out") }
            return target.digest
        }.mapValues { $0.map(\.name) }
        var subjects: [String: Digest] = [:]
        var attached: Set<String> = []
        for tag in repository.tags {
            if let subject = Self.subject(ofTag: tag.name) ?? Self.subject(ofReferrers: tag, world) {
                subjects[tag.name] = subject
                attached.insert(tag.name)
            } else {
                subjects[tag.name] = tag.target.flatMap { world.manifests[$0.digest]?.subject }
            }
        }
        self.subjects = subjects
        self.attached = attached
        holders = Dictionary(
            grouping: tagsByDigest.keys.flatMap { index in world.contents(of: index).map { (held: $0, index: index) } },
            by: \.held
        ).mapValues { $0.map(\.index) }
    }

    /// What a tag `sha256-<hex>.sig`, `.att` or `.sbom` belongs to; `nil` for every other tag.
    static func subject(ofTag tag: String) -> Digest? {
        for ending in [".sig", ".att", ".sbom"] where tag.hasSuffix(ending) { return digest(inTag: tag.dropLast(ending.count)) }
        return nil
    }

    /// What a tag `sha256-<hex>` may stand for the referrers of; `nil` for every other tag.
    ///
    /// It may as well be somebody's own tag: only what it names tells.
    static func possibleSubject(ofTag tag: String) -> Digest? { digest(inTag: tag[...]) }

    private static func digest(inTag tag: Substring) -> Digest? {
        tag.hasPrefix("sha256-") ? Digest(algorithm: .sha256, hex: tag.dropFirst("sha256-".count)) : nil
    }

    /// What a tag `sha256-<hex>` stands for the referrers of, where it names what belongs there: manifests whose subject is the one in its name.
    private static func subject(ofReferrers tag: RetentionWorld.Tag, _ world: RetentionWorld) -> Digest? {
        guard let subject = possibleSubject(ofTag: tag.name), let target = tag.target, let manifest = world.manifests[target.digest] else {
            return nil
        }
        if manifest.subject == subject { return subject }
        guard case .index(let children) = manifest.content else { return nil }
        let known = children.compactMap { world.manifests[$0.digest] }
        guard known.allSatisfy({ $0.subject == subject }), children.isEmpty || !known.isEmpty else { return nil }
        return subject
    }

    /// Adds the repository's tags to a plan.
    func add(to plan: inout RetentionPlan) {
        var verdicts: [String: RetentionPlan.Verdict] = [:]
        let ranks = Ranks(self)
        for tag in repository.tags where subjects[tag.name] == nil {
            verdicts[tag.name] = verdict(on: tag, ranks)
        }
        keepWhatOthersNeed(&verdicts)
        decideOnReferrers(&verdicts)
        repeat { keepWhatOthersNeed(&verdicts) } while keepReferrersOfWhatStays(&verdicts)
        for tag in repository.tags where covers(tag.name) || isRemoved(verdicts[tag.name]) {
            guard let verdict = verdicts[tag.name] else { continue }
            plan.entries.append(.init(repository: repository.name, tag: tag.name, digest: tag.target?.digest, verdict: verdict))
        }
        let removed = repository.tags.filter { isRemoved(verdicts[$0.name]) }
        guard !removed.isEmpty else { return }
        if repository.support == .nothing { plan.undeletable.append(repository.name) }
        plan.removals += removals(of: removed)
    }

    // MARK: One tag

    private func covers(_ tag: String) -> Bool { policy.covers(repository.name, tag, in: world.registry) }

    private func isRemoved(_ verdict: RetentionPlan.Verdict?) -> Bool { if case .removed? = verdict { true } else { false } }

    /// Says whether a tag may be counted: the policy is about it, its name does not keep it, and it is no signature or the like.
    fileprivate func counts(_ tag: RetentionWorld.Tag) -> Bool {
        covers(tag.name) && subjects[tag.name] == nil && policy.keepingName(repository.name, tag.name, in: world.registry) == nil
    }

    fileprivate func age(of digest: Digest) -> ImageAge { world.age(of: digest, tags: tagsByDigest[digest] ?? [], in: repository.name) }

    private func verdict(on tag: RetentionWorld.Tag, _ ranks: Ranks) -> RetentionPlan.Verdict {
        guard covers(tag.name) else { return .kept("'images' does not name it") }
        if let reason = policy.keepingName(repository.name, tag.name, in: world.registry) { return .kept(reason) }
        guard let digest = tag.target?.digest else { return .dangling }
        if let user = user(of: tag.name, digest) { return .kept(user) }
        var reasons: [String] = []
        if let pattern = policy.deletingPattern(repository.name, tag.name, in: world.registry) {
            reasons.append("'delete' names it by '\(pattern)'")
        }
        let age = policy.needsDates ? age(of: digest) : .unknown("")
        if let limit = policy.olderThan {
            guard let time = age.time else { return .kept(age.text(now: world.now)) }
            guard world.now.since(time) > limit else {
                return .kept("\(age.text(now: world.now)), which is not older than \(limit.settingText)")
            }
            reasons.append("\(age.text(now: world.now)), which is older than \(limit.settingText)")
        }
        if let count = policy.keepLast {
            guard let time = age.time else { return .kept(age.text(now: world.now)) }
            if ranks.isAmongNewest(time) { return .kept("among the newest \(count) of '\(repository.name)': \(age.text(now: world.now))") }
            reasons.append("not among the newest \(count) of '\(repository.name)': \(age.text(now: world.now))")
        }
        if let count = policy.versions, let version = SemanticVersion(tag.name) {
            if ranks.isAmongNewest(version) { return .kept("among the newest \(count) versions of its \(policy.line.rawValue) line") }
            reasons.append("not among the newest \(count) versions of its \(policy.line.rawValue) line")
        }
        if reasons.isEmpty { return .kept("is no version, and nothing else says that it goes") }
        return .removed(reasons.joined(separator: "; "))
    }

    /// Who uses a tag, or what it names.
    private func user(of tag: String, _ digest: Digest) -> String? {
        let meanings = world.meanings(of: digest)
        func isMeant(_ mention: ImageMention) -> Bool {
            mention.mayMean(repository.name, tag: tag, in: world.registry, digests: meanings)
        }
        if let mention = world.mentions.first(where: isMeant) { return "'\(mention.place)' uses it" }
        let container = world.running.first { !$0.digests.isDisjoint(with: meanings) || $0.mentions.contains(where: isMeant) }
        if let container { return "\(container.name) uses it" }
        return world.needed[digest].map { "\($0.user) uses \($0.used.short), which needs it" }
    }

    // MARK: What hangs together

    /// The digests of which every tag goes.
    private func goingDigests(_ verdicts: [String: RetentionPlan.Verdict]) -> Set<Digest> {
        Set(tagsByDigest.filter { $0.value.allSatisfy { isRemoved(verdicts[$0]) } }.keys)
    }

    /// Keeps, where the registry deletes only by digest, what shares its digest with a tag that stays, and what an index holds that stays.
    private func keepWhatOthersNeed(_ verdicts: inout [String: RetentionPlan.Verdict]) {
        guard repository.support == .manifests else { return }
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            let going = goingDigests(verdicts)
            for (digest, tags) in tagsByDigest where !going.contains(digest) {
                let staying = tags.filter { !isRemoved(verdicts[$0]) }
                for tag in tags where isRemoved(verdicts[tag]) {
                    let names = staying.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
                    verdicts[tag] = .kept(
                        "the registry deletes only by digest, and \(names) \(staying.count == 1 ? "has" : "have") the same"
                    )
                    hasChanged = true
                }
            }
            for (index, names) in tagsByDigest.sorted(by: { $0.key < $1.key }) where !going.contains(index) {
                for held in world.contents(of: index) where going.contains(held) {
                    for tag in tagsByDigest[held] ?? [] where isRemoved(verdicts[tag]) {
                        verdicts[tag] = .kept(
                            "the index that '\(names.first ?? "")' names holds it, and the registry deletes only by digest"
                        )
                        hasChanged = true
                    }
                }
            }
        }
    }

    /// Decides on signatures and the like, which go with what they belong to.
    private func decideOnReferrers(_ verdicts: inout [String: RetentionPlan.Verdict]) {
        let referrers = repository.tags.filter { subjects[$0.name] != nil }
        for tag in referrers { verdicts[tag.name] = .kept("it belongs to an image that stays") }
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            let going = goingDigests(verdicts)
            for tag in referrers where !isRemoved(verdicts[tag.name]) {
                guard let subject = subjects[tag.name], let digest = tag.target?.digest else { continue }
                let carriers = carriers(of: subject, besides: digest)
                guard !carriers.isEmpty else {
                    verdicts[tag.name] = .kept("it belongs to \(subject.short), which no tag names")
                    continue
                }
                guard carriers.allSatisfy({ going.contains($0) }) else { continue }
                if let need = world.needed[subject] {
                    verdicts[tag.name] = .kept("it belongs to what \(need.user) uses")
                    continue
                }
                // What merely says that it belongs to something may be under anybody's tag.
                guard covers(tag.name) || attached.contains(tag.name) else {
                    verdicts[tag.name] = .kept("'images' does not name it")
                    continue
                }
                if let reason = keepingReason(tag, digest) {
                    verdicts[tag.name] = .kept(reason)
                    continue
                }
                let names = carriers.flatMap { tagsByDigest[$0] ?? [] }.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
                verdicts[tag.name] = .removed("it belongs to \(names), which goes")
                hasChanged = true
            }
        }
        for tag in referrers where tag.target == nil && repository.isLookedAt { verdicts[tag.name] = .dangling }
    }

    /// Keeps what belongs to something that stays after all; says whether there was any.
    private func keepReferrersOfWhatStays(_ verdicts: inout [String: RetentionPlan.Verdict]) -> Bool {
        let going = goingDigests(verdicts)
        var hasChanged = false
        for tag in repository.tags where isRemoved(verdicts[tag.name]) {
            guard let subject = subjects[tag.name] else { continue }
            guard !carriers(of: subject, besides: tag.target?.digest).allSatisfy({ going.contains($0) }) else { continue }
            verdicts[tag.name] = .kept("it belongs to an image that stays")
            hasChanged = true
        }
        return hasChanged
    }

    /// What tags name that is a subject or holds it; an index of referrers holds what belongs to its subject, not its subject.
    private func carriers(of subject: Digest, besides referrer: Digest?) -> [Digest] {
        (holders[subject] ?? []).filter { $0 != referrer } + (tagsByDigest[subject] == nil ? [] : [subject])
    }

    private func keepingReason(_ tag: RetentionWorld.Tag, _ digest: Digest) -> String? {
        if let pattern = policy.keepingName(repository.name, tag.name, in: world.registry), pattern.hasPrefix("'keep'") { return pattern }
        return user(of: tag.name, digest)
    }

    // MARK: Deletions

    private func removals(of tags: [RetentionWorld.Tag]) -> [RetentionPlan.Removal] {
        // Images first: a run that is stopped leaves signatures of nothing, and never an image without its signature.
        // Indexes before what they hold: a run that is stopped leaves images of no index, and never an index without its images.
        let digests = Set(tags.compactMap(\.target?.digest))
        var depths: [Digest: Int] = [:]
        for digest in digests { for held in world.contents(of: digest) { depths[held, default: 0] += 1 } }
        func depth(_ tag: RetentionWorld.Tag) -> Int { tag.target.flatMap { depths[$0.digest] } ?? 0 }
        let images = tags.filter { subjects[$0.name] == nil }.sorted { (depth($0), $0.name) < (depth($1), $1.name) }
        let referrers = tags.filter { subjects[$0.name] != nil }.sorted { (depth($0), $0.name) < (depth($1), $1.name) }
        let ordered = images + referrers
        var seen: Set<Digest> = []
        return ordered.compactMap { tag in
            guard let digest = tag.target?.digest else { return nil }
            if repository.support == .tags {
                return .init(
                    repository: repository.name,
                    target: .tag(tag.name),
                    digest: digest,
                    tags: [tag.name],
                    subject: subjects[tag.name]
                )
            }
            guard seen.insert(digest).inserted else { return nil }
            return .init(
                repository: repository.name,
                target: .manifest,
                digest: digest,
                tags: tagsByDigest[digest] ?? [],
                subject: subjects[tag.name]
            )
        }
    }
}

extension RepositoryPlanner {
    /// What is among the newest.
    fileprivate struct Ranks {
        private var oldestKept: Timestamp?
        private var keepsAll = false
        private var versions: [String: [SemanticVersion]] = [:]
        private let line: VersionLine
        private let count: Int

        init(_ planner: RepositoryPlanner) {
            line = planner.policy.line
            count = planner.policy.versions ?? 0
            let counted = planner.repository.tags.filter { planner.counts($0) }
            if let last = planner.policy.keepLast {
                let times = Set(counted.compactMap(\.target?.digest)).compactMap { planner.age(of: $0).time }.sorted(by: >)
                keepsAll = times.count <= last
                oldestKept = last > 0 && !keepsAll ? times[last - 1] : nil
            }
            for version in Set(counted.compactMap { SemanticVersion($0.name) }) {
                versions[Self.key(version, line), default: []].append(version)
            }
            for key in versions.keys { versions[key]?.sort(by: >) }
        }

        private static func key(_ version: SemanticVersion, _ line: VersionLine) -> String {
            "\(version.major).\(line == .minor ? "\(version.minor)" : "") \(version.variant)"
        }

        /// Says whether an image of this age is among the newest; those of one age stay together.
        func isAmongNewest(_ time: Timestamp) -> Bool { keepsAll || oldestKept.map { time >= $0 } ?? false }

        /// Says whether a version is among the newest of its line: releases are counted among releases, so that none goes for a pre-release.
        func isAmongNewest(_ version: SemanticVersion) -> Bool {
            let line = versions[Self.key(version, line)] ?? []
            let rivals = version.isPrerelease ? line : line.filter { !$0.isPrerelease }
            return rivals.prefix(count).contains(version)
        }
    }
}
