/// A rule's name, documentation and examples.
public struct RuleConfiguration: Sendable {
    /// What a rule may do to the world outside of the report.
    public enum Effect: String, Sendable {
        /// It looks, and writes nothing but the ledger; what it saw of the engine may serve the next stage.
        case observes
        /// It may change the engine's or a registry's state; the next stage looks anew.
        case changes
    }

    /// What an engine takes long to answer, and can be asked while an earlier stage that only observes still runs.
    public enum Preparation: String, Sendable {
        /// What images, layers and the build cache take on disk.
        case diskUsage
    }

    /// The name in a pipeline, in kebab-case.
    public let name: String
    /// One sentence.
    public let abstract: String
    /// Paragraphs for `hook rules show`: how settings combine, what is never done.
    public let discussion: String
    /// What the rule may change.
    public let effect: Effect
    /// What the rule will probably ask; each is asked ahead of time, and at the most once.
    public let preparations: Set<Preparation>
    /// Examples that are printed and tested; made each time, since a run needs none of them.
    public var examples: [RuleExample] { makeExamples() }
    private let makeExamples: @Sendable () -> [RuleExample]

    /// Describes a rule.
    public init(
        name: String,
        abstract: String,
        discussion: String = "",
        effect: Effect = .changes,
        preparations: Set<Preparation> = [],
        examples: @autoclosure @escaping @Sendable () -> [RuleExample] = []
    ) {
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.effect = effect
        self.preparations = preparations
        makeExamples = examples
    }
}
