import ArgumentParser
import HookKit
import PipelineFile

/// `hook schema`: prints the JSON Schema of the pipeline file.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the pipeline file, for editors.",
        discussion: """
            With the YAML language server, save it and begin the pipeline file with:
              # yaml-language-server: $schema=./hook.schema.json
            """
    )

    func run() throws {
        StandardStream.output.write(PipelineSchema.document(for: BuiltInRules.registry()).text(indent: 2) + "\n")
    }
}
