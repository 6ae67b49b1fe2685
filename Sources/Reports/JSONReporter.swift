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

    /// Gives the whole document when the run has ended.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        guard case .runFinished(let result) = event else { return [] }
        return Self.bytes(Self.document(result))
    }

    /// A document in bytes that neither steer a terminal nor hide something from a person.
    static func bytes(_ document: JSONValue) -> [UInt8] { harmless(document.text(indent: 2)) + [UInt8(ascii: "\n")] }

    private static func document(_ result: RunResult) -> JSONValue {
        let run = result.run
        var findings = FindingCounts()
        var reclaimed = ByteSize.zero
        var planned: ByteSize?
        var verdicts: [StageVerdict: Int] = [:]
        for stage in result.stages {
            findings += FindingCounts(stage.findings)
            reclaimed += stage.reclaimed
            if let own = PlannedSpace.of(stage) { planned = (planned ?? .zero) + own }
            verdicts[StageVerdict(stage), default: 0] += 1
        }
        return [
            "version": 1,
            "hook": .string(run.version),
            "pipeline": .string(run.pipeline),
            "file": text(run.file),
            "dryRun": .boolean(run.isDryRun),
            "started": .string(run.started.description),
            "durationSeconds": .number(result.duration.secondsNumber),
            "interrupted": .boolean(result.wasInterrupted),
            "exitCode": .integer(Int(result.exitCode.rawValue)),
            "build": build(run.build),
            "summary": [
                "stages": .object(StageVerdict.allCases.map { JSONValue.Member($0.rawValue, .integer(verdicts[$0] ?? 0)) }),
                "findings": .object(Finding.Outcome.allCases.map { JSONValue.Member($0.rawValue, .integer(findings[$0])) }),
                "reclaimedBytes": size(reclaimed),
                "plannedBytes": size(planned),
            ],
            "stages": .array(result.stages.map(stage)),
        ]
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

    /// The document with what a terminal obeys or hides escaped, which JSON itself allows to stand as it is.
    ///
    /// It occurs only within texts, because everything else in a JSON document is printable ASCII and white space.
    private static func harmless(_ document: String) -> [UInt8] {
        let bytes = Array(document.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let plainEnd = bytes[index...].firstIndex { $0 >= 0x7F } ?? bytes.count
            out += bytes[index..<plainEnd]
            index = bytes[plainEnd...].firstIndex { $0 < 0x7F } ?? bytes.count
            for scalar in String(decoding: bytes[plainEnd..<index], as: UTF8.self).unicodeScalars {
                if VisibleText.isHidden(scalar) { escape(scalar, to: &out) } else { out += String(Character(scalar)).utf8 }
            }
        }
        return out
    }

    private static func escape(_ scalar: Unicode.Scalar, to out: inout [UInt8]) {
        for unit in String(Character(scalar)).utf16 {
            let hex = String(unit, radix: 16)
            out += "\\u".utf8
            out += repeatElement(UInt8(ascii: "0"), count: 4 - hex.utf8.count)
            out += hex.utf8
        }
    }
}
