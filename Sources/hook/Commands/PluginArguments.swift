import ArgumentParser
import HookKit
import PipelineFile
import PluginHost

/// The plugins of a command that reads no pipeline file to run it.
struct PluginArguments: ParsableArguments {
    @Option(
        name: .customLong("plugin"),
        help: ArgumentHelp("Start this plugin too. May be repeated.", valueName: "executable"),
        completion: .file()
    )
    var plugins: [String] = []

    @Option(
        help: ArgumentHelp("Start the plugins that this pipeline file names too.", valueName: "file"),
        completion: .file(extensions: ["yml", "yaml"])
    )
    var pipeline: String?

    /// Starts the plugins and hands over the rules, those that are built in included; a plugin that cannot be used ends the command with exit
    /// code 78.
    func withRules<Result>(in surroundings: ProcessSurroundings, _ body: (RuleRegistry) async throws -> Result) async throws -> Result {
        var executables = plugins.map { PluginExecutable(path: ConfigPath($0, in: surroundings.workingDirectory)) }
        var directory = surroundings.workingDirectory
        if let pipeline {
            let loader = PipelineLoader(
                settings: [:],
                environment: surroundings.environment,
                workingDirectory: surroundings.workingDirectory
            )
            do throws(InvalidPipeline) {
                let draft = try loader.parse(file: pipeline)
                executables += draft.plugins.map { PluginExecutable(path: $0.path, position: $0.position) }
                directory = draft.directory
            } catch {
                StandardStream.error.write(error.description)
                throw ExitCode(78)
            }
        }
        return try await PluginConnections.start(executables, directory: directory, in: surroundings).use { host in
            for failure in host.failures { StandardStream.error.write("hook: error: \(failure.reason)\n") }
            guard host.failures.isEmpty else { throw ExitCode(78) }
            return try await body(host.registry)
        }
    }
}
