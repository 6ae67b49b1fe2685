import BuildEnvironment
import DockerEngine
import HookKit
import PipelineFile
import RegistryAPI
import Runner
import TagLedger

/// One run from its stages to its exit code: connects the services, runs, and hands the events to the outputs.
struct RunSession {
    let pipeline: Pipeline
    let isDryRun: Bool
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
                StageDescription(number: stage.number, name: stage.name, rule: stage.rule.name, isDryRun: isDryRun || stage.isDryRun)
            }
        )
        let changing = services(.readWrite, .readWrite, .readWrite)
        let reading = services(.readOnly, .readOnly, .readOnly)
        let (news, continuation) = AsyncStream.makeStream(of: News.self, bufferingPolicy: .unbounded)
        let runner = PipelineRunner(
            description,
            stages: pipeline.stages,
            directory: pipeline.directory,
            selection: selection,
            environment: environment,
            services: { $0 ? reading : changing },
            emit: { continuation.yield(.event($0)) }
        )
        // The first stage begins when signals are heard: one that came before would be lost.
        let (start, begin) = AsyncStream.makeStream(of: Void.self)
        let work = Task {
            for await _ in start {}
            defer { continuation.finish() }
            return await runner()
        }
        let signals = await TerminationSignals(erasesLine: outputs.drawsProgress) {
            continuation.yield(.interruption)
            work.cancel()
        }
        let seconds = outputs.drawsProgress ? Self.seconds { continuation.yield(.second) } : nil
        begin.finish()
        var outputs = outputs
        for await new in news {
            switch new {
            case .event(let event):
                if case .runFinished(let result) = event, outputs.showTagHistory,
                    let history = await TagHistoryReader(services: reading).history(of: result)
                {
                    outputs.receive(history)
                }
                outputs.receive(event)
            case .second: outputs.refresh()
            case .interruption: outputs.interrupt()
            }
        }
        seconds?.cancel()
        let result = await work.value
        signals.stop()
        await changing.close()
        await reading.close()
        let reportsAreWritten = outputs.finish()
        return reportsAreWritten ? result.exitCode : result.exitCode.graver(.stageFailed)
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
            process: process
        )
    }
}
