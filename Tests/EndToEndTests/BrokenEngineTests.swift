import HookTesting
import Testing

/// What the built program says when the engine is broken, and that it ends.
@Suite struct BrokenEngineTests {
    private static let ping = ScriptedAnswer.whole("OK", fields: [("API-Version", "1.41"), ("Content-Type", "text/plain")])

    /// Runs two stages against an engine that answers everything but `/_ping` alike.
    private func run(_ answer: ScriptedAnswer, timeout: String = "30s", pings: Bool = true) async throws -> (
        run: HookRun, changes: [String]
    ) {
        try await TemporaryDirectory.withOne { directory in
            let path = directory["engine.sock"]
            var result: (HookRun, [String])?
            try await ScriptedServer.withOne(on: .unixSocket(path: path)) { request in
                pings && request.target.hasSuffix("/_ping") ? Self.ping : answer
            } body: { server in
                let run = try await HookRun(
                    "stages: [{rule: detect-overwritten, on-failure: continue, timeout: \(timeout)}, {rule: prune, timeout: \(timeout)}]",
                    in: directory,
                    environment: .inherited(changing: ["DOCKER_HOST": "unix://\(path)", "CI": nil, "GITLAB_CI": nil])
                )
                result = (run, server.requests.filter { $0.method != "GET" && $0.method != "HEAD" }.map { "\($0.method) \($0.target)" })
            }
            return try #require(result)
        }
    }

    @Test(
        arguments: [
            (.whole(#"[{"Id":"sha256:0a"#), "engine-bad-answer"), (.whole("<html>proxy</html>"), "engine-bad-answer"),
            (.whole(#"{"message":"the disk is on fire"}"#, status: 500), "engine-bad-answer"), (.hangUp, "engine-bad-answer"),
            (.bytes(Array("no HTTP\r\n\r\n".utf8)), "engine-bad-answer"),
        ] as [(ScriptedAnswer, String)]
    )
    func anEngineThatAnswersNonsenseFailsEachStageAndNothingIsChanged(answer: ScriptedAnswer, type: String) async throws {
        let (run, changes) = try await run(answer)
        #expect(run.exitCode == 69, "\(run)")
        #expect(run.outcome.standardOutput.contains("! \(type)"), "\(run)")
        #expect(changes == [])
    }

    @Test(arguments: [true, false]) func anEngineThatNeverAnswersEndsWithTheStagesTimeout(pings: Bool) async throws {
        let begin = ContinuousClock.now
        let (run, changes) = try await run(.silence, timeout: "1s", pings: pings)
        let duration = ContinuousClock.now - begin
        #expect(run.exitCode == 69, "\(run)")
        #expect(run.outcome.standardOutput.contains("the stage did not end within its timeout of 1s"), "\(run)")
        // The engine's own limits are 120 seconds for a question, and 30 for the first of each stage.
        #expect(duration < .seconds(pings ? 100 : 50), "the requests in hand are given up with their stage")
        #expect(changes == [])
    }

    @Test func anAnswerWithoutAnEndIsCutOff() async throws {
        let (run, changes) = try await run(.endless(Array(repeating: 0x20, count: 65536)), timeout: "2s")
        #expect(run.exitCode == 69, "\(run)")
        #expect(changes == [])
    }
}
