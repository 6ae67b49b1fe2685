import ArgumentParser
import HookKit
import PipelineFile
import Runner

/// `hook rules run`: runs one rule as a stage, without a pipeline file.
struct RulesRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run one rule without a pipeline file.",
        discussion: "Lists are written with commas: images=shop/*,team/*. A setting that is given twice is a list too."
    )

    @Argument(help: "The rule.", completion: BuiltInRules.completion) var rule: String
    @Argument(help: ArgumentHelp("The rule's settings.", valueName: "setting=value")) var settings: [String] = []

    @Flag(help: "Change nothing; report what would be done.")
    var dryRun = false

    @Option(help: ArgumentHelp("The ledger.", valueName: "file"), completion: .file())
    var ledger = ".hook/ledger.sqlite"

    @OptionGroup var pluginArguments: PluginArguments
    @OptionGroup var outputArguments: OutputArguments

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        let settings = try mapping()
        let code = try await pluginArguments.withRules(in: surroundings) { registry in
            try await run(try RulesCommand.rule(named: rule, in: registry), with: settings, in: surroundings)
        }
        if code != .success { throw ExitCode(code.rawValue) }
    }

    private func run(_ rule: RegisteredRule, with settings: ConfigValue, in surroundings: ProcessSurroundings) async throws -> RunExitCode {
        let elsewhere = ["dry-run": "the option is '--dry-run'"]
        let preparation = rule.prepare(settings, directory: surroundings.workingDirectory, elsewhere: elsewhere)
        var diagnostics = preparation.diagnostics
        // A plugin that does not answer fails its stage.
        if let prepared = preparation.rule { diagnostics += (try? await prepared.problems()) ?? [] }
        for diagnostic in diagnostics {
            StandardStream.error.write("hook: \(diagnostic.severity.rawValue): \(diagnostic.message)\n")
        }
        guard let prepared = preparation.rule, !diagnostics.contains(where: { $0.severity == .error }) else { throw ExitCode(78) }
        let pipeline = Pipeline(
            running: prepared,
            directory: surroundings.workingDirectory,
            ledger: ConfigPath(ledger, in: surroundings.workingDirectory)
        )
        let outputs = try outputArguments.outputs(reports: [:], besides: [("ledger", pipeline.ledger.absolute)], in: surroundings)
        let session = RunSession(pipeline: pipeline, isDryRun: dryRun, errand: .run, selection: .init(), process: surroundings)
        return await session.run(outputs: outputs)
    }

    /// The settings as a mapping; one that was given twice is a list.
    private func mapping() throws -> ConfigValue {
        var values: [(key: String, texts: [String])] = []
        for setting in settings {
            guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else {
                throw CommandMistake.exit("'\(setting)' has no value; write it as setting=value")
            }
            let key = String(setting[..<equals])
            let text = String(setting[setting.index(after: equals)...])
            if let index = values.firstIndex(where: { $0.key == key }) {
                values[index].texts.append(text)
            } else {
                values.append((key, [text]))
            }
        }
        return ConfigValue(
            .mapping(
                values.map { key, texts in
                    let scalars = texts.map { ConfigValue(.text($0)) }
                    return ConfigValue.Entry(key: key, value: scalars.count == 1 ? scalars[0] : ConfigValue(.sequence(scalars)))
                }
            )
        )
    }
}
