/// A rule with its settings, ready to run once.
public struct PreparedRule: Sendable {
    /// The rule's name.
    public let name: String
    /// What the rule may change.
    public let effect: RuleConfiguration.Effect
    /// What the rule will probably ask the engine that takes long.
    public let preparations: Set<RuleConfiguration.Preparation>
    private let body: @Sendable (RuleContext) async throws -> Void

    /// Prepares a Swift type's instance.
    public init(_ rule: any Rule) {
        let configuration = type(of: rule).configuration
        self.init(name: configuration.name, effect: configuration.effect, preparations: configuration.preparations) {
            try await rule.run(in: $0)
        }
    }

    /// Prepares a rule that runs elsewhere.
    public init(
        name: String,
        effect: RuleConfiguration.Effect,
        preparations: Set<RuleConfiguration.Preparation> = [],
        body: @escaping @Sendable (RuleContext) async throws -> Void
    ) {
        self.name = name
        self.effect = effect
        self.preparations = preparations
        self.body = body
    }

    /// Does the rule's work.
    public func run(in context: RuleContext) async throws { try await body(context) }
}
