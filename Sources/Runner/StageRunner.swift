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

    /// What the findings on commands are about: a command may hold secrets.
    private final class CommandSubjects: Sendable {
        let subjects = Mutex<Set<String>>([])
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
    /// The command that makes the plan anew that is carried out.
    let planCommand: String?
    /// Whether a report shows findings' evidence.
    let showsEvidence: Bool
    let emit: @Sendable (RunEvent) -> Void
    private let commands = CommandSubjects()

    init(
        stage: Stage,
        description: StageDescription,
        directory: String,
        environment: RunEnvironment,
        seal: PlanSeal,
        planCommand: String?,
        showsEvidence: Bool,
        emit: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.stage = stage
        self.description = description
        self.directory = directory
        self.environment = environment
        self.seal = seal
        self.planCommand = planCommand
        self.showsEvidence = showsEvidence
        self.emit = emit
    }

    /// Runs the rule; with `notesChanges` the result of a dry run says what it would change.
    func run(with services: any RunServices, notesChanges: Bool) async -> StageResult {
        let record = Record()
        guard notesChanges, description.isDryRun else {
            let context = context(services: services, permission: nil) { output in receive(output, record) }
            return await result(of: context, record, services)
        }
        let notes = PlanNotes()
        let permission: Permission = { changes in
            for change in changes { notes.permit(change) }
            return changes.map { _ in true }
        }
        let context = context(services: services, permission: permission) { output in receive(output, record) }
        return await result(of: context, record, services, notes: notes)
    }

    /// Runs the rule as a dry run, and notes what it would change.
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
        return await result(of: context, record, services, started: started, notes: notes)
    }

    /// Makes the changes of a plan, and no others; none where one of them is not due any more.
    ///
    /// Registries' directories are compared where they are changed, while nobody else can change them; all else by a dry run before.
    func apply(_ planned: PlannedStage, with services: any RunServices, rehearsingWith rehearsal: any RunServices) async -> StageResult {
        let record = Record()
        let started = environment.now()
        let begin = ContinuousClock.now
        let permission = ChangePermission(planned)
        if !planned.changes.isEmpty, planned.changes.contains(where: { !$0.target.hasPrefix("/") }) {
            if let ending = await rehearse(planned, permission, with: rehearsal, since: begin, record) {
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
        return await result(of: context, record, services, started: started, since: begin, planned: planned)
    }

    /// Runs the rule as a dry run and compares; how the stage ends, where it must not go on.
    private func rehearse(
        _ planned: PlannedStage,
        _ permission: ChangePermission,
        with services: any RunServices,
        since begin: ContinuousClock.Instant,
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
            if case .finding(let finding) = output { found.content.withLock { $0.findings.append(shown(finding)) } }
        }
        let ending = ending(of: await outcome(in: context, since: begin))
        guard ending == .completed else { return ending }
        var comparison = PlanComparison(
            planned: planned.changes,
            due: notes.changes,
            others: notes.refused,
            findings: found.content.withLock { $0.findings }
        )
        // Where the engine does not say, an image that is not to go any more is taken to be there.
        if comparison.lacksImages { comparison.images = try? await services.engine().images(.current) }
        for finding in comparison.madeBefore + comparison.report { receive(.finding(finding), record) }
        let outdated = comparison.outdated
        return outdated.isEmpty ? nil : refusal(of: outdated.count, planned)
    }

    /// How a stage ends of which so many changes cannot be made.
    private func refusal(of outdated: Int, _ planned: PlannedStage) -> StageResult.Ending {
        let count = planned.changes.count
        let remedy = planCommand.map { "; \($0) makes it anew, with the same --set where there was one" } ?? ""
        return Self.outdated(
            "\(outdated) of \(count) planned change\(count == 1 ? "" : "s") cannot be made as planned, so nothing was changed\(remedy)"
        )
    }

    /// How many changes of a registry's directory that cannot be made are reported one by one.
    private static let reportedDifferences = 100

    private static func findings(on differences: [RegistryStoreError.Difference]) -> [Finding] {
        var findings = differences.prefix(reportedDifferences).map { difference in
            Finding.failed(
                subject: difference.planned.target,
                type: "changed-since-plan",
                message: difference.reason,
                details: ["planned: \(difference.planned.action) \(difference.planned.target)"]
            )
        }
        let others = differences.count - findings.count
        if others > 0 {
            let message = "\(others) more planned change\(others == 1 ? "" : "s") cannot be made as planned"
            findings.append(.failed(subject: "further changes", type: "changed-since-plan", message: message))
        }
        return findings
    }

    private typealias Permission = @Sendable ([PlannedChange]) async throws -> [Bool]

    private func context(
        isDryRun: Bool? = nil,
        services: any RunServices,
        permission: Permission?,
        output: @escaping @Sendable (RuleContext.Output) -> Void
    ) -> RuleContext {
        let noting: Permission = { [commands] changes in
            let subjects = changes.filter { $0.action == .runCommand }.map(\.subject)
            if !subjects.isEmpty { commands.subjects.withLock { $0.formUnion(subjects) } }
            return try await permission?(changes) ?? changes.map { _ in true }
        }
        return RuleContext(
            stage: stage.name,
            directory: directory,
            isDryRun: isDryRun ?? description.isDryRun,
            environment: environment,
            services: services,
            permission: noting,
            notesChanges: permission != nil,
            showsEvidence: showsEvidence,
            output: output
        )
    }

    /// A finding as reports may show it: where it is about a command, what came into that from outside is masked.
    private func shown(_ finding: Finding) -> Finding {
        commands.subjects.withLock { $0.contains(finding.subject) } ? seal.masked(finding) : finding
    }

    private func result(
        of context: RuleContext,
        _ record: Record,
        _ services: any RunServices,
        started: Timestamp? = nil,
        since begin: ContinuousClock.Instant = .now,
        notes: PlanNotes? = nil,
        planned: PlannedStage? = nil
    ) async -> StageResult {
        let started = started ?? environment.now()
        let outcome = await outcome(in: context, since: begin)
        var ending = shown(ending(of: outcome))
        if ending != .interrupted, let planned, case .failed(let error as RegistryStoreError) = outcome, !error.differences.isEmpty {
            for finding in Self.findings(on: error.differences) { receive(.finding(finding), record) }
            ending = refusal(of: error.differences.count, planned)
        }
        let content = record.content.withLock { $0 }
        return StageResult(
            stage: description,
            ending: ending,
            findings: content.findings,
            started: started,
            duration: ContinuousClock.now - begin,
            reclaimed: description.isDryRun ? .zero : content.reclaimed,
            engine: await services.engineInUse(),
            changes: notes?.changes ?? [],
            looks: notes?.looks ?? []
        )
    }

    /// An ending as reports may show it: the failure of a stage that runs commands may name one.
    private func shown(_ ending: StageResult.Ending) -> StageResult.Ending {
        guard case .failed(let type, let message, let exitCode) = ending, !commands.subjects.withLock({ $0.isEmpty }) else { return ending }
        return .failed(type: type, message: seal.masked(message), exitCode: exitCode)
    }

    private func receive(_ output: RuleContext.Output, _ record: Record) {
        switch output {
        case .finding(let finding):
            let finding = shown(finding)
            record.content.withLock { $0.findings.append(finding) }
        case .progress(let completed, let total): emit(.progress(completed: completed, total: total, stage: description))
        case .log(let level, let line): emit(.log(level, line, stage: description))
        case .reclaimed(let size): record.content.withLock { $0.reclaimed += size }
        }
    }

    /// Runs the rule; at the time limit of its stage it is cancelled, and awaited, since what it has in hand must be finished.
    private func outcome(in context: RuleContext, since begin: ContinuousClock.Instant) async -> Outcome {
        guard let timeout = stage.timeout else { return await outcomeOfRule(in: context) }
        return await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await outcomeOfRule(in: context) }
            group.addTask {
                do {
                    try await Task.sleep(until: begin + timeout)
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
