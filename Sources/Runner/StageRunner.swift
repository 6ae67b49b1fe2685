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
    let seal: PlanSeal
    let emit: @Sendable (RunEvent) -> Void

    /// Runs the rule.
    func run(with services: any RunServices) async -> StageResult {
        let record = Record()
        let context = context(services: services) { output in receive(output, record) }
        return await result(of: context, record, services)
    }

    /// Runs the rule as a dry run, and notes what it would change; a stage that is a dry run in any case changes nothing.
    func plan(with services: any RunServices) async -> StageResult {
        let record = Record()
        let notes = PlanNotes()
        let started = environment.now()
        let planning = PlanningServices(base: services, time: started, seal: seal, notes: notes)
        let permission: Permission = { [seal] changes in
            for change in changes { notes.permit(seal.sealed(change)) }
            return changes.map { _ in true }
        }
        let context = context(services: planning, permission: permission) { output in receive(output, record) }
        let result = await result(of: context, record, services, started: started)
        return StageResult(
            stage: result.stage,
            ending: result.ending,
            findings: result.findings,
            started: started,
            duration: result.duration,
            reclaimed: .zero,
            engine: result.engine,
            changes: stage.isDryRun ? [] : notes.changes,
            looks: notes.looks
        )
    }

    /// Makes the changes of a plan, and no others; none where one of them is not due any more.
    ///
    /// Registries' directories are compared where they are changed, while nobody else can change them; all else by a dry run before.
    func apply(_ planned: PlannedStage, with services: any RunServices, rehearsingWith rehearsal: any RunServices) async -> StageResult {
        let record = Record()
        let started = environment.now()
        let begin = ContinuousClock.now
        let permission = ChangePermission(planned, effect: stage.rule.effect)
        if !planned.changes.isEmpty, planned.changes.contains(where: { !$0.target.hasPrefix("/") }) {
            if let ending = await rehearse(planned, permission, with: rehearsal, record) {
                return StageResult(
                    stage: description,
                    ending: ending,
                    findings: record.content.withLock { $0.findings },
                    started: started,
                    duration: ContinuousClock.now - begin,
                    reclaimed: .zero,
                    engine: await rehearsal.engineInUse()
                )
            }
        }
        let guarded = PlannedServices(base: services, permission: permission, seal: seal)
        let answer: Permission = { [seal] changes in changes.map { permission.has(seal.sealed($0)) } }
        let context = context(services: guarded, permission: answer) { output in receive(output, record) }
        return await result(of: context, record, services, started: started, since: begin)
    }

    /// Runs the rule as a dry run and compares; how the stage ends, where it must not go on.
    private func rehearse(
        _ planned: PlannedStage,
        _ permission: ChangePermission,
        with services: any RunServices,
        _ record: Record
    ) async -> StageResult.Ending? {
        let found = Record()
        let notes = PlanNotes()
        let answer: Permission = { [seal] changes in
            changes.map { change in
                let change = seal.sealed(change)
                let isPlanned = permission.has(change)
                if isPlanned { notes.permit(change) } else { notes.refuse(change) }
                return isPlanned
            }
        }
        let planning = PlanningServices(base: services, time: planned.time, seal: seal, notes: notes)
        let context = context(isDryRun: true, services: planning, permission: answer) { output in
            // What it finds is found again by the run itself.
            if case .finding(let finding) = output { found.content.withLock { $0.findings.append(finding) } }
        }
        let ending = ending(of: await outcome(in: context))
        guard ending == .completed else { return ending }
        let comparison = PlanComparison(
            planned: planned.changes,
            due: notes.changes,
            others: notes.refused,
            findings: found.content.withLock { $0.findings }
        )
        let outdated = comparison.outdated
        if outdated.isEmpty { return nil }
        var images: [EngineImage]?
        if outdated.contains(where: { $0.action == .removeImage }) {
            // Only the reasons get better by it.
            images = try? await services.engine().images(.current)
        }
        for finding in comparison.report(images) { receive(.finding(finding), record) }
        let count = planned.changes.count
        return .failed(
            type: "plan-outdated",
            message:
                "\(outdated.count) of \(count) planned change\(count == 1 ? "" : "s") cannot be made as planned, so nothing was changed",
            exitCode: .stageFailed
        )
    }

    private typealias Permission = @Sendable ([PlannedChange]) async throws -> [Bool]

    private func context(
        isDryRun: Bool? = nil,
        services: any RunServices,
        permission: Permission? = nil,
        output: @escaping @Sendable (RuleContext.Output) -> Void
    ) -> RuleContext {
        RuleContext(
            stage: stage.name,
            directory: directory,
            isDryRun: isDryRun ?? description.isDryRun,
            environment: environment,
            services: services,
            permission: permission,
            output: output
        )
    }

    private func result(
        of context: RuleContext,
        _ record: Record,
        _ services: any RunServices,
        started: Timestamp? = nil,
        since begin: ContinuousClock.Instant = .now
    ) async -> StageResult {
        let started = started ?? environment.now()
        let ending = ending(of: await outcome(in: context))
        let content = record.content.withLock { $0 }
        return StageResult(
            stage: description,
            ending: ending,
            findings: content.findings,
            started: started,
            duration: ContinuousClock.now - begin,
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
        case let error as EngineError where error.code == .notInPlan: outdated(error.description)
        case let error as EngineError: .failed(type: "engine-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as LedgerError where error.code == .busy:
            .failed(type: "ledger-busy", message: error.description, exitCode: .busy)
        case let error as LedgerError: .failed(type: "ledger-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as RegistryStoreError where error.code == .busy:
            .failed(type: "registry-busy", message: error.description, exitCode: .busy)
        case let error as RegistryStoreError where error.code == .changed: outdated(error.description)
        case let error as RegistryStoreError: .failed(type: "registry-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as RegistryError where error.code == .dryRun:
            .failed(type: "internal", message: "a mistake in hook: \(error)", exitCode: .internalError)
        case let error as RegistryError where error.code == .notInPlan: outdated(error.description)
        case let error as RegistryError: .failed(type: "registry-\(error.code)", message: error.description, exitCode: .stageFailed)
        case let error as DeploymentFileError: .failed(type: "deployment-file", message: error.description, exitCode: .stageFailed)
        case let error as CommandError: .failed(type: "command", message: error.description, exitCode: .stageFailed)
        case let error as ImageArchiveError: .failed(type: "archive", message: error.description, exitCode: .stageFailed)
        case let error as PluginFailure: .failed(type: "plugin-\(error.code)", message: error.description, exitCode: .stageFailed)
        default: .failed(type: "error", message: "\(error)", exitCode: .stageFailed)
        }
    }

    /// The plan that is carried out does not fit any more.
    private static func outdated(_ message: String) -> StageResult.Ending {
        .failed(type: "plan-outdated", message: message, exitCode: .stageFailed)
    }
}
