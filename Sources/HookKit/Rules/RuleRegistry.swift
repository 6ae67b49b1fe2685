/// The rules that a run knows, by name.
///
/// A value: there is no other place where rules are known.
public struct RuleRegistry: Sendable {
    private var rulesByName: [String: RegisteredRule] = [:]

    /// Makes a registry without rules.
    public init() {}

    /// Registers a rule; a name taken twice is an error.
    public mutating func register(_ rule: RegisteredRule) throws(RuleRegistryError) {
        if let other = rulesByName[rule.name] {
            throw RuleRegistryError(name: rule.name, origins: [other.origin, rule.origin])
        }
        rulesByName[rule.name] = rule
    }

    /// Registers every rule of a plugin that is built in.
    public mutating func register(_ plugin: any RulePlugin.Type) throws(RuleRegistryError) {
        for rule in plugin.rules { try register(RegisteredRule(rule, origin: plugin.name)) }
    }

    /// Forgets a rule, where there is one with this name.
    public mutating func remove(_ name: String) { rulesByName[name] = nil }

    /// The rule with this name.
    public subscript(name: String) -> RegisteredRule? { rulesByName[name] }

    /// Every rule, by name.
    public var rules: [RegisteredRule] { rulesByName.values.sorted { $0.name < $1.name } }
}
