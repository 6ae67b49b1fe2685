import HookTesting
import Testing

/// What `prune` does while removals take their time: an engine itself is too fast to be caught in the act, so a relay holds each removal back.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct SlowRemovalTests {
    /// A run of `prune` whose removals wait in the relay.
    private struct HeldRun {
        let engine: TestEngine
        let process: RunningProcess
        let relay: RunningProcess
        /// What the relay wrote of the removals that are under way: their paths.
        let underWay: String

        /// Starts a run, and waits until a number of removals are under way.
        init(_ pipeline: String, on engine: TestEngine, untilRemovals count: Int) async throws {
            self.engine = engine
            let socket = engine.directory["slow.sock"]
            relay = try RunningProcess([
                "python3", "\(Repository.root)/Tests/EndToEndTests/Fixtures/slow-removals.py", socket, engine.host,
                engine.directory["open"],
            ])
            try await relay.output(containing: "ready")
            try engine.directory.write(pipeline, to: "hook.yml")
            let reports = ["--junit", engine.directory["junit.xml"], "--json", engine.directory["report.json"]]
            process = try engine.startHook(["run", "hook.yml"] + reports, variables: ["DOCKER_HOST": "unix://\(socket)"])
            underWay = try await relay.output(containing: "DELETE \(count) ").standardOutput
        }

        /// Lets the removals pass; the run's end.
        func end() async throws -> HookRun {
            try engine.directory.write("", to: "open")
            let outcome = try await process.end()
            relay.signal(15)
            _ = try await relay.end()
            return try HookRun(outcome: outcome, report: engine.directory.bytes(of: "report.json"))
        }
    }

    private static let unused = "stages: [{rule: prune, with: {unused: true, images: [shop/*, team/*], older-than: 0s}}]"

    private func images(_ engine: TestEngine) async throws -> Set<String> {
        Set(try await engine.docker("images", "--all", "--quiet", "--no-trunc").split(separator: "\n").map(String.init))
    }

    @Test func aRunThatIsInterruptedWhileItRemovesFinishesWhatIsInHandAndNothingElse() async throws {
        try await TestEngine.withOne { engine in
            for number in 0..<8 {
                let image = try await engine.build("shop/api:v\(number)", content: "n\(number)", steps: 0)
                try await engine.docker("tag", image, "team/api:v\(number)")
            }
            let before = try await images(engine)
            let held = try await HeldRun(Self.unused, on: engine, untilRemovals: 4)
            held.process.signal(15)
            // The removals must not pass before the run knows of the signal.
            try await held.process.output(containing: "hook: interrupted")
            let run = try await held.end()
            #expect(run.exitCode == 130, "\(run)")
            #expect(try await JUnitSchema.problems(inFile: engine.directory["junit.xml"]) == [])
            let gone = before.subtracting(try await images(engine))
            #expect(gone.count == 4, "\(run)")
            #expect(run.findings("prune", "removed").count == 4, "\(run)")
            #expect(run.findings("prune").allSatisfy { ["removed", "kept"].contains($0.type) }, "\(run)")
            // No image stays with one of its two tags.
            let tags = try await engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split(separator: "\n")
            #expect(
                tags.filter { $0.hasPrefix("shop/") }.map { $0.dropFirst(5) }
                    == tags.filter { $0.hasPrefix("team/") }.map { $0.dropFirst(5) }
            )
        }
    }

    @Test func anImageThatIsTaggedWhileOthersAreRemovedStays() async throws {
        try await TestEngine.withOne { engine in
            var built: [String] = []
            for number in 0..<12 { built.append(try await engine.build(nil, content: "n\(number)", steps: 0)) }
            let held = try await HeldRun(PruneTests.prune, on: engine, untilRemovals: 4)
            let tagged = built.filter { !held.underWay.contains($0) }
            #expect(tagged.count == 8, "\(held.underWay)")
            for (number, image) in tagged.enumerated() { try await engine.docker("tag", image, "shop/keep:v\(number)") }
            let run = try await held.end()
            #expect(run.exitCode == 0, "\(run)")
            #expect(Set(built).intersection(try await images(engine)) == Set(tagged), "\(run)")
            #expect(run.findings("prune", "removed").count == 4, "\(run)")
            let messages = Set(run.findings("prune", "not-removed").map(\.message))
            #expect(messages == Set((0..<8).map { "kept: it was tagged 'shop/keep:v\($0)' since the plan was made" }), "\(run)")
        }
    }

    @Test func anImageThatIsTaggedBuiltPulledOrLoadedAgainWhileOthersAreRemovedStays() async throws {
        try await TestEngine.withOne(registry: true) { engine in
            let registry = try #require(engine.registry)
            let names = (0..<12).map { "\(registry)/shop/api:v\($0)" }
            var ids: [String] = []
            for (number, name) in names.enumerated() {
                ids.append(try await engine.build(name, content: "n\(number)", steps: 0))
                try await engine.docker("push", "--quiet", name)
                try await engine.docker("save", "--output", engine.directory["v\(number).tar"], name)
            }
            let pipeline = "stages: [{rule: prune, with: {unused: true, images: ['\(registry)/shop/*'], older-than: 0s}}]"
            let held = try await HeldRun(pipeline, on: engine, untilRemovals: 4)
            let waiting = (0..<12).filter { !held.underWay.contains(ids[$0]) }
            #expect(waiting.count == 8, "\(held.underWay)")
            // All that they name is there already, and nothing changes by it.
            for (turn, number) in waiting.enumerated() {
                switch turn % 4 {
                case 0: try await engine.docker("tag", names[number], names[number])
                case 1: try await engine.build(names[number], content: "n\(number)", steps: 0)
                case 2: try await engine.docker("pull", "--quiet", names[number])
                default: try await engine.docker("load", "--quiet", "--input", engine.directory["v\(number).tar"])
                }
            }
            let run = try await held.end()
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.findings("prune", "removed").count == 4, "\(run)")
            let expected = waiting.enumerated().map { turn, number in
                let name = names[number]
                let what = ["tagged '\(name)'", "tagged '\(name)'", "pulled", "loaded"][turn % 4]
                return "\(name): kept: it was \(what) since the plan was made"
            }
            #expect(Set(run.findings("prune", "not-removed").map { "\($0.subject): \($0.message)" }) == Set(expected), "\(run)")
            #expect(try await images(engine).isSuperset(of: waiting.map { ids[$0] }))
        }
    }

    @Test func anImageThatAServiceIsMadeOfWhileOthersAreRemovedStays() async throws {
        try await TestEngine.withOne { engine in
            var built: [String] = []
            for number in 0..<8 { built.append(try await engine.build("shop/api:v\(number)", content: "n\(number)", steps: 0)) }
            // The engine's network has nothing but a loopback interface of its own.
            try await engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
            let pipeline = "stages: [{rule: prune, with: {unused: true, images: [shop/*], older-than: 0s}}]"
            let held = try await HeldRun(pipeline, on: engine, untilRemovals: 4)
            let waiting = (0..<8).filter { !held.underWay.contains(built[$0]) }
            #expect(waiting.count == 4, "\(held.underWay)")
            for number in waiting {
                let image = "shop/api:v\(number)"
                try await engine.docker("service", "create", "--detach", "--no-resolve-image", "--quiet", "--replicas", "0", image)
            }
            let run = try await held.end()
            #expect(run.exitCode == 0, "\(run)")
            let expected = waiting.map { "kept: a swarm service uses 'shop/api:v\($0)' since the plan was made" }
            #expect(Set(run.findings("prune", "not-removed").map(\.message)) == Set(expected), "\(run)")
            #expect(run.findings("prune", "removed").count == 4, "\(run)")
            #expect(try await images(engine).isSuperset(of: waiting.map { built[$0] }))
            try await engine.docker("swarm", "leave", "--force")
        }
    }

    @Test func anImageWhoseOnlyTagMovesMeanwhileIsNotSaidToHaveTakenItAlong() async throws {
        try await TestEngine.withOne { engine in
            for number in 0..<8 { try await engine.build("shop/api:v\(number)", content: "n\(number)", steps: 0) }
            let held = try await HeldRun(
                "stages: [{rule: prune, with: {unused: true, images: [shop/*], older-than: 0s}}]",
                on: engine,
                untilRemovals: 4
            )
            for number in 0..<8 { try await engine.docker("tag", "alpine:latest", "shop/api:v\(number)") }
            let run = try await held.end()
            #expect(run.exitCode == 0, "\(run)")
            let notes = run.findings("prune", "removed").map { $0.message.split(separator: "; ").last ?? "" }
            #expect(notes.sorted() == (0..<8).map { "'shop/api:v\($0)' was not its tag any more" }, "\(run)")
            let tags = try await engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}", "shop/api").split(separator: "\n")
            #expect(tags.count == 8)
        }
    }

    @Test func aNetworkThatAStoppedContainerIsConnectedToMeanwhileStays() async throws {
        try await TestEngine.withOne { engine in
            for name in ["idle", "used"] { try await engine.docker("network", "create", name) }
            for (name, keep) in [("job", "no"), ("web", "yes")] {
                try await engine.docker(
                    "create",
                    "--name",
                    name,
                    "--network",
                    "used",
                    "--label",
                    "keep=\(keep)",
                    "alpine:latest",
                    "/bin/sh"
                )
            }
            let pipeline = "stages: [{rule: prune, with: {older-than: 0s, containers: true, networks: true, labels: ['!keep=yes']}}]"
            let held = try await HeldRun(pipeline, on: engine, untilRemovals: 1)
            // The engine would remove the network all the same: a container that stands still has no endpoint.
            try await engine.docker("network", "connect", "idle", "web")
            let run = try await held.end()
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.findings("prune", "removed").map(\.subject) == ["container job"], "\(run)")
            #expect(
                run.findings("prune", "not-removed").map { "\($0.subject): \($0.message)" }
                    == ["network idle: kept: created container 'web' uses it since the plan was made"],
                "\(run)"
            )
            let left = try await engine.docker("network", "ls", "--filter", "type=custom", "--format", "{{.Name}}")
            #expect(Set(left.split(separator: "\n")) == ["idle", "used"])
        }
    }

    @Test func aTagThatMovesWhileAnotherIsTakenOffStaysWithTheImageThatHasItNow() async throws {
        try await TestEngine.withOne { engine in
            let old = try await engine.build("shop/api:v1", content: "old", steps: 0)
            try await engine.docker("tag", old, "team/api:v1")
            let held = try await HeldRun(Self.unused, on: engine, untilRemovals: 1)
            let new = try await engine.build("team/api:v1", content: "new", steps: 0)
            let run = try await held.end()
            #expect(run.exitCode == 0, "\(run)")
            #expect(try await engine.id("team/api:v1") == new, "\(run)")
            // With the other tag gone, the one that was taken off was its last.
            #expect(run.findings("prune", "removed").map(\.subject) == ["shop/api:v1"], "\(run)")
            #expect(!(try await images(engine).contains(old)))
        }
    }
}
