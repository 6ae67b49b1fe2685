/// What became of the plan of a run that writes one.
package enum WrittenPlan: Hashable, Sendable {
    /// It is in its place: how many changes it has, and the command that carries it out.
    case written(changes: Int, command: String)
    /// It could not be written.
    case notWritten
}
