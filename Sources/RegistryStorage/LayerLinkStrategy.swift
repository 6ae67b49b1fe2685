/// How layer links are removed.
enum LayerLinkStrategy: Sendable {
    /// From the disk: nobody remembers them.
    case disk
    /// By the registry, which forgets them.
    case registry(any RunningRegistry)
    /// Not at all, and no blob either: a registry may remember them.
    case leave(Cause)

    /// Why a registry cannot be made to forget.
    enum Cause: Sendable {
        /// It does not delete.
        case notAllowed
        /// Which one serves the store is not known.
        case notAsked
        /// It answers by several processes, of which one remembers what another has dropped.
        case rememberedElsewhere
    }

    /// Finds out whether the registry that runs remembers blobs that are gone, and whether it deletes links when asked.
    ///
    /// Links in `retained` stay, and are not taken away to find it out either.
    static func choose(
        _ plan: SweepPlan,
        _ options: SweepOptions,
        _ run: Trash.Run,
        _ watch: ReferenceWatch,
        retained: Set<DigestNumber>
    ) async -> LayerLinkStrategy {
        let registry: any RunningRegistry
        switch options.server {
        case .absent: return .disk
        case .unknown: return .leave(.notAsked)
        case .running(let running): registry = running
        }
        let unlinker = RegistryUnlinker(plan: plan, options: options, run: run, watch: watch)
        switch await unlinker.remembers(registry, sparing: retained) {
        case .some(false): return .disk
        case .some(true), .none:
            guard await unlinker.canUnlink(registry) else { return .leave(.notAllowed) }
            return await unlinker.forgets(registry, sparing: retained) == false ? .leave(.rememberedElsewhere) : .registry(registry)
        }
    }
}
