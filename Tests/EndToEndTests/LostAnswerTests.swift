import HookTesting
import Testing

/// What is said of removals that a real engine carries out, and whose answers are lost on the way.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct LostAnswerTests {
    @Test(arguments: PruneTests.kinds) func whatIsGoneIsNotSaidToStay(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let image = try await engine.build(nil, content: "a", steps: 0)
            let used = try await engine.build(nil, content: "b", steps: 0)
            try await engine.docker("create", "--name", "web", "--network", "none", used, "/bin/sh")
            try await engine.docker("volume", "create", "data")
            let socket = engine.directory["lost.sock"]
            let relay = try RunningProcess([
                "python3", "\(Repository.root)/Tests/EndToEndTests/Fixtures/lost-answers.py", socket, engine.host,
            ])
            try await relay.output(containing: "ready")
            let pipeline = "stages: [{rule: prune, with: {older-than: 0s, containers: true, volumes: [data]}}]"
            let run = try await engine.run(pipeline, variables: ["DOCKER_HOST": "unix://\(socket)"])
            relay.signal(15)
            _ = try await relay.end()

            #expect(run.exitCode == 69, "\(run)")
            let short = { (id: String) in String(id.dropFirst(7).prefix(12)) }
            let unknown = run.findings("prune", "unknown")
            #expect(unknown.map(\.subject).sorted() == ["container web", "volume data", short(image)].sorted(), "\(run)")
            for finding in unknown {
                #expect(finding.outcome == "error")
                #expect(finding.message.hasPrefix("whether it is removed is not known: the engine at unix://\(socket)"), "\(run)")
                #expect(finding.remedy == "look at the engine, or run the stage again")
            }
            let kept = run.findings("prune", "not-removed").filter { $0.subject == short(used) }
            #expect(kept.map(\.message) == ["kept: 'container web', which may still be there, needs it"], "\(run)")
            // All of it was carried out.
            #expect(try await engine.docker("ps", "--all", "--quiet") == "")
            #expect(try await engine.docker("volume", "ls", "--quiet") == "")
            let left = try await engine.docker("images", "--all", "--quiet", "--no-trunc").split(separator: "\n").map(String.init)
            #expect(!left.contains(image) && left.contains(used), "\(left)")
            // A second run finishes what could not go.
            let again = try await engine.run(pipeline)
            #expect(again.exitCode == 0, "\(again)")
            #expect(again.findings("prune", "removed").map(\.subject).contains(short(used)), "\(again)")
        }
    }
}
