/// Settings with a small world and the findings expected in it, or wrong settings with the message expected.
///
/// One test runs the examples of every registered rule, and `hook rules show` prints them.
public struct RuleExample: Sendable {
    /// What is expected.
    public enum Expectation: Sendable {
        /// These findings, in any order, and no others: outcome, type and subject of each.
        case findings([ExpectedFinding])
        /// The settings are refused with this message.
        case refusal(String)
    }

    /// The part of a finding that an example states.
    public struct ExpectedFinding: Hashable, Sendable, CustomStringConvertible {
        /// The outcome.
        public let outcome: Finding.Outcome
        /// The type.
        public let type: String
        /// The subject.
        public let subject: String

        /// States a finding.
        public init(_ outcome: Finding.Outcome, _ type: String, _ subject: String) {
            self.outcome = outcome
            self.type = type
            self.subject = subject
        }

        /// `failed overwritten: shop/api:v1`.
        public var description: String { "\(outcome.rawValue) \(type): \(subject)" }
    }

    /// What the example shows, as a sentence.
    public let title: String
    /// The stage's settings.
    public let settings: ConfigValue
    /// The world in which the rule runs.
    public let world: ExampleWorld
    /// What is expected.
    public let expectation: Expectation

    /// Shows what a rule finds in a world.
    public init(_ title: String, settings: ConfigValue = [:], in world: ExampleWorld = ExampleWorld(), finds: [ExpectedFinding]) {
        self.title = title
        self.settings = settings
        self.world = world
        expectation = .findings(finds)
    }

    /// Shows settings that are refused.
    public init(_ title: String, settings: ConfigValue, isRefused message: String) {
        self.title = title
        self.settings = settings
        world = ExampleWorld()
        expectation = .refusal(message)
    }
}
