/// Whether an engine could be asked for the present, and what it said.
package enum EngineAnswer: Hashable, Sendable {
    /// It answered.
    case answered(EngineView)
    /// It did not answer; why, in a sentence.
    case silent(String)
    /// Nobody asked.
    case notAsked
}
