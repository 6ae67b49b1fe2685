import HookKit

/// Containers, and the networks and volumes that they use.
extension PrunePlanner {
    /// Plans the stopped containers; the containers that remain.
    mutating func planContainers() -> [EngineContainer] {
        guard policy.containers == .remove else { return world.containers }
        var remaining: [EngineContainer] = []
        for container in world.containers {
            let subject = "container \(container.displayName)"
            if let reason = reasons.toKeep(container) {
                remaining.append(container)
                plan.keepings.append(.init(subject: subject, reason: reason, bytes: nil))
            } else {
                let age = world.now.since(world.stopTime(of: container)).approximateText
                let reason = container.state == "created" ? "made \(age) ago and never started" : "stopped \(age) ago"
                let item = PrunePlan.Item.container(container, world.containerDetails[container.id])
                plan.removals.append(.init(item: item, subject: subject, reason: reason, bytes: nil, wave: Wave.containers))
                if !container.imageMounts.isEmpty { plan.mounts[container.id] = mounts.images(mountedBy: container) }
                leaving.append(container)
            }
        }
        return remaining
    }

    /// Plans the networks that no remaining container uses.
    mutating func planNetworks(usedBy containers: [EngineContainer]) {
        let used = Dictionary(grouping: containers.flatMap { container in container.networks.map { ($0, container.displayName) } }) { $0.0 }
        for network in world.networks where !network.isPredefined {
            let subject = "network \(network.name)"
            let user = (used[network.name] ?? used[network.id])?.first?.1
            let reason =
                user.map { "container '\($0)' uses it" } ?? (network.scope == "local" ? nil : "its scope is \(network.scope)")
                ?? reasons.forLabels(network.labels) ?? reasons.forAge(network.created, verb: "made")
            if let reason {
                plan.keepings.append(.init(subject: subject, reason: reason, bytes: nil))
            } else {
                let removal = PrunePlan.Removal(
                    item: .network(network),
                    subject: subject,
                    reason: userText { $0.networks.contains(network.name) || $0.networks.contains(network.id) },
                    bytes: nil,
                    wave: Wave.networks
                )
                plan.removals.append(removal)
            }
        }
    }

    /// Plans the volumes that are named and that no remaining container uses.
    mutating func planVolumes(usedBy containers: [EngineContainer]) {
        let used = Dictionary(grouping: containers.flatMap { container in container.volumes.map { ($0, container.displayName) } }) { $0.0 }
        for volume in world.volumes where policy.volumes.contains(where: { $0.matches(volume.name) }) {
            let subject = "volume \(volume.name)"
            let bytes = world.usage?.volumeSizes[volume.name]
            let reason =
                used[volume.name]?.first.map { "container '\($0.1)' uses it" } ?? reasons.forLabels(volume.labels) ?? reasons.forAge(volume)
            if let reason {
                plan.keepings.append(.init(subject: subject, reason: reason, bytes: bytes))
            } else {
                let removal = PrunePlan.Removal(
                    item: .volume(volume),
                    subject: subject,
                    reason: "named by 'volumes', \(userText { $0.volumes.contains(volume.name) })\(ageText(world.lastUse(of: volume)))",
                    bytes: bytes,
                    wave: Wave.volumes
                )
                plan.removals.append(removal)
            }
        }
    }
}
