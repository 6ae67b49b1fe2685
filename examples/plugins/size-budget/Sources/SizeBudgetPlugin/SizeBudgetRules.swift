import HookKit

/// The plugin: its rules, and nothing else.
@main
struct SizeBudgetRules: RulePlugin {
    static let name = "size-budget"
    static let version = "1.0.0"
    static let rules: [any Rule.Type] = [SizeBudget.self]
}
