package import HookKit

/// A stage in a plan: what it would change, and which stage it was.
package struct PlannedStage: Hashable, Sendable {
    /// The number, from 1.
    package let number: Int
    /// The name.
    package let name: String
    /// The rule's name.
    package let rule: String
    /// The settings for people to read: values that came from outside are masked.
    package let settings: JSONValue
    /// The digest of the rule's name and its settings, with all values.
    package let fingerprint: String
    /// The moment that ages were counted from.
    package let time: Timestamp
    /// Why the stage was not run, where it was not.
    package let skipped: String?
    /// The digests of the commands that the rule ran to look, while the plan was made.
    package let looks: [String]
    /// What it would change, in the order in which the rule asked.
    package let changes: [PlannedChange]

    /// Describes a stage.
    package init(
        number: Int,
        name: String,
        rule: String,
        settings: JSONValue,
        fingerprint: String,
        time: Timestamp,
        skipped: String? = nil,
        looks: [String] = [],
        changes: [PlannedChange] = []
    ) {
        self.number = number
        self.name = name
        self.rule = rule
        self.settings = settings
        self.fingerprint = fingerprint
        self.time = time
        self.skipped = skipped
        self.looks = looks
        self.changes = changes
    }
}
