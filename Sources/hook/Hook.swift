import ArgumentParser

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
}

/// The version of the program.
enum HookVersion {
    static let current = "0.1.0"
}
