import HookTesting
import Testing

/// Many runs on one host use one ledger at the same time.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct SharedLedgerTests {
    @Test func twoHundredRunsAtOnceLoseNoObservation() async throws {
        try await TestEngine.withOne { engine in
            try engine.directory.write("stages: [{rule: track-tags, with: {images: [\"alpine\"]}}]", to: "hook.yml")
            let outcomes = try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
                for _ in 0..<200 {
                    let process = try engine.startHook(["run", "--quiet"])
                    group.addTask { try await process.end(within: .seconds(300)) }
                }
                return try await group.reduce(into: [ProcessOutcome]()) { $0.append($1) }
            }
            for outcome in outcomes where outcome.exitCode != 0 { Issue.record("\(outcome)") }
            let query = "select (select sum(sightings) from generation), (select count(*) from generation), (select count(*) from build)"
            let script =
                "import sqlite3; print(*sqlite3.connect('\(engine.directory[".hook/ledger.sqlite"])').execute(\"\(query)\").fetchone())"
            let answer = try await runProcess(["python3", "-c", script])
            #expect(answer.standardOutput == "200 1 200\n", "\(answer)")
        }
    }
}
