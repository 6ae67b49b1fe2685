/// What a client may do to its engine.
package enum EngineAccess: Hashable, Sendable {
    /// Ask, and change.
    case readWrite
    /// Only ask: a dry run. What would change something throws before anything is sent.
    case readOnly
}
