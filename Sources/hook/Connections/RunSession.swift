import BuildEnvironment
import DockerEngine
import HookKit
import PipelineFile
import Processes
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
        let (events, continuation) = AsyncStream.makeStream(of: RunEvent.self, bufferingPolicy: .unbounded)
        let runner = PipelineRunner(
            description,
            stages: pipeline.stages,
            directory: pipeline.directory,
            selection: selection,
            environment: environment,
            services: { $0 ? reading : changing },
            emit: { continuation.yield($0) }
        )
        // The first stage begins when signals are heard: one that came before would be lost.
        let (start, begin) = AsyncStream.makeStream(of: Void.self)
        let work = Task {
            for await _ in start {}
            defer { continuation.finish() }
            return await runner()
        }
        let signals = await TerminationSignals { work.cancel() }
        begin.finish()
        var outputs = outputs
        for await event in events { outputs.receive(event) }
        let result = await work.value
        signals.stop()
        await changing.close()
        await reading.close()
        let reportsAreWritten = outputs.finish()
        return reportsAreWritten ? result.exitCode : result.exitCode.graver(.stageFailed)
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
