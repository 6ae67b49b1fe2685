import CommandRules
import HookKit
import ImageRules
import RegistryRules
import TagRules

/// The rules that come with hook.
enum BuiltInRules {
    static var families: [any RulePlugin.Type] { [TagRules.self, ImageRules.self, RegistryRules.self, CommandRules.self] }

    /// A registry with every built-in rule.
    static func registry() -> RuleRegistry {
        var registry = RuleRegistry()
        for family in families {
            do {
                try registry.register(family)
            } catch {
                preconditionFailure("two built-in rules have one name: \(error)")
            }
        }
        return registry
    }
}
