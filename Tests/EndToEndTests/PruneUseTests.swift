import HookTesting
import Testing

/// What counts as use of something on a real engine, and what goes with what.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct PruneUseTests {
    private func images(_ engine: TestEngine) async throws -> Set<String> {
        Set(try await engine.docker("images", "--all", "--quiet", "--no-trunc").split(separator: "\n").map(String.init))
    }

    @Test(arguments: PruneTests.kinds) func aVolumeThatWasInUseAMomentAgoStays(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let run = ["run", "--rm", "--network", "none", "--volume", "db-main:/data", "alpine:latest", "/bin/sh", "-c"]
            // The volume is older than ten seconds when the container ends; that it was used is not.
            try await engine.shell("docker \(run.joined(separator: " ")) 'echo row > /data/rows; exec /bin/sleep 12'")
            let pipeline = "stages: [{rule: prune, with: {dangling: false, volumes: [db-*], older-than: AGE}}]"
            let kept = try await engine.run(pipeline.replacing("AGE", with: "10s"))
            let reasons = kept.findings("prune", "kept").filter { $0.subject == "volume db-main" }.map(\.message)
            let expected =
                kind == .docker
                ? /last used .+ ago, less than 10s/
                : /a container was removed .+ ago, less than 10s, and Podman does not say which volumes it used/
            #expect(reasons.count == 1 && reasons[0].wholeMatch(of: expected) != nil, "\(kept)")
            #expect(try await engine.docker("volume", "ls", "--quiet") == "db-main")
            let gone = try await engine.run(pipeline.replacing("AGE", with: "0s"))
            #expect(gone.findings("prune", "removed").map(\.subject) == ["volume db-main"], "\(gone)")
            #expect(try await engine.docker("volume", "ls", "--quiet") == "")
        }
    }

    @Test func theUseOfAVolumeOutlastsTheEnginesMemoryInTheLedger() async throws {
        try await TestEngine.withOne { engine in
            let track = "stages: [{rule: track-tags}]"
            try await engine.shell("docker volume create db-main; docker volume create db-idle")
            let wait = "docker run --rm --network none --volume db-main:/data alpine:latest /bin/sleep 12"
            try await engine.shell(wait)
            #expect(try await engine.run(track).exitCode == 0)
            try await engine.overwriteEvents()
            // So far back lie the volumes' beginnings, and not the end of the container.
            let pipeline = "stages: [{rule: prune, with: {dangling: false, volumes: [db-*], older-than: 12s}}]"
            let run = try await engine.run(pipeline)
            #expect(run.findings("prune", "removed").map(\.subject) == ["volume db-idle"], "\(run)")
            #expect(try await engine.docker("volume", "ls", "--quiet") == "db-main")
        }
    }

    @Test func twoRunsAtTheSameTimeBothSucceed() async throws {
        try await TestEngine.withOne { engine in
            let before = try await images(engine)
            for number in 0..<20 { try await engine.build(nil, content: "\(number)", steps: 0) }
            try engine.directory.write(PruneTests.prune, to: "hook.yml")
            let processes = try (0..<2).map { try engine.startHook(["run", "hook.yml", "--json", engine.directory["report\($0).json"]]) }
            var found: [HookRun.Report.Found] = []
            for (number, process) in processes.enumerated() {
                let outcome = try await process.end()
                #expect(outcome.exitCode == 0, "\(outcome)")
                found += try HookRun(outcome: outcome, report: engine.directory.bytes(of: "report\(number).json")).findings("prune")
            }
            #expect(try await images(engine) == before)
            #expect(found.filter { $0.type == "removed" }.count == 20)
            #expect(found.allSatisfy { ["removed", "gone", "kept"].contains($0.type) }, "\(found)")
        }
    }
}
