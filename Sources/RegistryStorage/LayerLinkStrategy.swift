/// How layer links are removed.
enum LayerLinkStrategy: Sendable {
    /// From the disk: nobody remembers them.
    case disk
    /// By the registry, which forgets them.
    case registry
    /// Not at all, and no blob either: a registry may remember them, and does not forget.
    case leave

    /// Finds out whether the registry that runs remembers blobs that are gone, and whether it deletes links when asked.
    ///
    /// Links in `retained` stay, and are not taken away to find it out either.
    static func choose(_ plan: SweepPlan, _ options: SweepOptions, retained: Set<DigestNumber>) async -> LayerLinkStrategy {
        guard options.pushesMayHappen, let registry = options.registry else { return .disk }
        let unlinker = RegistryUnlinker(plan: plan, options: options, run: Trash.Run(started: 0, period: 0, process: options.process))
        switch await unlinker.remembers(registry, sparing: retained) {
        case .some(false): return .disk
        case .some(true), .none: return await unlinker.canUnlink(registry) ? .registry : .leave
        }
    }
}
