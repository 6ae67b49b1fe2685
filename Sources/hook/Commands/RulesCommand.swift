import ArgumentParser
import HookKit
import Reports

/// `hook rules`: what rules there are, and one of them by itself.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "List the rules, show one, or run one without a pipeline file.",
        subcommands: [RulesListCommand.self, RulesShowCommand.self, RulesRunCommand.self],
        defaultSubcommand: RulesListCommand.self
    )

    /// The rule with a name that was typed; an unknown one is a mistake on the command line.
    static func rule(named name: String, in registry: RuleRegistry) throws -> RegisteredRule {
        if let rule = registry[name] { return rule }
        throw CommandMistake.exit("there is no rule '\(name)'\(NearestName.hint(for: name, among: registry.rules.map(\.name)))")
    }
}

/// `hook rules list`.
struct RulesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the rules.")

    @OptionGroup var pluginArguments: PluginArguments

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        let rules = try await pluginArguments.withRules(in: surroundings) { $0.rules }
        let text = RuleListText(options: TextOptions(width: surroundings.standardOutput.width))
        try StandardStream.show(text.bytes(rules))
    }
}

/// `hook rules show`.
struct RulesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a rule's settings and examples.")

    @Argument(help: "The rule.", completion: BuiltInRules.completion) var rule: String
    @OptionGroup var pluginArguments: PluginArguments

    func run() async throws {
        let text = try await pluginArguments.withRules(in: .current()) { registry in
            RuleDocumentation(try RulesCommand.rule(named: rule, in: registry)).text
        }
        try StandardStream.show(text)
    }
}
