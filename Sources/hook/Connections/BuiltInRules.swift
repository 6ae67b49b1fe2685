import ArgumentParser
import CommandRules
import HookKit
import ImageRules
import RegistryRules
import TagRules

/// The rules that come with hook.
enum BuiltInRules {
    static var families: [any RulePlugin.Type] { [TagRules.self, ImageRules.self, RegistryRules.self, CommandRules.self] }

    /// Completes the name of a rule; those of plugins are not known to a shell, because finding them out would start the plugins.
    static let completion = CompletionKind.custom { _, _, _ in registry().rules.map(\.name) }

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
