/// What a run has to do with a plan.
package enum PlanUse: Hashable, Sendable {
    /// It writes this file.
    case writes(String)
    /// It carries out this file.
    case carriesOut(String)
}
