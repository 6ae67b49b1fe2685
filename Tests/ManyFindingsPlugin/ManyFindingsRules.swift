import HookKit

/// A plugin whose rule reports as many findings as it is told, for tests and for `ci/bench-plugins`.
@main
struct ManyFindingsRules: RulePlugin {
    static let name = "many-findings"
    static let rules: [any Rule.Type] = [ManyFindings.self]
}
