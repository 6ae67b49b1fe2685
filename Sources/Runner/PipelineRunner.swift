package import HookKit
package import PipelineFile

/// Runs the stages of a pipeline in order, and tells what happens as events.
///
/// When the task that runs it is cancelled, the stage under way is cancelled too; its rule finishes what it has in hand, the later stages are
/// skipped, and the events end as those of any other run do.
package struct PipelineRunner: Sendable {
    /// Which stages run.
    package struct Selection: Hashable, Sendable {
        /// The names of the only stages to run; empty for all.
        package let only: [String]
        /// The names of stages not to run.
        package let skip: [String]

        /// Makes a selection.
        package init(only: [String] = [], skip: [String] = []) {
            self.only = only
            self.skip = skip
        }

        /// Why a stage does not run, where it does not.
        func reasonToSkip(_ name: String) -> String? {
            if skip.contains(name) { return "left out by --skip" }
            return only.isEmpty || only.contains(name) ? nil : "not among the stages of --only"
        }
    }

    private let run: RunDescription
    private let stages: [Stage]
    private let directory: String
    private let selection: Selection
    private let environment: RunEnvironment
    private let purpose: RunPurpose
    private let seal: PlanSeal
    private let showsEvidence: Bool
    private let services: @Sendable (_ isDryRun: Bool) -> any RunServices
    private let emit: @Sendable (RunEvent) -> Void

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - run: describes the same stages, in the same order, as `stages`.
    ///   - directory: what relative paths in the pipeline file are relative to.
    ///   - purpose: with `.plan`, the stages of `run` are dry runs.
    ///   - seal: takes out of a plan what must not stand in it.
    ///   - showsEvidence: whether a report shows findings' evidence.
    ///   - services: the services of stages that may change things, and those of dry runs.
    ///   - emit: takes the events; called from several tasks, in the order of the events.
    package init(
        _ run: RunDescription,
        stages: [Stage],
        directory: String,
        selection: Selection,
        environment: RunEnvironment,
        purpose: RunPurpose,
        seal: PlanSeal,
        showsEvidence: Bool,
        services: @escaping @Sendable (_ isDryRun: Bool) -> any RunServices,
        emit: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.run = run
        self.stages = stages
        self.directory = directory
        self.selection = selection
        self.environment = environment
        self.purpose = purpose
        self.seal = seal
        self.showsEvidence = showsEvidence
        self.services = services
        self.emit = emit
    }

    /// Runs the stages to the end; how it went.
    package func callAsFunction() async -> RunResult {
        let clock = ContinuousClock()
        let begin = clock.now
        emit(.runStarted(run))
        var results: [StageResult] = []
        var hasFailed = false
        var isStopped = false
        var wasInterrupted = false
        var repetition = PlannedRepetition(run.stages)
        for (stage, description) in zip(stages, run.stages) {
            let result: StageResult
            if Task.isCancelled {
                wasInterrupted = true
                result = skipped(description, "the run was interrupted")
            } else if let reason = reasonToSkip(stage, hasFailed: hasFailed, isStopped: isStopped) {
                result = skipped(description, reason)
            } else {
                emit(.stageStarted(description))
                let runner = StageRunner(
                    stage: stage,
                    description: description,
                    directory: directory,
                    environment: environment,
                    seal: seal,
                    planCommand: planCommand,
                    showsEvidence: showsEvidence,
                    emit: emit
                )
                let services = services(description.isDryRun)
                // What leads to a change is looked at anew, and what was seen before a change says nothing after it.
                if stage.rule.effect == .changes { await forgetWhatWasSeen() }
                await prepare(from: description.number, with: services)
                result = repetition.count(await self.run(runner, description, with: services), keepsChanges: plans && !stage.isDryRun)
                if result.ending == .interrupted { wasInterrupted = true }
                if stage.rule.effect == .changes { await forgetWhatWasSeen() }
                if result.hasFailed {
                    hasFailed = true
                    if stage.failurePolicy == .stop { isStopped = true }
                }
            }
            emit(.stageFinished(result))
            results.append(result)
        }
        let result = RunResult(run: run, stages: results, duration: clock.now - begin, wasInterrupted: wasInterrupted || Task.isCancelled)
        emit(.runFinished(result))
        return result
    }

    /// Says whether two dry runs may name the same change, of which only one would be made.
    private var mayRepeatChanges: Bool {
        zip(stages, run.stages).filter { stage, description in stage.rule.effect == .changes && description.isDryRun }.count > 1
    }

    private func run(_ runner: StageRunner, _ description: StageDescription, with services: any RunServices) async -> StageResult {
        switch purpose {
        case .run: return await runner.run(with: services, notesChanges: mayRepeatChanges)
        case .plan: return await runner.plan(with: services)
        case .apply(let plan):
            if description.isDryRun { return await runner.run(with: services, notesChanges: mayRepeatChanges) }
            guard let planned = plan.stage(description.number), planned.name == description.name, planned.rule == description.rule else {
                // Nothing says what may be changed, so nothing may.
                return result(
                    of: description,
                    .failed(type: "plan-outdated", message: "the plan does not have this stage, so it was not run", exitCode: .stageFailed)
                )
            }
            let rehearsal = self.services(true)
            // What was seen before an earlier stage changed something, or wrote to the ledger, says nothing now.
            await rehearsal.engineMayHaveChanged()
            return await runner.apply(planned, with: services, rehearsingWith: rehearsal)
        }
    }

    /// What a stage changes is seen by dry runs too, which have services of their own.
    private func forgetWhatWasSeen() async {
        for isDryRun in [false, true] { await services(isDryRun).engineMayHaveChanged() }
    }

    /// Has asked ahead of time what this stage and those after it that share its services will ask, up to the first that changes something.
    private func prepare(from number: Int, with services: any RunServices) async {
        var preparations = Set<RuleConfiguration.Preparation>()
        for (stage, description) in zip(stages, run.stages).dropFirst(number - 1) {
            guard stage.rule.effect == .observes, description.isDryRun == run.stages[number - 1].isDryRun else { break }
            if selection.reasonToSkip(stage.name) == nil { preparations.formUnion(stage.rule.preparations) }
        }
        if !preparations.isEmpty { await services.prepare(preparations) }
    }

    private func reasonToSkip(_ stage: Stage, hasFailed: Bool, isStopped: Bool) -> String? {
        if let reason = selection.reasonToSkip(stage.name) { return reason }
        if case .apply(let plan) = purpose, let reason = plan.stage(stage.number)?.skipped { return "not in the plan: \(reason)" }
        let decision = stage.condition.evaluate(
            hasFailed: hasFailed,
            isStopped: isStopped,
            source: environment.source,
            event: environment.event,
            values: environment.variables
        )
        if case .skip(let reason) = decision { return reason }
        return nil
    }

    private var plans: Bool { if case .plan = purpose { true } else { false } }

    /// The command that makes the plan anew that is carried out.
    private var planCommand: String? {
        guard case .carriesOut(let name)? = run.plan, let file = run.file else { return nil }
        return "hook run \(ShellWord.quoted(file)) --plan \(ShellWord.quoted(name))"
    }

    private func skipped(_ description: StageDescription, _ reason: String) -> StageResult {
        result(of: description, .skipped(reason: reason))
    }

    /// What is to be said of a stage whose rule was not run.
    private func result(of description: StageDescription, _ ending: StageResult.Ending) -> StageResult {
        StageResult(
            stage: description,
            ending: ending,
            findings: [],
            started: environment.now(),
            duration: .zero,
            reclaimed: .zero,
            engine: nil
        )
    }
}

extension StageResult {
    /// Says whether something in it failed.
    var hasFailed: Bool {
        switch ending {
        case .failed, .interrupted: true
        case .skipped: false
        case .completed: findings.contains { $0.outcome == .failed || $0.outcome == .error }
        }
    }
}
