/// A family of rules that is registered together.
///
///     struct MyRules: RulePlugin { static let rules: [any Rule.Type] = [SizeBudget.self] }
public protocol RulePlugin {
    /// The rules, in the order in which they are listed.
    static var rules: [any Rule.Type] { get }

    /// The family's name, for messages; the type's name where nothing else is said.
    static var name: String { get }
}

extension RulePlugin {
    /// The type's name.
    public static var name: String { String(describing: Self.self) }
}
