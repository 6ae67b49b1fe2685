import HookTesting
import Testing

/// What `prune` does to a real engine.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct PruneTests {
    static var kinds: [TestEngine.Kind] { Repository.podmanIsAvailable ? [.docker, .podman] : [.docker] }
    static let prune = "stages: [{rule: prune, with: {older-than: 0s}}]"

    private func images(_ engine: TestEngine) async throws -> Set<String> {
        Set(try await engine.docker("images", "--all", "--quiet", "--no-trunc").split(separator: "\n").map(String.init))
    }

    @Test(arguments: kinds) func aDryRunShowsThePlanAndARunCarriesOutJustThat(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            let new = try await engine.build("shop/api:v1", content: "b")
            let before = try await images(engine)
            let dry = try await engine.run(Self.prune, ["--dry-run"])
            #expect(dry.exitCode == 0, "\(dry)")
            #expect(try await images(engine) == before)
            #expect(!engine.directory.exists(".hook"), "a dry run makes no ledger")
            let run = try await engine.run(Self.prune)
            #expect(run.exitCode == 0, "\(run)")
            let planned = dry.findings("prune", "would-remove").map(\.subject)
            #expect(planned.sorted() == run.findings("prune", "removed").map(\.subject).sorted())
            #expect(!planned.isEmpty)
            let after = try await images(engine)
            #expect(!after.contains(old))
            #expect(after.contains(new))
            #expect(before.subtracting(after).count == planned.count)
            // One run is enough: a second finds nothing.
            let again = try await engine.run(Self.prune, ["--dry-run"])
            #expect(again.findings("prune", "would-remove").isEmpty, "\(again)")
        }
    }

    @Test(arguments: kinds) func theParentsOfADanglingImageGoInTheSameRun(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let before = try await images(engine)
            try await engine.build(nil, content: "a", steps: 4)
            let run = try await engine.run(Self.prune)
            #expect(run.exitCode == 0, "\(run)")
            #expect(try await images(engine) == before, "\(run)")
        }
    }

    @Test(arguments: kinds) func anImageIsProtectedByTheIDThatDockerPrints(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let kept = try await engine.build("shop/api:v1", content: "a", steps: 0)
            let gone = try await engine.build("shop/api:v2", content: "b", steps: 0)
            let id = try #require(try await engine.docker("images", "--quiet", "shop/api:v1").split(separator: "\n").first)
            let prune = "rule: prune, with: {older-than: 0s, unused: true, images: ['*shop/*'], protect: ['\(id)']}"
            let run = try await engine.run("stages: [{\(prune)}]")
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.findings("prune", "kept").contains { $0.message == "'\(id)' protects it" }, "\(run)")
            let images = try await images(engine)
            #expect(images.contains(kept) && !images.contains(gone), "\(run)")
        }
    }

    @Test func aFreshImageStaysByDefault() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build(nil, content: "a", steps: 0)
            let run = try await engine.run("stages: [{rule: prune}]")
            let kept = run.findings("prune", "kept").filter { $0.subject == image.dropFirst(7).prefix(12) }
            #expect(kept.count == 1, "\(run)")
            #expect(kept[0].message.hasSuffix("ago, less than 1h"))
            #expect(try await images(engine).contains(image))
        }
    }

    @Test func aContainerInAnyStateHoldsItsImageAndGoesFirstWhereThatIsAskedFor() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/api:v1", content: "a")
            try await engine.docker("create", "--name", "created", "shop/api:v1", "/bin/sh")
            try await engine.build("shop/api:v1", content: "b")
            let kept = try await engine.run(Self.prune)
            #expect(kept.findings("prune", "kept").contains { $0.message == "created container 'created' uses it" }, "\(kept)")
            #expect(try await images(engine).contains(image))
            let run = try await engine.run("stages: [{rule: prune, with: {older-than: 0s, containers: true}}]")
            #expect(run.findings("prune", "removed").first?.subject == "container created", "\(run)")
            #expect(!(try await images(engine).contains(image)))
        }
    }

    @Test func unusedImagesGoByRepositoryAndTheNewestStay() async throws {
        try await TestEngine.withOne { engine in
            for number in 1...4 { try await engine.build("shop/api:v\(number)", content: "\(number)", steps: 0) }
            try await engine.docker("tag", "shop/api:v4", "shop/api:latest")
            let keep = try await engine.id("shop/api:v3")
            let pipeline = """
                stages:
                  - rule: prune
                    with: {older-than: 0s, unused: true, images: ["shop/*"], keep-last: 2, protect: ["*:v1"]}
                """
            let run = try await engine.run(pipeline)
            #expect(run.findings("prune", "removed").map(\.subject) == ["shop/api:v2"], "\(run)")
            let tags = try await engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}", "shop/api")
            #expect(Set(tags.split(separator: "\n")) == ["shop/api:v1", "shop/api:v3", "shop/api:v4", "shop/api:latest"])
            #expect(try await engine.id("shop/api:v3") == keep)
        }
    }

    @Test func anImageWithSeveralTagsGoesWithAllOfThem() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/api:v1", content: "a", steps: 0)
            try await engine.docker("tag", "shop/api:v1", "team/api:v1")
            let partly = try await engine.run("stages: [{rule: prune, with: {older-than: 0s, unused: true, images: [shop/*]}}]")
            #expect(partly.findings("prune", "kept").contains { $0.message == "'images' does not name 'team/api:v1'" }, "\(partly)")
            #expect(try await images(engine).contains(image))
            let run = try await engine.run("stages: [{rule: prune, with: {older-than: 0s, unused: true, images: [shop/*, team/*]}}]")
            #expect(run.findings("prune", "removed").map(\.subject) == ["shop/api:v1"], "\(run)")
            #expect(!(try await images(engine).contains(image)))
        }
    }

    @Test(arguments: kinds) func anImageGoesWithItsOnlyTag(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let image = try await engine.build("shop/api:v1", content: "a", steps: 0)
            let run = try await engine.run("stages: [{rule: prune, with: {older-than: 0s, unused: true, images: ['*shop/*']}}]")
            let removed = run.findings("prune", "removed")
            #expect(removed.map { String($0.subject.split(separator: "/").suffix(2).joined(separator: "/")) } == ["shop/api:v1"], "\(run)")
            #expect(removed.allSatisfy { $0.message.wholeMatch(of: /no container uses it, last sign of use .+ ago/) != nil }, "\(run)")
            #expect(!(try await images(engine).contains(image)))
        }
    }

    @Test func aDiskBudgetTakesTheLeastRecentlyUsedFirst() async throws {
        try await TestEngine.withOne { engine in
            for number in 1...3 {
                try engine.directory.write(
                    "FROM alpine:latest\nRUN yes \(number) | head -c 1000000 > /file\n",
                    to: "budget\(number)/Dockerfile"
                )
                try await engine.docker("build", "--network", "none", "--tag", "shop/api:v\(number)", engine.directory["budget\(number)"])
            }
            let total = 3_000_000 + (try await size(engine, "alpine:latest"))
            let pipeline = """
                stages:
                  - rule: prune
                    with: {older-than: 0s, unused: true, protect: ["alpine:*"], keep-bytes: "\(total - 1_500_000)B"}
                """
            let dry = try await engine.run(pipeline, ["--dry-run"])
            #expect(dry.findings("prune", "would-remove").map(\.subject) == ["shop/api:v1", "shop/api:v2"], "\(dry)")
            let run = try await engine.run(pipeline)
            // Removals that do not depend on each other run side by side, and are reported as they end.
            #expect(run.findings("prune", "removed").map(\.subject).sorted() == ["shop/api:v1", "shop/api:v2"], "\(run)")
        }
    }

    private func size(_ engine: TestEngine, _ name: String) async throws -> Int {
        try #require(Int(try await engine.docker("image", "inspect", "--format", "{{.Size}}", name)))
    }

    @Test func networksAndNamedVolumesGoWhereNothingUsesThem() async throws {
        try await TestEngine.withOne { engine in
            try await engine.docker("volume", "create", "build-cache")
            try await engine.docker("volume", "create", "build-used")
            try await engine.docker("volume", "create", "database")
            try await engine.docker("create", "--name", "user", "--volume", "build-used:/data", "alpine:latest", "/bin/sh")
            let run = try await engine.run("stages: [{rule: prune, with: {older-than: 0s, networks: true, volumes: [build-*]}}]")
            #expect(run.findings("prune", "removed").map(\.subject) == ["volume build-cache"], "\(run)")
            let volumes = try await engine.docker("volume", "ls", "--quiet")
            #expect(Set(volumes.split(separator: "\n")) == ["build-used", "database"])
        }
    }

    @Test func anImageThatIsGoneThoughTheEngineSaysThatItFailedIsNotSaidToBeThere() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/api:v1", content: "a", steps: 1)
            try await engine.build("shop/api:v1", content: "b", steps: 0)
            let layers = try await engine.docker("info", "--format", "{{.DockerRootDir}}/{{.Driver}}")
            let process = try #require(try engine.directory.text(of: "services/docker.pid").split(separator: " ").first)
            let inside = "nsenter --mount --target \(process)"
            // The engine forgets the image first, and fails at its layer.
            try await engine.shell("\(inside) mount --bind '\(layers)' '\(layers)'; \(inside) mount -o remount,bind,ro '\(layers)'")
            let run = try await engine.run(Self.prune)
            try await engine.shell("\(inside) umount --lazy '\(layers)'")
            #expect(run.exitCode == 69, "\(run)")
            let left = try await images(engine)
            #expect(!left.contains(image), "\(run)")
            // The image of the step that wrote a file has a layer of its own.
            let found = run.findings("prune", "removed-with-failure")
            #expect(found.count == 1, "\(run)")
            #expect(!left.contains { image in found.contains { image.dropFirst(7).hasPrefix($0.subject) } }, "\(run)")
            let start = "it is gone, though the engine failed on the way, so that its space may not be free: the engine at \(engine.host)"
            #expect(found.first?.message.hasPrefix(start) == true, "\(run)")
            #expect(found.first?.message.contains(" with 500: ") == true, "\(run)")
        }
    }

    @Test func aRunThatIsInterruptedBeforeItsPruneRemovesNothingAndWritesItsReports() async throws {
        try await TestEngine.withOne { engine in
            try engine.directory.write(
                "stages: [{rule: exec, with: {run: 'echo ready; exec sleep 1000'}}, {rule: prune, with: {older-than: 0s}}]",
                to: "hook.yml"
            )
            let old = try await engine.build(nil, content: "a", steps: 0)
            let process = try engine.startHook([
                "run", "hook.yml", "--junit", engine.directory["junit.xml"], "--json", engine.directory["report.json"],
            ])
            _ = try await process.output(containing: "ready")
            process.signal(2)
            let outcome = try await process.end()
            #expect(outcome.exitCode == 130, "\(outcome)")
            #expect(try await JUnitSchema.problems(inFile: engine.directory["junit.xml"]) == [])
            let run = try HookRun(outcome: outcome, report: engine.directory.bytes(of: "report.json"))
            #expect(run.report.stages.count == 2)
            #expect(try await images(engine).contains(old))
        }
    }

    @Test func aNetworkGoesWhereNothingUsesIt() async throws {
        try await TestEngine.withOne { engine in
            for name in ["idle", "used", "kept"] {
                let labels = name == "kept" ? ["--label", "keep=yes"] : []
                try await engine.shell("docker network create \(labels.joined(separator: " ")) \(name)")
            }
            try await engine.docker("create", "--name", "user", "--network", "used", "alpine:latest", "/bin/sh")
            let pipeline = "stages: [{rule: prune, with: {older-than: 0s, networks: true, labels: [\"!keep\"]}}]"
            let dry = try await engine.run(pipeline, ["--dry-run"])
            #expect(dry.findings("prune", "would-remove").map(\.subject) == ["network idle"], "\(dry)")
            let run = try await engine.run(pipeline)
            #expect(run.findings("prune", "removed").map(\.subject) == ["network idle"], "\(run)")
            let kept = run.findings("prune", "kept").filter { $0.subject.hasPrefix("network ") }
            #expect(Set(kept.map(\.subject)) == ["network used", "network kept"], "\(run)")
            let left = try await engine.docker("network", "ls", "--quiet", "--filter", "type=custom", "--format", "{{.Name}}")
            #expect(Set(left.split(separator: "\n")) == ["used", "kept"])
        }
    }

    @Test func theBuildCacheGoesInOneRun() async throws {
        try await TestEngine.withOne { engine in
            try engine.directory.write("FROM alpine:latest\nRUN echo a > /a\nRUN echo b > /b\nRUN echo c > /c\n", to: "cache/Dockerfile")
            // A client without the plugin buildx refuses BuildKit; Debian's has it built in.
            let build = "docker build --network none -q cache || /usr/bin/docker build --network none -q cache"
            try await engine.shell("export DOCKER_BUILDKIT=1; image=$(\(build)); docker rmi $image")
            let pipeline = "stages: [{rule: prune, with: {older-than: 0s, build-cache: true}}]"
            let dry = try await engine.run(pipeline, ["--dry-run"])
            let planned = dry.findings("prune", "would-remove").map(\.subject).filter { $0.hasPrefix("build cache ") }
            #expect(planned.count >= 3, "\(dry)")
            let run = try await engine.run(pipeline)
            let removed = run.findings("prune", "removed").map(\.subject).filter { $0.hasPrefix("build cache ") }
            #expect(removed.sorted() == planned.sorted(), "\(run)")
            #expect(run.findings("prune", "not-removed").isEmpty, "\(run)")
            let again = try await engine.run(pipeline, ["--dry-run"])
            #expect(again.findings("prune", "would-remove").isEmpty, "\(again)")
        }
    }

    @Test(arguments: kinds) func namesAndLabelsThatHoldAnythingAreReportedWholeAndRemovedSafely(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let label = "evil]]>\u{1b}[31m=a]]>b\u{1b}[31m\u{7}<&>\"'\u{202e}\u{85}"
            try engine.directory.write("FROM alpine:latest\n", to: "evil/Dockerfile")
            let file = engine.directory["evil.id"]
            try await engine.docker("build", "--network", "none", "--iidfile", file, "--label", label, engine.directory["evil"])
            let written = try engine.directory.text(of: "evil.id")
            let image = written.hasPrefix("sha256:") ? written : "sha256:\(written)"
            let labels = try await engine.docker("image", "inspect", "--format", "{{json .Config.Labels}}", image)
            #expect(labels.contains("evil]]"))
            let run = try await engine.run(
                "stages: [{rule: detect-overwritten, on-failure: continue}, {rule: prune, with: {older-than: 0s}}]"
            )
            #expect(run.exitCode == 1, "\(run)")
            #expect(!run.outcome.standardOutput.contains("\u{1b}"), "\(run)")
            #expect(!(try await images(engine).contains(image)), "\(run)")
        }
    }
}
