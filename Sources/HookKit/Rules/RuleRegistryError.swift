/// A rule's name that two plugins claim.
public struct RuleRegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let name: String
    /// Who registered it, in order.
    public let origins: [String]

    /// One sentence.
    public var description: String { "the rule '\(name)' is registered twice: by \(origins.joined(separator: " and by "))" }
}
