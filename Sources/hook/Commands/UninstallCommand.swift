import ArgumentParser

/// `hook uninstall`: takes away what `hook install` wrote.
struct UninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Take away what 'hook install' wrote, and put back the hook that was there before."
    )

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        try await InstallCommand.report {
            let hook = try await PrePushHook.find(from: surroundings.workingDirectory)
            return try hook.uninstall() == .removed ? "\(hook.path): as it was before\n" : "\(hook.path): nothing of hook's is there\n"
        }
    }
}
