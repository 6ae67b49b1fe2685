import HookKit
import PluginWire

/// A run of a rule that a plugin works on.
struct ActiveRun: Sendable {
    /// A question that the rule asks while it runs.
    struct Question: Sendable {
        let id: Int
        let method: ServiceMethod
        let params: JSONValue
    }

    /// The rule's name.
    let rule: String
    /// The run's services and where its findings go.
    let context: RuleContext
    /// Where the rule's questions go.
    let questions: AsyncStream<Question>.Continuation
}
