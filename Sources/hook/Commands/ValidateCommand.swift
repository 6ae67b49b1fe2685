import ArgumentParser
import HookKit
import PipelineFile

/// `hook validate`: reads a pipeline file and says everything that is wrong with it.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a pipeline file, and run nothing.",
        discussion: "Every mistake is printed with its place. Exit code 0 when there is none, else 78."
    )

    @OptionGroup var pipelineArguments: PipelineArguments

    func run() throws {
        let pipeline = try pipelineArguments.pipeline(in: .current(), registry: BuiltInRules.registry())
        let count = pipeline.stages.count
        StandardStream.output.write("\(pipeline.file): no mistakes in \(count) stage\(count == 1 ? "" : "s")\n")
    }
}
