import Foundation
import HookTesting
import Testing

/// What a run of hook did: its exit code, what it printed, and its JSON report.
struct HookRun: CustomStringConvertible {
    struct Report: Decodable {
        struct Stage: Decodable {
            let name: String
            let findings: [Found]
        }
        struct Found: Decodable {
            let subject: String
            let outcome: String
            let type: String
            let message: String
            let details: [String]
            let remedy: String?
            let bytes: Int?
        }
        let version: Int
        let stages: [Stage]
    }

    let outcome: ProcessOutcome
    let report: Report

    init(outcome: ProcessOutcome, report: [UInt8]) throws {
        self.outcome = outcome
        self.report = try JSONDecoder().decode(Report.self, from: Data(report))
    }

    /// Runs hook with a pipeline in a directory, and checks its reports.
    init(
        _ pipeline: String,
        _ arguments: [String] = [],
        in directory: TemporaryDirectory,
        environment: RunningProcess.Environment
    ) async throws {
        try directory.write(pipeline, to: "hook.yml")
        let reports = ["--junit", directory["junit.xml"], "--json", directory["report.json"]]
        let command = [Repository.hook, "run", "hook.yml"] + reports + arguments
        let outcome = try await runProcess(command, environment: environment, directory: directory.path)
        let problems = try await JUnitSchema.problems(inFile: directory["junit.xml"])
        #expect(problems == [])
        try self.init(outcome: outcome, report: directory.bytes(of: "report.json"))
    }

    var exitCode: Int32? { outcome.exitCode }
    var description: String { outcome.description }

    /// The findings of a stage.
    func findings(_ stage: String) -> [Report.Found] { report.stages.first { $0.name == stage }?.findings ?? [] }

    /// The findings of a stage that have a type.
    func findings(_ stage: String, _ type: String) -> [Report.Found] { findings(stage).filter { $0.type == type } }
}
