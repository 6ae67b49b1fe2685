import ArgumentParser
import HookKit
import PipelineFile
import Runner

/// `hook run`: runs a pipeline file.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the stages of a pipeline file in order.",
        discussion: """
            With --plan nothing is changed, and what would be changed is written to a file. With --apply just that is done: a stage of which anything has \
            changed in a way that matters, such as an image that is in use by now or a tag that moved, is refused before it changes anything, and what is \
            new stays. A plan that is carried out again does what is left of it: an image or a file that is gone counts as done, and every command runs \
            once more. A plan that cannot be used ends with exit code 78, a stage that is refused with 69.
            """
    )

    @OptionGroup var pipelineArguments: PipelineArguments
    @OptionGroup var outputArguments: OutputArguments

    @Flag(help: "Change nothing: no engine, no ledger; report what would be done.")
    var dryRun = false

    @Option(help: ArgumentHelp("Run only this stage. May be repeated.", valueName: "stage"), completion: StageNames.completion)
    var only: [String] = []

    @Option(help: ArgumentHelp("Leave this stage out. May be repeated.", valueName: "stage"), completion: StageNames.completion)
    var skip: [String] = []

    @Option(
        help: ArgumentHelp("Change nothing, and write to this file what a run would change.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var plan: String?

    @Option(
        help: ArgumentHelp("Make the changes of this plan, and no others; its pipeline file need not be named.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var apply: String?

    func validate() throws {
        if plan != nil, apply != nil { throw ValidationError("'--plan' and '--apply' exclude each other") }
        if apply != nil, dryRun { throw ValidationError("'--apply' and '--dry-run' exclude each other: the plan shows what would be done") }
    }

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        let applied = try read(apply, in: surroundings)
        if let applied { try checkPlace(of: applied, in: surroundings) }
        let code = try await pipelineArguments.withPipeline(
            in: surroundings,
            fallback: applied?.file,
            brokenPlugins: .failTheirStages
        ) { pipeline in
            try check(only, option: "--only", of: pipeline)
            try check(skip, option: "--skip", of: pipeline)
            if let applied { try check(applied, against: pipeline) }
            var outputs = try outputArguments.outputs(
                reports: pipeline.reports,
                besides: files(of: pipeline, in: surroundings),
                in: surroundings
            )
            let errand: RunSession.Errand
            do {
                errand = try self.errand(applied, in: surroundings)
            } catch {
                outputs.discard()
                throw error
            }
            let session = RunSession(
                pipeline: pipeline,
                isDryRun: dryRun || plan != nil,
                errand: errand,
                selection: PipelineRunner.Selection(only: only, skip: skip),
                process: surroundings
            )
            return await session.run(outputs: outputs)
        }
        if code != .success { throw ExitCode(code.rawValue) }
    }

    /// The files of a run that are no reports, with what messages call them.
    private func files(of pipeline: Pipeline, in surroundings: ProcessSurroundings) -> [(what: String, path: String)] {
        [("pipeline file", pipeline.file), ("plan", plan ?? apply)].compactMap { what, path in
            path.map { (what, ConfigPath($0, in: surroundings.workingDirectory).absolute) }
        } + ["", "-wal", "-shm"].map { ("ledger", pipeline.ledger.absolute + $0) }
    }

    /// Reads the plan that is to be carried out, where one is; a wrong one ends the command with exit code 78.
    private func read(_ name: String?, in surroundings: ProcessSurroundings) throws -> RunPlan? {
        guard let name else { return nil }
        do throws(InvalidPlan) {
            return try PlanFile.read(name, in: surroundings)
        } catch {
            StandardStream.error.write("hook: error: \(error)\n")
            throw ExitCode(78)
        }
    }

    /// A plan of another pipeline ends the command with exit code 78.
    private func check(_ applied: RunPlan, against pipeline: Pipeline) throws {
        do throws(InvalidPlan) {
            try applied.check(pipeline, seal: RunSession.seal(for: pipeline, applied))
        } catch {
            StandardStream.error.write("hook: error: the plan '\(apply ?? "")' cannot be carried out: \(error)\n")
            throw ExitCode(78)
        }
    }

    private func errand(_ applied: RunPlan?, in surroundings: ProcessSurroundings) throws -> RunSession.Errand {
        if let apply, let applied { return .apply(applied, name: apply) }
        guard let plan else { return .run }
        return .plan(try PlanFile.create(plan, in: surroundings), name: plan, settings: pipelineArguments.settings)
    }

    /// Checks whether the plan's pipeline file may be taken where none is named.
    ///
    /// Where another one may be meant, the command ends with exit code 78. That it lies elsewhere is said.
    private func checkPlace(of applied: RunPlan, in surroundings: ProcessSurroundings) throws {
        guard pipelineArguments.file == nil, let apply else { return }
        func refusal(_ why: String, _ file: String) -> ExitCode {
            StandardStream.error.write(
                "hook: error: the plan '\(apply)' is of '\(applied.file)', \(why): name the one that is meant, as in hook run "
                    + "\(ShellWord.quoted(file)) --apply \(ShellWord.quoted(apply))\n"
            )
            return ExitCode(78)
        }
        switch PlanPlace(of: applied.file, from: surroundings.workingDirectory) {
        case .here: break
        case .elsewhere:
            StandardStream.error.write("hook: the plan '\(apply)' is of '\(applied.file)', which is not in this directory and is taken\n")
        case .unclear(let found): throw refusal("and here is '\(found)'", applied.file)
        case .gone(let found): throw refusal("which is not there any more, and here is '\(found)'", found)
        }
    }

    private func check(_ names: [String], option: String, of pipeline: Pipeline) throws {
        let known = pipeline.stages.map(\.name)
        for name in names where !known.contains(name) {
            throw CommandMistake.exit("'\(option) \(name)': the pipeline has no such stage\(NearestName.hint(for: name, among: known))")
        }
    }
}
