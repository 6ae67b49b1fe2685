/// What a client may do to its registry.
package enum RegistryAccess: Hashable, Sendable {
    /// Ask, and delete.
    case readWrite
    /// Only ask: a dry run. What would delete something throws before anything is sent.
    case readOnly
}
