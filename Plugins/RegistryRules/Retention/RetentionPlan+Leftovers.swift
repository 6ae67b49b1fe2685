import HookKit

extension RetentionPlan {
    /// Notes at each removal what the registry keeps of it; call it when it is known what goes.
    mutating func noteWhatIsLeft(in world: RetentionWorld) {
        let numbers = Dictionary(grouping: removals.indices) { removals[$0].repository }
        for repository in world.repositories {
            guard let numbers = numbers[repository.name] else { continue }
            let going = Set(numbers.flatMap { removals[$0].tags })
            // The first of the tags that stay on a digest, or on an index that holds it.
            var named: [Digest: String] = [:]
            var held: [Digest: String] = [:]
            for tag in repository.tags where !going.contains(tag.name) {
                guard let digest = tag.target?.digest, named[digest] == nil else { continue }
                named[digest] = tag.name
                for child in world.contents(of: digest) where held[child] == nil { held[child] = tag.name }
            }
            let deleted = numbers.reduce(into: Set<Digest>()) { deleted, number in
                if removals[number].target == .manifest { deleted.insert(removals[number].digest) }
                deleted.formUnion(removals[number].companions)
            }
            for number in numbers {
                let digest = removals[number].digest
                let note: String?
                if removals[number].target == .manifest {
                    let children = Set(world.manifests[digest]?.children.map(\.digest) ?? [])
                    let left = children.filter { named[$0] == nil && held[$0] == nil && !deleted.contains($0) }
                    note = Self.note(on: left.count, of: children.count)
                } else if let tag = named[digest] {
                    note = "'\(tag)' names \(digest) too, so the registry keeps it"
                } else if let tag = held[digest] {
                    note = "the index that '\(tag)' names holds \(digest), so the registry keeps it"
                } else {
                    note = "the registry keeps \(digest) without this tag until it collects what no tag reaches"
                }
                removals[number].details.insert(contentsOf: [note].compactMap { $0 }, at: 0)
            }
        }
    }

    private static func note(on left: Int, of count: Int) -> String? {
        guard left > 0 else { return nil }
        let all = count == 1 ? "the manifest" : "the \(count) manifests"
        let what = left == count ? all : "\(left) of \(all)"
        return "\(what) of the index \(left == 1 ? "stays" : "stay") without a tag until the registry's storage is collected"
    }
}
