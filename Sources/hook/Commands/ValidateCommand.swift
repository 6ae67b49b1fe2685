import ArgumentParser
import HookKit
import PipelineFile

/// `hook validate`: reads a pipeline file and says everything that is wrong with it.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a pipeline file, and run nothing.",
        discussion:
            "Its plugins are started to ask for their rules. Every mistake is printed with its place. Exit code 0 when there is none, else 78."
    )

    @OptionGroup var pipelineArguments: PipelineArguments

    func run() async throws {
        let summary = try await pipelineArguments.withPipeline(in: .current(), brokenPlugins: .areMistakes) { pipeline in
            let count = pipeline.stages.count
            return "\(pipeline.file): no mistakes in \(count) stage\(count == 1 ? "" : "s")\n"
        }
        try StandardStream.show(summary)
    }
}
