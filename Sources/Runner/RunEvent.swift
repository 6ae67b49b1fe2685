package import HookKit

/// What happens in a run, in order: everything that a report is made of.
package enum RunEvent: Sendable {
    /// The run begins.
    case runStarted(RunDescription)
    /// A stage begins.
    case stageStarted(StageDescription)
    /// Long work has come on.
    case progress(completed: Int, total: Int?, stage: StageDescription)
    /// A line for the log.
    case log(RuleContext.LogLevel, String, stage: StageDescription?)
    /// A stage ended, or was skipped.
    case stageFinished(StageResult)
    /// The run ended.
    case runFinished(RunResult)
}

/// A run, before it begins.
package struct RunDescription: Hashable, Sendable {
    /// The pipeline's name.
    package let pipeline: String
    /// The pipeline file as it was named; `nil` for `hook rules run`.
    package let file: String?
    /// hook's version.
    package let version: String
    /// Says whether nothing may be changed by any stage.
    package let isDryRun: Bool
    /// When it began.
    package let started: Timestamp
    /// The build.
    package let build: BuildRecord
    /// The stages in order.
    package let stages: [StageDescription]
    /// The plan that it writes or carries out.
    package let plan: PlanUse?

    /// Says whether no stage can change anything, for the run as a whole or for itself.
    package var changesNothing: Bool { isDryRun || stages.allSatisfy(\.isDryRun) }

    /// Describes a run.
    package init(
        pipeline: String,
        file: String?,
        version: String,
        isDryRun: Bool,
        started: Timestamp,
        build: BuildRecord,
        stages: [StageDescription],
        plan: PlanUse? = nil
    ) {
        self.pipeline = pipeline
        self.file = file
        self.version = version
        self.isDryRun = isDryRun
        self.started = started
        self.build = build
        self.stages = stages
        self.plan = plan
    }
}

/// A stage, before it begins.
package struct StageDescription: Hashable, Sendable {
    /// The number, from 1.
    package let number: Int
    /// The name, unique in the pipeline.
    package let name: String
    /// The rule's name.
    package let rule: String
    /// Says whether nothing may be changed.
    package let isDryRun: Bool
    /// Says whether that is so because the pipeline file says it of this stage, whatever the command line says.
    package let isDryRunByFile: Bool

    /// Describes a stage.
    package init(number: Int, name: String, rule: String, isDryRun: Bool, isDryRunByFile: Bool = false) {
        self.number = number
        self.name = name
        self.rule = rule
        self.isDryRun = isDryRun
        self.isDryRunByFile = isDryRunByFile
    }
}

/// How a stage ended.
package struct StageResult: Sendable {
    /// How a stage ends.
    package enum Ending: Hashable, Sendable {
        /// The rule came to its end; its findings say the rest.
        case completed
        /// It was not run, for this reason.
        case skipped(reason: String)
        /// It could not be carried out: a type in kebab-case (`engine-unreachable`, `timeout`, `error`), one sentence, and how grave it is.
        case failed(type: String, message: String, exitCode: RunExitCode)
        /// The run was interrupted while it ran.
        case interrupted
    }

    /// The stage.
    package let stage: StageDescription
    /// How it ended.
    package let ending: Ending
    /// Its findings in the order in which they were reported.
    package let findings: [Finding]
    /// When it began.
    package let started: Timestamp
    /// How long it took.
    package let duration: Duration
    /// The space that it gave back; zero in a dry run.
    package let reclaimed: ByteSize
    /// The engine that it used, where it used one.
    package let engine: EngineIdentity?
    /// What it would change, in the order in which the rule asked; of a run that makes a plan.
    package let changes: [PlannedChange]
    /// How much of what it would give back an earlier stage would give back as well; of a dry run.
    package let repeated: ByteSize
    /// The digests of the commands that its rule ran to look; of a run that makes a plan.
    package let looks: [String]

    /// Describes an end.
    package init(
        stage: StageDescription,
        ending: Ending,
        findings: [Finding],
        started: Timestamp,
        duration: Duration,
        reclaimed: ByteSize,
        engine: EngineIdentity?,
        changes: [PlannedChange] = [],
        repeated: ByteSize = .zero,
        looks: [String] = []
    ) {
        self.stage = stage
        self.ending = ending
        self.findings = findings
        self.started = started
        self.duration = duration
        self.reclaimed = reclaimed
        self.engine = engine
        self.changes = changes
        self.repeated = repeated
        self.looks = looks
    }
}

/// How a run ended.
package struct RunResult: Sendable {
    /// The run.
    package let run: RunDescription
    /// Every stage of the pipeline in order, the skipped ones included.
    package let stages: [StageResult]
    /// How long it took.
    package let duration: Duration
    /// Says whether a signal ended it.
    package let wasInterrupted: Bool
    /// What became of the plan, where the run writes one; known when the last stage has ended.
    package var plan: WrittenPlan?
    /// Says whether a report, or what standard output shows, could not be written; known when all of them were tried.
    package var lacksReport = false

    /// Describes an end.
    package init(run: RunDescription, stages: [StageResult], duration: Duration, wasInterrupted: Bool, plan: WrittenPlan? = nil) {
        self.run = run
        self.stages = stages
        self.duration = duration
        self.wasInterrupted = wasInterrupted
        self.plan = plan
    }

    /// The exit code that the run ends with: the gravest of what happened.
    package var exitCode: RunExitCode { lacksReport ? workExitCode.graver(.stageFailed) : workExitCode }

    /// The exit code of a run whose reports were all written.
    package var workExitCode: RunExitCode {
        if wasInterrupted { return .interrupted }
        var code = RunExitCode.success
        for stage in stages {
            if case .failed(_, _, let own) = stage.ending { code = code.graver(own) }
            for finding in stage.findings {
                switch finding.outcome {
                case .failed: code = code.graver(.findingsFailed)
                case .error: code = code.graver(.stageFailed)
                case .passed, .skipped: break
                }
            }
        }
        // Where a stage is why there is no plan, its own code says more.
        if plan == .notWritten, code == .success || code == .findingsFailed { return .stageFailed }
        return code
    }
}
