public import HookKit

/// The rules about tags: which image they name, what they named before, and why an image has none.
public struct TagRules: RulePlugin {
    /// The rules of the family.
    public static let rules: [any Rule.Type] = [TrackTags.self, DetectOverwritten.self]
}
