import HookKit

extension PrunePlan {
    /// Asks about every removal, what holds others first, and leaves out what is not permitted and what cannot go while that stays.
    mutating func leaveOut(_ permits: ([PlannedChange]) async throws -> [Bool]) async throws {
        var holders = Holders(mounts: mounts)
        var isLeftOut = [Bool](repeating: false, count: removals.count)
        let waves = Dictionary(grouping: removals.indices) { removals[$0].wave }.sorted { $0.key < $1.key }
        for (_, wave) in waves {
            var asked: [Int] = []
            for index in wave {
                if let reason = holders.reason(toKeep: removals[index].item) {
                    leaveOut(index, reason, &isLeftOut, &holders)
                } else {
                    asked.append(index)
                }
            }
            let answers = try await permits(asked.map { removals[$0].change })
            for (index, isPermitted) in zip(asked, answers) where !isPermitted {
                leaveOut(index, "it is not in the plan, so it stays", &isLeftOut, &holders)
            }
        }
        removals = zip(removals, isLeftOut).filter { !$0.1 }.map(\.0)
    }

    private mutating func leaveOut(_ index: Int, _ reason: String, _ isLeftOut: inout [Bool], _ holders: inout Holders) {
        isLeftOut[index] = true
        omissions.append(.init(subject: removals[index].subject, reason: reason, bytes: removals[index].bytes))
        holders.keep(removals[index].item, as: "'\(removals[index].subject)', which stays,")
    }

    /// What is held by what stays, and how that is spoken of.
    struct Holders {
        private let mounts: [String: Set<Digest>]
        private var images: [Digest: String] = [:]
        private var networks: [String: String] = [:]
        private var volumes: [String: String] = [:]
        private var records: [String: String] = [:]

        /// Begins with nothing held; `mounts` are the images that each container mounts.
        init(mounts: [String: Set<Digest>]) { self.mounts = mounts }

        /// Notes what something that stays holds.
        mutating func keep(_ item: Item, as holder: String) {
            switch item {
            case .container(let container, _):
                images[container.image] = holder
                for image in mounts[container.id] ?? [] { images[image] = holder }
                for network in container.networks { networks[network] = holder }
                for volume in container.volumes { volumes[volume] = holder }
            case .image(let image): if let parent = image.parent { images[parent] = holder }
            case .buildCache(let record): for parent in record.parents { records[parent] = holder }
            case .network, .volume: break
            }
        }

        /// Why something has to stay; `nil` where nothing that stays holds it.
        func reason(toKeep item: Item) -> String? {
            let holder: String? =
                switch item {
                case .container: nil
                case .network(let network): networks[network.name] ?? networks[network.id]
                case .volume(let volume): volumes[volume.name]
                case .image(let image): images[image.id]
                case .buildCache(let record): records[record.id]
                }
            return holder.map { "\($0) needs it" }
        }
    }
}
