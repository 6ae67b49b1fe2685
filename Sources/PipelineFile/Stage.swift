package import HookKit

/// A stage of a pipeline, ready to run.
package struct Stage: Sendable {
    /// What becomes of the stages after one that failed.
    package enum FailurePolicy: String, SettingChoice {
        /// They are skipped, but for those whose `when` says otherwise.
        case stop
        /// They run as if nothing had happened; the run has failed all the same.
        case `continue`
    }

    /// The stage's place in the pipeline, from 1.
    package let number: Int
    /// The name, unique within the pipeline.
    package let name: String
    /// The rule with its settings.
    package let rule: PreparedRule
    /// The settings as the file gives them, variables in their places.
    package let settings: ConfigValue?
    /// When the stage runs.
    package let condition: Condition
    /// How long it may take; `nil` for as long as it needs.
    package let timeout: Duration?
    /// What becomes of the stages after it when it fails.
    package let failurePolicy: FailurePolicy
    /// Says whether it only reports what it would do.
    package let isDryRun: Bool

    /// Makes a stage that is no part of a file, such as the only one of `hook rules run`.
    package init(
        number: Int,
        name: String,
        rule: PreparedRule,
        settings: ConfigValue? = nil,
        condition: Condition = Condition(),
        timeout: Duration? = nil,
        failurePolicy: FailurePolicy = .stop,
        isDryRun: Bool = false
    ) {
        self.number = number
        self.name = name
        self.rule = rule
        self.settings = settings
        self.condition = condition
        self.timeout = timeout
        self.failurePolicy = failurePolicy
        self.isDryRun = isDryRun
    }
}
