import HookKit

extension RetentionPlan {
    /// Asks about every removal, indexes before what they hold, and leaves out what is not permitted and what cannot go while that stays.
    mutating func leaveOut(
        of registry: String,
        in world: RetentionWorld,
        _ permits: (PlannedChange) async throws -> Bool
    ) async throws {
        var permitted: [Removal] = []
        var omitted: [String: String] = [:]
        // What stays after all, with all that it holds, by repository.
        var staying: [String: Set<Digest>] = [:]
        for removal in removals {
            let kept = staying[removal.repository] ?? []
            var reason: String?
            if let subject = removal.subject, kept.contains(subject) { reason = "it belongs to an image that stays" }
            if removal.target == .manifest, kept.contains(removal.digest) { reason = "an index that stays holds it" }
            if reason == nil, !(try await permits(removal.change(in: registry))) { reason = "it is not in the plan, so it stays" }
            if let reason {
                staying[removal.repository, default: []].formUnion(world.contents(of: removal.digest).union([removal.digest]))
                for tag in removal.tags { omitted["\(removal.repository):\(tag)"] = reason }
                continue
            }
            permitted.append(removal)
        }
        for number in permitted.indices {
            let removal = permitted[number]
            for companion in removal.companions {
                let reason: String
                if staying[removal.repository]?.contains(companion) ?? false {
                    reason = "stays: an index that stays holds it"
                } else {
                    let change = PlannedChange.deleting(
                        manifest: companion,
                        tags: [],
                        of: removal.repository,
                        in: registry,
                        subject: removal.change(in: registry).subject
                    )
                    if try await permits(change) { continue }
                    reason = "is not in the plan, so it stays"
                }
                permitted[number].companions.removeAll { $0 == companion }
                permitted[number].details.append("\(companion), which belongs to it, \(reason)")
            }
        }
        removals = permitted
        for index in entries.indices {
            guard let reason = omitted["\(entries[index].repository):\(entries[index].tag)"] else { continue }
            entries[index].verdict = .omitted(reason)
        }
    }
}

extension RetentionPlan.Removal {
    /// What a plan that is written down says of it.
    func change(in registry: String) -> PlannedChange {
        switch target {
        case .tag(let tag): .deleting(tag: tag, naming: digest, of: repository, in: registry)
        case .manifest:
            .deleting(
                manifest: digest,
                tags: tags,
                of: repository,
                in: registry,
                subject: "\(registry)/\(repository):\(tags.first ?? digest.description)"
            )
        }
    }
}
