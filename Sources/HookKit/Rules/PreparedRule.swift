/// A rule with its settings, ready to run; a stage that carries out a plan runs it as a dry run first.
public struct PreparedRule: Sendable {
    /// The rule's name.
    public let name: String
    /// What the rule may change.
    public let effect: RuleConfiguration.Effect
    /// What the rule will probably ask the engine that takes long.
    public let preparations: Set<RuleConfiguration.Preparation>
    private let inquiry: (@Sendable () async throws -> [Diagnostic])?
    private let body: @Sendable (RuleContext) async throws -> Void

    /// Prepares a Swift type's instance.
    public init(_ rule: any Rule) {
        let configuration = type(of: rule).configuration
        self.init(name: configuration.name, effect: configuration.effect, preparations: configuration.preparations) {
            try await rule.run(in: $0)
        }
    }

    /// Prepares a rule that runs elsewhere; `problems` asks there what cannot be known of its settings here.
    public init(
        name: String,
        effect: RuleConfiguration.Effect,
        preparations: Set<RuleConfiguration.Preparation> = [],
        problems: (@Sendable () async throws -> [Diagnostic])? = nil,
        body: @escaping @Sendable (RuleContext) async throws -> Void
    ) {
        self.name = name
        self.effect = effect
        self.preparations = preparations
        inquiry = problems
        self.body = body
    }

    /// What is wrong with the settings that only the place where the rule runs can tell.
    ///
    /// Throws where that place does not answer; the rule is run all the same, and fails in its stage.
    public func problems() async throws -> [Diagnostic] { try await inquiry?() ?? [] }

    /// The same rule, whose problems without a place are at this one.
    func pointing(at place: SourcePosition?) -> PreparedRule {
        guard let inquiry else { return self }
        return PreparedRule(
            name: name,
            effect: effect,
            preparations: preparations,
            problems: { try await inquiry().map { $0.at(place) } },
            body: body
        )
    }

    /// Does the rule's work.
    public func run(in context: RuleContext) async throws { try await body(context) }
}
