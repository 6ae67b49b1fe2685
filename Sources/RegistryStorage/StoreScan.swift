/// What the walk over a store's repositories found.
struct StoreScan: Sendable {
    /// The repositories, in the order of their names.
    var repositories: [RepositoryScan] = []
    /// What could not be listed beneath `repositories`.
    var unlistable: [StorageProblem] = []
    /// Directories in which no repository lies, deepest first, with the time of their last change.
    var emptyDirectories: [(path: EntryName, modified: Int64)] = []
    /// How many entries each directory has that is no repository and holds more than directories without one.
    var parents: [EntryName: Int] = [:]

    /// Whether anything tells that `repositories` belongs to the blobs: a tag, a manifest, or the directory that a deleted manifest left.
    var holdsImages: Bool {
        repositories.contains {
            !$0.revisions.isEmpty || !$0.bareRevisions.isEmpty || !$0.tagTargets.isEmpty || !$0.subjectTags.isEmpty
                || !$0.doomedTags.isEmpty
        }
    }

    /// Says whether a policy chooses any repository, or any directory that one might have been in.
    func isMatched(by policy: CollectionPolicy) -> Bool {
        repositories.contains { policy.selects($0.name) } || emptyDirectories.contains { policy.selects($0.path) }
    }
}
