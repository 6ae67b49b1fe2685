import BuildEnvironment
import DockerEngine
import HookKit
import PipelineFile
import Processes
import RegistryAPI
import RegistryStorage
import Runner
import TagLedger

/// One run from its stages to its exit code: connects the services, runs, and hands the events to the outputs.
struct RunSession {
    /// What a session is for.
    enum Errand {
        /// It runs the pipeline.
        case run
        /// It writes what a run would change to a file that the user called so; whoever carries it out gives these values of `--set` again.
        case plan(ReportFile, name: String, settings: [String])
        /// It carries out a plan that the user called so.
        case apply(RunPlan, name: String)

        /// What the runner is told.
        var purpose: RunPurpose {
            switch self {
            case .run: .run
            case .plan: .plan
            case .apply(let plan, _): .apply(plan)
            }
        }

        /// The plan that is carried out.
        var carriedOut: RunPlan? { if case .apply(let plan, _) = self { plan } else { nil } }

        /// What the reports are told.
        var use: PlanUse? {
            switch self {
            case .run: nil
            case .plan(_, let name, _): .writes(name)
            case .apply(_, let name): .carriesOut(name)
            }
        }
    }

    /// Takes out of a plan what must not stand in it; `plan` is the one that is carried out.
    static func seal(for pipeline: Pipeline, _ plan: RunPlan?) -> PlanSeal {
        PlanSeal(hiding: pipeline.outsideValues, salt: plan?.salt ?? PlanSeal.newSalt()) { BlobHash.digest(of: $0).description }
    }

    let pipeline: Pipeline
    let isDryRun: Bool
    let errand: Errand
    let selection: PipelineRunner.Selection
    let process: ProcessSurroundings

    /// Runs the pipeline; the outputs get every event in order, on one task.
    func run(outputs: RunOutputs) async -> RunExitCode {
        let environment = BuildDetector.detect(
            variables: process.environment.merging(pipeline.variables) { $1 },
            directory: pipeline.directory,
            pipeline: pipeline.name,
            run: process.runIdentifier,
            standardInput: process.gitInput,
            now: process.now
        )
        let description = RunDescription(
            pipeline: pipeline.name,
            file: pipeline.file,
            version: HookVersion.current,
            isDryRun: isDryRun,
            started: process.now(),
            build: environment.build,
            stages: pipeline.stages.map { stage in
                StageDescription(
                    number: stage.number,
                    name: stage.name,
                    rule: stage.rule.name,
                    isDryRun: isDryRun || stage.isDryRun,
                    isDryRunByFile: stage.isDryRun
                )
            },
            plan: errand.use
        )
        let changing = services(.readWrite, .readWrite, .readWrite)
        let reading = services(.readOnly, .readOnly, .readOnly)
        if case .apply(let plan, let name) = errand, let other = await Self.otherEngine(than: plan, reading) {
            StandardStream.error.write("hook: error: the plan '\(name)' cannot be carried out: \(other)\n")
            var outputs = outputs
            outputs.discard()
            await changing.close()
            await reading.close()
            return .configuration
        }
        let seal = Self.seal(for: pipeline, errand.carriedOut)
        let (news, continuation) = AsyncStream.makeStream(of: News.self, bufferingPolicy: .unbounded)
        let runner = PipelineRunner(
            description,
            stages: pipeline.stages,
            directory: pipeline.directory,
            selection: selection,
            environment: environment,
            purpose: errand.purpose,
            seal: seal,
            showsEvidence: outputs.showEvidence,
            services: { $0 ? reading : changing },
            emit: { continuation.yield(.event($0)) }
        )
        // The first stage begins when signals are heard: one that came before would be lost.
        let (start, begin) = AsyncStream.makeStream(of: Void.self)
        let work = Task {
            for await _ in start {}
            defer { continuation.finish() }
            _ = await runner()
        }
        let signals = await TerminationSignals(erasesLine: outputs.drawsProgress) {
            // First, so that nothing that comes of it is told before it.
            continuation.yield(.interruption)
            work.cancel()
        }
        let seconds = outputs.drawsProgress ? Self.seconds { continuation.yield(.second) } : nil
        begin.finish()
        var outputs = outputs
        var code = RunExitCode.internalError
        for await new in news {
            switch new {
            case .event(.runFinished(var result)):
                // Before the reports say how the run ended.
                result.plan = writePlan(result, seal)
                if outputs.showRecordedTags, let history = await RecordedTagsReader(services: reading).history(of: result) {
                    outputs.receive(history)
                }
                code = outputs.finish(result)
            case .event(let event): outputs.receive(event)
            case .second: outputs.refresh()
            case .interruption:
                // Whoever reads of the interruption may rely on it.
                work.cancel()
                outputs.interrupt()
            }
        }
        seconds?.cancel()
        await work.value
        await changing.close()
        await reading.close()
        // A signal must not end the process between the work and the reports on it.
        return withExtendedLifetime(signals) { code }
    }

    /// Writes the plan, where the session is for that.
    private func writePlan(_ result: RunResult, _ seal: PlanSeal) -> WrittenPlan? {
        guard case .plan(var file, let name, let settings) = errand else { return nil }
        defer { file.discard() }
        do {
            let place = ConfigPath(pipeline.file, in: process.workingDirectory).absolute
            let plan = try RunPlan(result, of: pipeline, file: place, seal: seal)
            try file.commit(Array(plan.document.utf8))
            return .written(changes: plan.changeCount, command: command(applying: name, settings, seal))
        } catch {
            StandardStream.error.write("hook: error: \(error)\n")
            return .notWritten
        }
    }

    /// The command that carries out a plan in this directory; a value that may be a secret stands in it by its name.
    private func command(applying name: String, _ settings: [String], _ seal: PlanSeal) -> String {
        let options = settings.map { setting in
            let masked = seal.masked(setting)
            guard masked != setting, let equals = masked.firstIndex(of: "=") else { return " --set \(ShellWord.quoted(setting))" }
            return " --set \(masked[...equals])\"\(masked[masked.index(after: equals)...])\""
        }
        // The plan knows its file, which is not taken unnamed where another one may be meant.
        let place = PlanPlace(of: ConfigPath(pipeline.file, in: process.workingDirectory).absolute, from: process.workingDirectory)
        let file = if case .unclear = place { " \(ShellWord.quoted(pipeline.file))" } else { "" }
        return "hook run\(file) --apply \(ShellWord.quoted(name))" + options.joined()
    }

    /// Says where the engine is another than the plan's; one that does not answer fails the stages that need it.
    private static func otherEngine(than plan: RunPlan, _ services: LiveServices) async -> String? {
        guard let planned = plan.engine, let engine = try? await services.engine().identity, engine.identifier != planned.identifier else {
            return nil
        }
        return "it was made on the engine '\(planned.name)' (\(planned.product) at \(planned.endpoint)), and '\(engine.name)' "
            + "(\(engine.product) at \(engine.endpoint)) is another"
    }

    /// What the outputs are told of.
    private enum News: Sendable {
        /// Something happened in the run.
        case event(RunEvent)
        /// A second has gone by.
        case second
        /// A signal wants the run to end.
        case interruption
    }

    /// Does something every second, until it is cancelled.
    private static func seconds(_ body: @escaping @Sendable () -> Void) -> Task<Void, Never> {
        Task {
            do {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    body()
                }
            } catch {
                // It was cancelled: that is how it ends.
            }
        }
    }

    private func services(_ engine: EngineAccess, _ ledger: LedgerAccess, _ registry: RegistryAccess) -> LiveServices {
        let surroundings = EngineSurroundings(environment: process.environment, homeDirectory: process.homeDirectory)
        return LiveServices(
            engine: EngineConnection(host: pipeline.dockerHost, surroundings: surroundings, access: engine),
            otherEngines: OtherEngines(surroundings: surroundings, access: engine),
            ledger: LedgerConnection(path: pipeline.ledger.absolute, access: ledger),
            registries: RegistryConnections(
                RegistrySurroundings(environment: process.environment, homeDirectory: process.homeDirectory),
                access: registry,
                now: process.now
            ),
            commands: engine == .readWrite ? ProcessCommandRunner() : RefusingCommandRunner(),
            process: process
        )
    }
}
