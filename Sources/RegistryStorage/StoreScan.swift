/// What the walk over a store's repositories found.
struct StoreScan: Sendable {
    /// The repositories, in the order of their names.
    var repositories: [RepositoryScan] = []
    /// What could not be listed beneath `repositories`.
    var unlistable: [StorageProblem] = []
    /// Directories in which no repository lies, deepest first, with the time of their last change.
    var emptyDirectories: [(path: EntryName, modified: Int64)] = []
    var problems: [StorageProblem] = []
}
