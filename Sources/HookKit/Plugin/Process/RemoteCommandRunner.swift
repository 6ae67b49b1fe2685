import PluginWire

/// Commands, by way of hook.
struct RemoteCommandRunner: CommandRunner {
    let host: RemoteHost

    func run(_ command: Command, output: @escaping @Sendable (_ line: String) -> Void) async throws -> CommandResult {
        try CommandResult(wire: try await host.answer(.commandsRun, ["command": command], output: output))
    }
}
