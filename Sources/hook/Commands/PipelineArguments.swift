import ArgumentParser
import HookKit
import PipelineFile

/// The pipeline file and the variables that it gets, for every command that reads one.
struct PipelineArguments: ParsableArguments {
    @Argument(
        help: "The pipeline file. Default: hook.yml, then .hook.yml, here or in the repository's root.",
        completion: .file(extensions: ["yml", "yaml"])
    )
    var file: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Give a variable of the pipeline file a value.", valueName: "name=value"))
    var settings: [String] = []

    /// Reads the file and everything in it; mistakes in it are printed, all of them, and end the command with exit code 78.
    func pipeline(in surroundings: ProcessSurroundings, registry: RuleRegistry) throws -> Pipeline {
        guard let file = file ?? PipelineFileFinder.find(from: surroundings.workingDirectory) else {
            let names = PipelineFileFinder.names.joined(separator: " or ")
            StandardStream.error.write("hook: error: there is no \(names) here or in the repository's root; name the pipeline file\n")
            throw ExitCode(78)
        }
        let loader = PipelineLoader(
            settings: try variables(),
            environment: surroundings.environment,
            workingDirectory: surroundings.workingDirectory
        )
        do throws(InvalidPipeline) {
            let draft = try loader.parse(file: file)
            let plugins = draft.plugins.map { plugin in
                Diagnostic(.error, "plugins cannot be run by this version of hook", at: plugin.position)
            }
            let pipeline = try draft.pipeline(with: registry, and: plugins)
            if !pipeline.warnings.isEmpty { StandardStream.error.write(draft.renderer.text(for: pipeline.warnings)) }
            return pipeline
        } catch {
            StandardStream.error.write(error.description)
            throw ExitCode(78)
        }
    }

    private func variables() throws -> [String: String] {
        var result: [String: String] = [:]
        for setting in settings {
            guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else {
                throw ValidationError("'--set \(setting)' has no value; write it as --set NAME=VALUE")
            }
            result[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
        }
        return result
    }
}
