import ArgumentParser
import HookKit
import PipelineFile
import Runner

/// `hook run`: runs a pipeline file.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run the stages of a pipeline file in order.")

    @OptionGroup var pipelineArguments: PipelineArguments
    @OptionGroup var outputArguments: OutputArguments

    @Flag(help: "Change nothing: no engine, no ledger; report what would be done.")
    var dryRun = false

    @Option(help: ArgumentHelp("Run only this stage. May be repeated.", valueName: "stage"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Leave this stage out. May be repeated.", valueName: "stage"))
    var skip: [String] = []

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        let code = try await pipelineArguments.withPipeline(in: surroundings, brokenPlugins: .failTheirStages) { pipeline in
            try check(only, option: "--only", of: pipeline)
            try check(skip, option: "--skip", of: pipeline)
            let outputs = try outputArguments.outputs(reports: pipeline.reports, in: surroundings)
            let session = RunSession(
                pipeline: pipeline,
                isDryRun: dryRun,
                selection: PipelineRunner.Selection(only: only, skip: skip),
                process: surroundings
            )
            return await session.run(outputs: outputs)
        }
        if code != .success { throw ExitCode(code.rawValue) }
    }

    private func check(_ names: [String], option: String, of pipeline: Pipeline) throws {
        let known = pipeline.stages.map(\.name)
        for name in names where !known.contains(name) {
            throw ValidationError("'\(option) \(name)': the pipeline has no such stage\(NearestName.hint(for: name, among: known))")
        }
    }
}
