import ArgumentParser
import HookKit
import PipelineFile

/// `hook schema`: prints the JSON Schema of the pipeline file.
struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the pipeline file, for editors.",
        discussion: """
            With the YAML language server, save it and begin the pipeline file with:
              # yaml-language-server: $schema=./hook.schema.json
            """
    )

    @OptionGroup var pluginArguments: PluginArguments

    func run() async throws {
        let schema = try await pluginArguments.withRules(in: .current()) { PipelineSchema.document(for: $0) }
        try StandardStream.show(schema.text(indent: 2) + "\n")
    }
}
