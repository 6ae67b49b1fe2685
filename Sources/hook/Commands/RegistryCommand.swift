import ArgumentParser

/// `hook registry`: what a person does to a registry's storage by hand.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Put back what a collection moved to a registry's trash.",
        subcommands: [RegistryRestoreCommand.self]
    )
}
