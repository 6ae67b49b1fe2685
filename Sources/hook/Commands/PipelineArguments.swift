import ArgumentParser
import HookKit
import PipelineFile
import PluginHost

/// The pipeline file and the variables that it gets, for every command that reads one.
struct PipelineArguments: ParsableArguments {
    @Argument(
        help: "The pipeline file. Default: hook.yml, then .hook.yml, here or in the repository's root.",
        completion: .file(extensions: ["yml", "yaml"])
    )
    var file: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Give a variable of the pipeline file a value.", valueName: "name=value"))
    var settings: [String] = []

    /// What becomes of a plugin that cannot be used.
    enum BrokenPlugins {
        /// It is a mistake of the file.
        case areMistakes
        /// The stages that it may have brought the rules of fail when they are run, and each says why.
        case failTheirStages
    }

    /// Reads the file and everything in it, starts its plugins, and hands over the pipeline; the plugins are ended afterwards.
    ///
    /// Mistakes in the file are printed, all of them, and end the command with exit code 78.
    /// Where no file was named, `fallback` is read, and without that the one that is found.
    func withPipeline<Result>(
        in surroundings: ProcessSurroundings,
        fallback: String? = nil,
        brokenPlugins: BrokenPlugins,
        _ body: (Pipeline) async throws -> Result
    ) async throws -> Result {
        guard let file = file ?? fallback ?? PipelineFileFinder.find(from: surroundings.workingDirectory) else {
            StandardStream.error.write("hook: error: \(PipelineFileFinder.mistake(in: surroundings.workingDirectory))\n")
            throw ExitCode(78)
        }
        let loader = PipelineLoader(
            settings: try Self.variables(settings),
            environment: surroundings.environment,
            workingDirectory: surroundings.workingDirectory
        )
        let draft: PipelineDraft
        do throws(InvalidPipeline) {
            draft = try loader.parse(file: file)
        } catch {
            StandardStream.error.write(error.description)
            throw ExitCode(78)
        }
        return try await PluginConnections.start(for: draft, in: surroundings).use { host in
            try await body(try await pipeline(of: draft, with: host, brokenPlugins))
        }
    }

    private func pipeline(of draft: PipelineDraft, with host: PluginHost, _ brokenPlugins: BrokenPlugins) async throws -> Pipeline {
        let severity: Diagnostic.Severity = brokenPlugins == .areMistakes ? .error : .warning
        let problems = host.failures.map { Diagnostic(severity, $0.reason.description, at: $0.executable.position) }
        do throws(InvalidPipeline) {
            let pipeline = try draft.pipeline(with: host.registry, and: problems) { host.substitute(for: $0) }
            try await draft.check(pipeline)
            if !pipeline.warnings.isEmpty { StandardStream.error.write(draft.renderer.text(for: pipeline.warnings)) }
            return pipeline
        } catch {
            StandardStream.error.write(error.description)
            throw ExitCode(78)
        }
    }

    /// The values of `--set NAME=VALUE`, by name.
    static func variables(_ settings: [String]) throws -> [String: String] {
        var result: [String: String] = [:]
        for setting in settings {
            guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else {
                let lack = setting.hasPrefix("=") ? "name" : "value"
                throw CommandMistake.exit("'--set \(setting)' has no \(lack); write it as --set NAME=VALUE")
            }
            result[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
        }
        return result
    }
}
