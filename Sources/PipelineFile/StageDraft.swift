import HookKit

/// A stage as the file has it, before it is known what its rule takes.
struct StageDraft: Sendable {
    /// The stage's place in the pipeline, from 1.
    let number: Int
    /// Where the stage begins.
    let position: SourcePosition
    /// The name that the file gives, and where.
    var givenName: (text: String, position: SourcePosition)?
    /// The rule's name, and where it stands; `nil` where it is missing or wrong.
    var rule: (name: String, position: SourcePosition)?
    /// What stands under `with`.
    var settings: ConfigValue?
    /// When the stage runs.
    var condition = Condition()
    /// How long it may take.
    var timeout: Duration?
    /// What becomes of the stages after it when it fails.
    var failurePolicy = Stage.FailurePolicy.stop
    /// Says whether it only reports what it would do.
    var isDryRun = false
    /// Keys that a stage does not have, and where they stand; the rule may have a setting of that name.
    var unknownKeys: [(name: String, position: SourcePosition)] = []
    /// The name, unique within the pipeline.
    var name = ""
}
