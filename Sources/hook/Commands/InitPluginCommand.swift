import ArgumentParser
import HookKit

/// `hook init plugin`: writes a Swift package with a rule of the user's own.
struct InitPluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Write a Swift package with a rule of your own.",
        discussion:
            "The package builds, and its test passes. hook's own package is looked for above this program and above the new directory."
    )

    @Argument(help: "The plugin's name, and its rule's and its directory's: words of lower-case letters, with dashes between.")
    var name: String

    @Option(
        help: ArgumentHelp("Where hook's own package is: a directory, or the address of its repository.", valueName: "place"),
        completion: .directory
    )
    var hookPackage: String?

    func validate() throws {
        guard PluginPackage.isName(name) else {
            throw CommandMistake.exit(
                "'\(name)' is no name for a plugin; write words of lower-case letters, with dashes between: size-budget"
            )
        }
    }

    func run() throws {
        let surroundings = ProcessSurroundings.current()
        let directory = ConfigPath(name, in: surroundings.workingDirectory).absolute
        let source: HookPackageSource
        if let hookPackage {
            source = HookPackageSource(hookPackage, in: surroundings.workingDirectory)
        } else if let found = HookPackageSource.find(from: [surroundings.executable, directory]) {
            source = found
        } else {
            throw CommandMistake.exit(
                "hook's own package is neither above this program nor above '\(directory)'; name it with --hook-package"
            )
        }
        let package = PluginPackage(name: name, hook: source.dependency(from: directory))
        do throws(NewFile.Failure) {
            try NewDirectory(path: directory).write(package.files)
        } catch {
            StandardStream.error.write("hook: error: \(error)\n")
            throw ExitCode(1)
        }
        try StandardStream.show(package.welcome)
    }
}
