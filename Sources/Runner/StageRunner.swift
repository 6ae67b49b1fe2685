import HookKit
import PipelineFile
import Synchronization

/// Runs one stage: the rule, its time limit, and the record of what it reports.
struct StageRunner: Sendable {
    /// What a rule reported so far; rules report from several tasks.
    private final class Record: Sendable {
        struct Content {
            var findings: [Finding] = []
            var reclaimed = ByteSize.zero
        }
        let content = Mutex(Content())
    }

    private enum Outcome: Sendable {
        case completed
        /// The limit was reached; with the error that the rule ended with, where it had one.
        case timedOut((any Error)?)
        case failed(any Error)
    }

    let stage: Stage
    let description: StageDescription
    let directory: String
    let environment: RunEnvironment
    let emit: @Sendable (RunEvent) -> Void

    func run(with services: any RunServices) async -> StageResult {
        let clock = ContinuousClock()
        let started = environment.now()
        let begin = clock.now
        let record = Record()
        let context = RuleContext(
            stage: stage.name,
            directory: directory,
            isDryRun: description.isDryRun,
            environment: environment,
            services: services
        ) { output in receive(output, record) }
        let ending = ending(of: await outcome(in: context))
        let content = record.content.withLock { $0 }
        return StageResult(
            stage: description,
            ending: ending,
            findings: content.findings,
            started: started,
            duration: clock.now - begin,
            reclaimed: description.isDryRun ? .zero : content.reclaimed,
            engine: await services.engineInUse()
        )
    }

    private func receive(_ output: RuleContext.Output, _ record: Record) {
        switch output {
        case .finding(let finding): record.content.withLock { $0.findings.append(finding) }
        case .progress(let completed, let total): emit(.progress(completed: completed, total: total, stage: description))
        case .log(let level, let line): emit(.log(level, line, stage: description))
        case .reclaimed(let size): record.content.withLock { $0.reclaimed += size }
        }
    }

    /// Runs the rule; at its time limit it is cancelled, and awaited, since what it has in hand must be finished.
    private func outcome(in context: RuleContext) async -> Outcome {
        guard let timeout = stage.timeout else { return await outcomeOfRule(in: context) }
        return await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await outcomeOfRule(in: context) }
            group.addTask {
                do {
                    try await Task.sleep(for: timeout)
                    return .timedOut(nil)
                } catch {
                    // The rule ended first, or the run was interrupted: then the rule's own outcome counts.
                    return .completed
                }
            }
            let first = await group.next() ?? .completed
            group.cancelAll()
            let second = await group.next() ?? .completed
            if case .timedOut = first {
                if case .failed(let error) = second { return .timedOut(error) }
                return first
            }
            if Task.isCancelled, case .failed = second { return second }
            return first
        }
    }

    private func outcomeOfRule(in context: RuleContext) async -> Outcome {
        do {
            try await stage.rule.run(in: context)
            return .completed
        } catch {
            return .failed(error)
        }
    }

    private func ending(of outcome: Outcome) -> StageResult.Ending {
        switch outcome {
        case .completed: return .completed
        case .timedOut(let error):
            let limit = stage.timeout?.settingText ?? ""
            // How a plugin took it may be why the limit was reached.
            let more = (error as? PluginFailure).map { "; \($0)" } ?? ""
            return .failed(type: "timeout", message: "the stage did not end within its timeout of \(limit)\(more)", exitCode: .stageFailed)
        case .failed(let error): return Task.isCancelled ? .interrupted : Self.ending(of: error)
        }
    }

    private static func ending(of error: any Error) -> StageResult.Ending {
        switch error {
        case let error as EngineError where error.code == .dryRun:
            .failed(type: "internal", message: "a mistake in hook: \(error)", exitCode: .internalError)
        case let error as EngineError: .failed(type: "engine-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as LedgerError where error.code == .busy:
            .failed(type: "ledger-busy", message: error.description, exitCode: .busy)
        case let error as LedgerError: .failed(type: "ledger-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as RegistryStoreError where error.code == .busy:
            .failed(type: "registry-busy", message: error.description, exitCode: .busy)
        case let error as RegistryStoreError: .failed(type: "registry-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as RegistryError where error.code == .dryRun:
            .failed(type: "internal", message: "a mistake in hook: \(error)", exitCode: .internalError)
        case let error as RegistryError: .failed(type: "registry-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as DeploymentFileError: .failed(type: "deployment-file", message: error.description, exitCode: .stageFailed)
        case let error as CommandError: .failed(type: "command", message: error.description, exitCode: .stageFailed)
        case let error as ImageArchiveError: .failed(type: "archive", message: error.description, exitCode: .stageFailed)
        case let error as PluginFailure: .failed(type: "plugin-\(error.code)", message: error.description, exitCode: .stageFailed)
        default: .failed(type: "error", message: "\(error)", exitCode: .stageFailed)
        }
    }
}
