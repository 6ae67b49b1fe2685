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
            // The volume is older than fifteen seconds when the container ends; that it was used is not. A client that stays attached may wait for
            // Podman 4.3 for ever.
            let write = "/bin/sh -c 'echo row > /data/rows; exec /bin/sleep 16'"
            try await engine.shell("docker run --detach --name db --network none --volume db-main:/data alpine:latest \(write)")
            try await engine.shell("docker wait db; docker rm db")
            let pipeline = "stages: [{rule: prune, with: {dangling: false, volumes: [db-*], older-than: AGE}}]"
            let kept = try await engine.run(pipeline.replacing("AGE", with: "15s"))
            let reasons = kept.findings("prune", "kept").filter { $0.subject == "volume db-main" }.map(\.message)
            let expected =
                kind == .docker
                ? /last used .+ ago, less than 15s/
                : /a container was removed .+ ago, less than 15s, and Podman does not say which volumes it used/
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
            let wait = "docker run --rm --network none --volume db-main:/data alpine:latest /bin/sleep 20"
            try await engine.shell(wait)
            #expect(try await engine.run(track).exitCode == 0)
            try await engine.overwriteEvents()
            // So far back lie the volumes' beginnings, and not the end of the container.
            let pipeline = "stages: [{rule: prune, with: {dangling: false, volumes: [db-*], older-than: 20s}}]"
            let run = try await engine.run(pipeline)
            #expect(run.findings("prune", "removed").map(\.subject) == ["volume db-idle"], "\(run)")
            #expect(try await engine.docker("volume", "ls", "--quiet") == "db-main")
        }
    }

    /// Loads an image that was made in a year, without a name; its ID.
    private func load(_ engine: TestEngine, year: Int) async throws -> String {
        try await engine.shell(
            """
            mkdir y\(year); cd y\(year); echo \(year) > file; tar -cf layer.tar file
            layer=$(sha256sum layer.tar | cut -d ' ' -f 1)
            printf '{"architecture":"amd64","os":"linux","created":"\(year)-01-01T00:00:00Z","config":{},' > config.json
            printf '"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"\(year)-01-01T00:00:00Z"}]}' $layer >> config.json
            printf '[{"Config":"config.json","RepoTags":null,"Layers":["layer.tar"]}]' > manifest.json
            tar -cf image.tar config.json manifest.json layer.tar
            docker load --quiet --input image.tar > id
            """
        )
        let text = try engine.directory.text(of: "y\(year)/id")
        return try #require(text.split(whereSeparator: \.isWhitespace).last.map(String.init))
    }

    @Test func aTagThatWasPutOnAMomentAgoCountsAfterTheEngineHasForgottenIt() async throws {
        try await TestEngine.withOne { engine in
            let newer = try await load(engine, year: 2021)
            let older = try await load(engine, year: 2020)
            let dangling = try await load(engine, year: 2019)
            try await engine.docker("tag", newer, "rk/app:1")
            try await engine.docker("tag", older, "rk/app:2")
            try await engine.docker("tag", dangling, "rk/old:1")
            try await engine.docker("tag", "alpine:latest", "rk/old:1")
            try await engine.overwriteEvents()
            let pipeline =
                "stages: [{rule: prune, with: {unused: true, images: [rk/app], protect: [filler], keep-last: 1, older-than: AGE}}]"
            let before = try await images(engine)
            let fresh = try await engine.run(pipeline.replacing("AGE", with: "24h"))
            #expect(fresh.findings("prune", "removed").isEmpty, "\(fresh)")
            let overwritten = try await engine.run("stages: [{rule: prune, with: {older-than: 24h}}]")
            #expect(overwritten.findings("prune", "removed").isEmpty, "\(overwritten)")
            #expect(try await images(engine) == before)
            let run = try await engine.run(pipeline.replacing("AGE", with: "0s"))
            #expect(run.findings("prune", "removed").map(\.subject) == ["rk/app:1"], "\(run)")
            #expect(try await images(engine) == before.subtracting([newer]))
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

    @Test func everyTagThatAnImageLosesIsInEveryReport() async throws {
        try await TestEngine.withOne { engine in
            try await engine.build("ap/x:4", content: "a", steps: 0)
            try await engine.shell("docker tag ap/x:4 ap/x:4b; docker tag ap/x:4 zz/prod:release-2026")
            let pipeline = "stages: [{rule: prune, with: {older-than: 0s, unused: true, images: [ap/*, zz/*]}}]"
            let others = "with its tags 'ap/x:4b', 'zz/prod:release-2026'"
            for arguments in [["--dry-run"], ["--plan", "plan.json"], []] {
                let run = try await engine.run(pipeline, arguments)
                let found = run.findings("prune").filter { $0.subject == "ap/x:4" }.map(\.message)
                #expect(found.count == 1 && found[0].hasSuffix(others), "\(run)")
                #expect(run.outcome.standardOutput.contains("zz/prod:release-2026"), "\(run)")
                #expect(try engine.directory.text(of: "junit.xml").contains("release-2026"))
            }
        }
    }

    @Test func theStepsOfABuildGoWithTheImageThatTheyMade() async throws {
        try await TestEngine.withOne { engine in
            let before = try await images(engine)
            try await engine.shell(
                """
                mkdir build; cd build
                yes big1 | head -c 2000000 > big1; yes big2 | head -c 300000 > big2
                printf 'FROM alpine:latest\\nCOPY big1 /\\nCOPY big2 /\\nLABEL ci=1\\n' > Dockerfile
                """
            )
            for settings in ["images: [ch/*]", "labels: [ci=1]"] {
                try await engine.docker("build", "--network", "none", "--tag", "ch/a:2", engine.directory["build"])
                let built = try await images(engine).subtracting(before)
                #expect(built.count == 3)
                let run = try await engine.run("stages: [{rule: prune, with: {older-than: 0s, unused: true, \(settings)}}]")
                #expect(try await images(engine) == before, "\(run)")
                #expect(run.findings("prune", "removed").compactMap(\.bytes).reduce(0, +) == 2_300_000, "\(run)")
            }
            try await engine.docker("build", "--network", "none", "--tag", "ch/a:2", engine.directory["build"])
            let steps = "stages: [{rule: prune, with: {older-than: 0s, unused: true, dangling: false, images: [ch/*]}}]"
            let run = try await engine.run(steps)
            #expect(run.findings("prune", "removed").map(\.bytes) == [0], "\(run)")
            #expect(try await images(engine).subtracting(before).count == 2)
        }
    }
}
