package import History
package import OCI

/// The history of tags, on all engines that the ledger knows.
extension SQLiteLedger {
    /// The tags, the one that changed last first; as many as the limit says, or all.
    package func summaries(limit: Int?) async throws -> TagSummaries {
        try await read { transaction in
            try transaction.summaries(limit: limit)
        } ?? TagSummaries(tags: [], total: 0, engines: [])
    }

    /// What is known of a tag, on each engine that has or had it, with as many of its newest generations as the limit says, or all.
    package func records(of reference: ImageReference, limit: Int?) async throws -> [TagRecord] {
        try await read { transaction in
            try transaction.records(of: reference, limit: limit)
        } ?? []
    }

    /// What the ledger knows instead of a tag that it does not know.
    package func near(_ reference: ImageReference) async throws -> NearTags {
        try await read { transaction in
            try transaction.near(reference)
        } ?? .none
    }
}
