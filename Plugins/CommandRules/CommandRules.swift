public import HookKit

/// The rules that run commands.
public struct CommandRules: RulePlugin {
    /// The rules of the family.
    public static let rules: [any Rule.Type] = [Exec.self]
}
