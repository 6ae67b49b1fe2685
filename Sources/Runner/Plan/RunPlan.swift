package import HookKit
package import PipelineFile

/// What a run would change, as a dry run found it: written to a file, read by a person, and carried out.
///
/// Whoever carries it out again makes what is left of it: an image or a file that is gone counts as done, and every command runs once more.
package struct RunPlan: Hashable, Sendable {
    /// The version of hook that made it.
    package let hook: String
    /// When it was made.
    package let created: Timestamp
    /// What its digests begin with.
    package let salt: String
    /// The pipeline's name.
    package let pipeline: String
    /// The pipeline's file, from the root.
    package let file: String
    /// The engine that it was made on, where a stage used one.
    package let engine: EngineIdentity?
    /// Every stage of the pipeline in order.
    package let stages: [PlannedStage]

    /// Describes a plan.
    package init(
        hook: String,
        created: Timestamp,
        salt: String,
        pipeline: String,
        file: String,
        engine: EngineIdentity?,
        stages: [PlannedStage]
    ) {
        self.hook = hook
        self.created = created
        self.salt = salt
        self.pipeline = pipeline
        self.file = file
        self.engine = engine
        self.stages = stages
    }

    /// Takes what a run noted; throws where the run or a stage did not come to its end, since what it would change is not known.
    ///
    /// What two stages would change stands with the first, which changes it.
    package init(_ result: RunResult, of pipeline: Pipeline, file: String, seal: PlanSeal) throws(InvalidPlan) {
        let interruption = InvalidPlan("no plan was written, because the run was interrupted")
        // The stages after a signal are skipped, and what they would change is not known either.
        if result.wasInterrupted { throw interruption }
        var seen: Set<PlannedChange.Key> = []
        var stages: [PlannedStage] = []
        for (result, stage) in zip(result.stages, pipeline.stages) {
            var skipped: String?
            switch result.ending {
            case .completed: break
            case .skipped(let reason): skipped = reason
            case .failed(_, let message, _):
                throw InvalidPlan("no plan was written, because the stage '\(stage.name)' could not be carried out: \(message)")
            case .interrupted: throw interruption
            }
            let changes = result.changes.filter { $0.action == .runCommand || seen.insert($0.key).inserted }
            stages.append(
                PlannedStage(
                    number: stage.number,
                    name: stage.name,
                    rule: stage.rule.name,
                    settings: seal.masked(stage.plainSettings),
                    fingerprint: stage.fingerprint(seal),
                    time: result.started,
                    skipped: skipped,
                    looks: result.looks,
                    changes: changes
                )
            )
        }
        self.init(
            hook: result.run.version,
            created: result.run.started,
            salt: seal.salt,
            pipeline: pipeline.name,
            file: file,
            engine: result.stages.lazy.compactMap(\.engine).first,
            stages: stages
        )
    }

    /// Throws where a pipeline is not the one that the plan was made of.
    package func check(_ pipeline: Pipeline, seal: PlanSeal) throws(InvalidPlan) {
        let names = pipeline.stages.map { "'\($0.name)' (\($0.rule.name))" }
        let planned = stages.map { "'\($0.name)' (\($0.rule))" }
        guard names == planned else {
            throw InvalidPlan(
                "the plan is of another pipeline: it has the stages \(planned.joined(separator: ", ")), and '\(pipeline.file)' has "
                    + names.joined(separator: ", ")
            )
        }
        let numbers = stages.map(\.number)
        guard numbers == Array(1..<numbers.count + 1) else {
            throw InvalidPlan(
                "it is damaged: its stages have the numbers \(numbers.map(String.init).joined(separator: ", ")), and not 1 to \(numbers.count)"
            )
        }
        for (stage, planned) in zip(pipeline.stages, stages) where stage.fingerprint(seal) != planned.fingerprint {
            let now = seal.masked(stage.plainSettings)
            let keys = Set(Self.names(of: now) + Self.names(of: planned.settings)).filter { now[$0] != planned.settings[$0] }.sorted()
            let what = keys.isEmpty ? "a variable has another value" : keys.map { "'\($0)'" }.joined(separator: ", ")
            throw InvalidPlan("the stage '\(stage.name)' has other settings than when the plan was made: \(what)")
        }
    }

    private static func names(of value: JSONValue) -> [String] {
        if case .object(let members) = value { members.map(\.name) } else { [] }
    }

    /// How many changes it has.
    package var changeCount: Int { stages.reduce(0) { $0 + $1.changes.count } }

    /// The stage of this number.
    func stage(_ number: Int) -> PlannedStage? { stages.first { $0.number == number } }
}

extension Stage {
    /// The settings as they were given, an empty mapping where there are none.
    fileprivate var plainSettings: JSONValue {
        switch settings?.json {
        case nil, .null?: .object([])
        case let json?: json
        }
    }

    fileprivate func fingerprint(_ seal: PlanSeal) -> String {
        seal.digest(of: JSONValue.array([.string(rule.name), plainSettings]).text())
    }
}
