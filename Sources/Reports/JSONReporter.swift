import HookKit
package import Runner

/// Writes a run as one JSON document, for programs: everything that the JUnit report has, and the evidence.
///
/// Every member is there in every document, and in this order; what does not apply is `null`. A member may be added without a new
/// version; one that is removed, or means something else, raises `version`. Sizes are whole bytes, times are RFC 3339 in UTC, durations are
/// seconds with up to three decimals. Texts stand as they were found; what a terminal would obey, or a person not see, is escaped.
///
///     {
///       "version": 1,
///       "hook": "1.0.0",                        the program's version
///       "pipeline": "image-hygiene",
///       "file": "pipeline.yml",                 null for `hook rules run`
///       "dryRun": false,                        true where no stage may change anything
///       "plan": {                               null where the run neither writes nor carries out one
///         "use": "carries-out",                 carries-out, writes
///         "file": "plan.json",                  as it was named
///         "changes": null                       of one that was written: how many it has
///       },
///       "started": "2026-11-01T07:30:00Z",
///       "durationSeconds": 4.125,
///       "interrupted": false,
///       "exitCode": 1,
///       "build": { "run", "pipeline", "commit", "branch", "system", "buildNumber", "jobURL", "user" },
///       "summary": {
///         "stages":   { "passed", "failed", "error", "interrupted", "skipped" },      how many
///         "findings": { "passed", "failed", "skipped", "error" },                     how many
///         "reclaimedBytes": 312500000,
///         "plannedBytes": null                  what the dry runs would give back
///       },
///       "stages": [{
///         "number": 1, "name": "prune", "rule": "prune", "dryRun": false,
///         "verdict": "passed",                  one of those of the summary
///         "ending": {
///           "kind": "completed",                completed, skipped, failed, interrupted
///           "type": null,                       of a failure: engine-unreachable, timeout, error, ...
///           "message": null,                    of a failure; why it was skipped
///           "exitCode": null                    of a failure
///         },
///         "started": "2026-11-01T07:30:00Z", "durationSeconds": 1.5,
///         "reclaimedBytes": 312500000, "plannedBytes": null,
///         "engine": { "identifier", "name", "product", "apiVersion", "imageStore", "endpoint" },     or null
///         "findings": [{
///           "subject": "shop/api:v1",
///           "outcome": "failed",                passed, failed, skipped, error
///           "type": "overwritten",
///           "message": "...",
///           "details": ["..."],
///           "remedy": null,
///           "bytes": 12300000,                  or null
///           "evidence": { ... }                 what the rule knows, in its own form, or null
///         }]
///       }]
///     }
package struct JSONReporter: Reporter {
    /// Makes a reporter.
    package init() {}

    /// It has all evidence as it is.
    package var showsEvidence: Bool { true }

    /// Gives the whole document when the run has ended.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        guard case .runFinished(let result) = event else { return [] }
        return Self.bytes(Self.document(result))
    }

    /// A document in bytes that neither steer a terminal nor hide something from a person.
    static func bytes(_ document: JSONValue) -> [UInt8] { HarmlessJSON.bytes(document, indent: 2) + [UInt8(ascii: "\n")] }

    private static func document(_ result: RunResult) -> JSONValue {
        let run = result.run
        let totals = RunTotals(result)
        return [
            "version": 1,
            "hook": .string(run.version),
            "pipeline": .string(run.pipeline),
            "file": text(run.file),
            "dryRun": .boolean(run.changesNothing),
            "plan": plan(result),
            "started": .string(run.started.description),
            "durationSeconds": .number(result.duration.secondsNumber),
            "interrupted": .boolean(result.wasInterrupted),
            "exitCode": .integer(Int(result.exitCode.rawValue)),
            "build": build(run.build),
            "summary": [
                "stages": .object(StageVerdict.allCases.map { JSONValue.Member($0.rawValue, .integer(totals.verdicts[$0] ?? 0)) }),
                "findings": .object(Finding.Outcome.allCases.map { JSONValue.Member($0.rawValue, .integer(totals.findings[$0])) }),
                "reclaimedBytes": size(totals.reclaimed),
                "plannedBytes": size(totals.planned),
            ],
            "stages": .array(result.stages.map(stage)),
        ]
    }

    private static func plan(_ result: RunResult) -> JSONValue {
        var changes: Int?
        if case .written(let count, _)? = result.plan { changes = count }
        switch result.run.plan {
        case nil: return .null
        case .writes(let file)?: return ["use": "writes", "file": .string(file), "changes": changes.map { .integer($0) } ?? .null]
        case .carriesOut(let file)?: return ["use": "carries-out", "file": .string(file), "changes": .null]
        }
    }

    /// A build with all its members.
    static func build(_ build: BuildRecord) -> JSONValue {
        [
            "run": .string(build.run),
            "pipeline": .string(build.pipeline),
            "commit": text(build.commit),
            "branch": text(build.branch),
            "system": text(build.system),
            "buildNumber": text(build.buildNumber),
            "jobURL": text(build.jobURL),
            "user": text(build.user),
        ]
    }

    private static func stage(_ result: StageResult) -> JSONValue {
        [
            "number": .integer(result.stage.number),
            "name": .string(result.stage.name),
            "rule": .string(result.stage.rule),
            "dryRun": .boolean(result.stage.isDryRun),
            "verdict": .string(StageVerdict(result).rawValue),
            "ending": ending(result.ending),
            "started": .string(result.started.description),
            "durationSeconds": .number(result.duration.secondsNumber),
            "reclaimedBytes": size(result.reclaimed),
            "plannedBytes": size(PlannedSpace.of(result)),
            "engine": engine(result.engine),
            "findings": .array(result.findings.map(finding)),
        ]
    }

    private static func ending(_ ending: StageResult.Ending) -> JSONValue {
        func members(_ kind: String, type: String? = nil, message: String? = nil, exitCode: RunExitCode? = nil) -> JSONValue {
            [
                "kind": .string(kind),
                "type": text(type),
                "message": text(message),
                "exitCode": exitCode.map { .integer(Int($0.rawValue)) } ?? .null,
            ]
        }
        return switch ending {
        case .completed: members("completed")
        case .skipped(let reason): members("skipped", message: reason)
        case .failed(let type, let message, let exitCode): members("failed", type: type, message: message, exitCode: exitCode)
        case .interrupted: members("interrupted")
        }
    }

    /// An engine with all its members.
    static func engine(_ engine: EngineIdentity?) -> JSONValue {
        guard let engine else { return .null }
        return [
            "identifier": .string(engine.identifier),
            "name": .string(engine.name),
            "product": .string(engine.product),
            "apiVersion": .string(engine.apiVersion),
            "imageStore": .string(engine.imageStore.rawValue),
            "endpoint": .string(engine.endpoint),
        ]
    }

    private static func finding(_ finding: Finding) -> JSONValue {
        [
            "subject": .string(finding.subject),
            "outcome": .string(finding.outcome.rawValue),
            "type": .string(finding.type),
            "message": .string(finding.message),
            "details": .array(finding.details.map { .string($0) }),
            "remedy": text(finding.remedy),
            "bytes": size(finding.bytes),
            "evidence": finding.evidence ?? .null,
        ]
    }

    private static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

    private static func size(_ value: ByteSize?) -> JSONValue { value.map { .integer(Int($0.bytes)) } ?? .null }
}
