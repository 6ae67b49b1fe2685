package import HookKit

/// A tag of a ledger in short: where it points, and how often it moved.
package struct TagSummary: Hashable, Sendable {
    /// The engine that the tag is on.
    package let engine: LedgerEngine
    /// Where it pointed when it was last seen.
    package let latest: TagGeneration
    /// How many generations it has.
    package let generationCount: Int

    /// Describes a tag.
    package init(engine: LedgerEngine, latest: TagGeneration, generationCount: Int) {
        self.engine = engine
        self.latest = latest
        self.generationCount = generationCount
    }
}
