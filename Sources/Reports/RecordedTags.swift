package import HookKit

/// What the ledger knows of tags when a run ends: the generations of those that changed last.
package struct RecordedTags: Sendable {
    /// A tag with its generations.
    package struct Tag: Sendable {
        /// The tag.
        package let name: String
        /// Its newest generations, oldest first.
        package let generations: [TagGeneration]

        /// Describes a tag.
        package init(name: String, generations: [TagGeneration]) {
            self.name = name
            self.generations = generations
        }
    }

    /// The tags in the order in which they are shown.
    package let tags: [Tag]
    /// How many more tags the ledger knows.
    package let otherTags: Int
    /// Why nothing is known, as a sentence; `nil` where the ledger was read.
    package let problem: String?

    /// Describes what the ledger knows.
    package init(tags: [Tag], otherTags: Int = 0, problem: String? = nil) {
        self.tags = tags
        self.otherTags = otherTags
        self.problem = problem
    }
}
