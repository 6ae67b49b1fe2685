import CommandRules
import HookKit
import ImageRules
import RegistryRules
import TagRules

/// Every built-in rule as a plugin, and a rule with settings of every kind: what a rule does must not depend on where it runs.
@main
struct EveryRule: RulePlugin {
    static let name = "every-rule"
    static let version = "1.2.3"
    static let rules: [any Rule.Type] =
        TagRules.rules + ImageRules.rules + RegistryRules.rules + CommandRules.rules + [EverySetting.self]
}
