public import HookKit

/// The rules about registries: their storage directories, and their API.
public struct RegistryRules: RulePlugin {
    /// The rules of the family.
    public static let rules: [any Rule.Type] = [
        RegistryGC.self, RegistryDelete.self, RegistryCheckup.self, RegistryRetention.self, GuardTags.self,
    ]
}
