public import HookKit

/// The rules about images and the space that they take.
public struct ImageRules: RulePlugin {
    /// The rules of the family.
    public static let rules: [any Rule.Type] = [CheckArchive.self, Prune.self]
}
