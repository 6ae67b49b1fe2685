/// The tags of a ledger, the one that changed last first.
package struct TagSummaries: Hashable, Sendable {
    /// As many of them as were asked for.
    package let tags: [TagSummary]
    /// How many there are.
    package let total: Int
    /// The engines that the ledger knows.
    package let engines: [LedgerEngine]

    /// Describes the tags.
    package init(tags: [TagSummary], total: Int, engines: [LedgerEngine]) {
        self.tags = tags
        self.total = total
        self.engines = engines
    }
}
