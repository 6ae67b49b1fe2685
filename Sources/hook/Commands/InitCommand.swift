import ArgumentParser

/// `hook init`: writes what a user begins with.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write the beginning of something new.",
        subcommands: [InitPluginCommand.self]
    )
}
