package import HookKit
package import OCI

/// What a ledger knows of a tag on one engine.
package struct TagRecord: Hashable, Sendable {
    /// The tag.
    package let reference: ImageReference
    /// The engine.
    package let engine: LedgerEngine
    /// The newest generations, as many as were asked for, in the order in which they began.
    package let generations: [TagGeneration]
    /// How many generations there are.
    package let generationCount: Int
    /// When each of their images was last seen under any tag.
    package let lastSights: [Digest: Timestamp]
    /// The engine's events about their images and about the tag, oldest first.
    package let events: [EngineEvent]

    /// Describes a tag.
    package init(
        reference: ImageReference,
        engine: LedgerEngine,
        generations: [TagGeneration],
        generationCount: Int,
        lastSights: [Digest: Timestamp] = [:],
        events: [EngineEvent] = []
    ) {
        self.reference = reference
        self.engine = engine
        self.generations = generations
        self.generationCount = generationCount
        self.lastSights = lastSights
        self.events = events
    }
}
