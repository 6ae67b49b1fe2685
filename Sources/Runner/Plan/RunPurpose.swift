import HookKit

/// What a run is for.
package enum RunPurpose: Sendable {
    /// It does what the stages say.
    case run
    /// It is a dry run that notes what a run would change.
    case plan
    /// It makes the changes of a plan, and no others.
    case apply(RunPlan)
}
