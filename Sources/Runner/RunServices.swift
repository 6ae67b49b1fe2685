package import HookKit

/// The services of a run, one set for stages that may change things and one for dry runs.
package protocol RunServices: RuleServices {
    /// The engine, where a rule has asked for it and it answered.
    func engineInUse() async -> EngineIdentity?

    /// Asks the engine ahead of time what the stages up to the next change will probably ask.
    func prepare(_ preparations: Set<RuleConfiguration.Preparation>) async

    /// Says that what was seen of the engine may be out of date.
    func engineMayHaveChanged() async
}
