import HookKit

/// What the tags of repositories name, looked at again whenever a look is too old.
actor TagLooks {
    private struct Look {
        let tags: [String: Digest]
        let start: ContinuousClock.Instant
        let lifetime: Duration
    }

    /// How long a look counts at least; one that takes longer than half of that counts twice as long as it took.
    private static let shortestLifetime = Duration.seconds(5)
    /// How many tags are asked about at a time.
    private static let questionsAtATime = 8

    private var looks: [String: Look] = [:]

    /// The tags of a repository that name a digest, but for those that a plan has; a look is a few seconds old at most.
    func tags(naming digest: Digest, besides planned: [String], of repository: String, in registry: any Registry) async throws -> [String] {
        func others(_ tags: [String: Digest]) -> [String] { tags.filter { $0.value == digest && !planned.contains($0.key) }.keys.sorted() }
        if others(try await tags(of: repository, in: registry)).isEmpty { return [] }
        // The rule itself may have taken it off a moment ago.
        looks[repository] = nil
        return others(try await tags(of: repository, in: registry))
    }

    private func tags(of repository: String, in registry: any Registry) async throws -> [String: Digest] {
        if let look = looks[repository], look.start.duration(to: .now) <= look.lifetime { return look.tags }
        let start = ContinuousClock.now
        var tags: [String: Digest] = [:]
        var rest = try await registry.tags(of: repository) ?? []
        try await withThrowingTaskGroup(of: (String, Digest?).self) { group in
            func ask() {
                guard let tag = rest.popLast() else { return }
                group.addTask { (tag, try await registry.descriptor(of: .tag(tag), in: repository)?.digest) }
            }
            for _ in 0..<Self.questionsAtATime { ask() }
            while let (tag, digest) = try await group.next() {
                tags[tag] = digest
                ask()
            }
        }
        looks[repository] = Look(tags: tags, start: start, lifetime: max(Self.shortestLifetime, start.duration(to: .now) * 2))
        return tags
    }
}
