/// A rule's name that two plugins claim.
public struct RuleRegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let name: String
    /// Who registered it, in order.
    public let origins: [String]

    /// Makes an error.
    public init(name: String, origins: [String]) {
        self.name = name
        self.origins = origins
    }

    /// One sentence.
    public var description: String { "the rule '\(name)' is registered twice: by \(origins.joined(separator: " and by "))" }
}
