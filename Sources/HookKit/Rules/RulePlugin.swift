/// Rules that are registered together: a family that is built in, or a plugin that is an executable of its own.
///
///     @main struct MyRules: RulePlugin { static let rules: [any Rule.Type] = [SizeBudget.self] }
public protocol RulePlugin {
    /// The rules, in the order in which they are listed.
    static var rules: [any Rule.Type] { get }

    /// The family's or plugin's name, for messages; the type's name where nothing else is said.
    static var name: String { get }

    /// The plugin's version, for messages; `0` where nothing else is said.
    static var version: String { get }
}

extension RulePlugin {
    /// The type's name; `String(describing:)` says the same after it has looked for conformances among all of the program's.
    public static var name: String { _typeName(Self.self, qualified: false) }

    /// No version.
    public static var version: String { "0" }
}
