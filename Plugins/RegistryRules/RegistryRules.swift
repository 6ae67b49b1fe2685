public import HookKit

/// The rules about a registry's storage directory.
public struct RegistryRules: RulePlugin {
    /// The rules of the family.
    public static let rules: [any Rule.Type] = [RegistryGC.self, RegistryDelete.self, RegistryCheckup.self]
}
