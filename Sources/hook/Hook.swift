import ArgumentParser
import HookKit

/// The command line: subcommands, one file each, and nothing else.
@main
struct Hook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Remember tags, explain every <none> image, prune what is safe, and report it as tests.",
        discussion: """
            hook reads a pipeline file and runs its stages in order; each stage is a rule.

            Exit codes: 0 all passed; 1 findings failed; 64 wrong command line; 69 a stage could not be carried out; 70 a bug in hook; 75 another run \
            holds the lock; 78 the pipeline file or a setting is wrong, and nothing was run; 130 interrupted.
            """,
        version: HookVersion.current,
        subcommands: [
            RunCommand.self, ValidateCommand.self, RulesCommand.self, RegistryCommand.self, HistoryCommand.self, ExplainCommand.self,
            SchemaCommand.self, InitCommand.self, InstallCommand.self, UninstallCommand.self,
        ]
    )

    /// Runs the command that the command line names.
    static func main() async {
        StandardStream.fillGaps()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let message = unknownCommand(arguments) { exit(withError: CommandMistake.exit(message)) }
        await main(arguments)
    }

    /// Why the words before the first option lead to no command.
    private static func unknownCommand(_ arguments: [String]) -> String? {
        var words = arguments.prefix { !$0.hasPrefix("-") }
        if words.first == "help" { words = words.dropFirst() }
        var group = "hook"
        var configuration = Hook.configuration
        for word in words {
            var known: [String: CommandConfiguration] = [:]
            for command in configuration.subcommands { known[command.configuration.commandName ?? ""] = command.configuration }
            // What follows are the command's own arguments.
            if known.isEmpty { return nil }
            guard let next = known[word] else {
                let mistake = "'\(group)' has no command '\(word)'"
                if BuiltInRules.registry().rules.contains(where: { $0.name == word }) {
                    return "\(mistake): it is a rule, which 'hook rules run \(word)' runs, and 'hook rules show \(word)' describes"
                }
                return mistake + NearestName.hint(for: word, among: known.keys.sorted())
            }
            group += " \(word)"
            configuration = next
        }
        return nil
    }
}

/// The version of the program.
enum HookVersion {
    static let current = "0.1.0"
}
