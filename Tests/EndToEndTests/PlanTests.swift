import HookTesting
import Testing

/// Plans that are written, and carried out later, on real engines.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct PlanTests {
    private static var kinds: [TestEngine.Kind] { Repository.podmanIsAvailable ? [.docker, .podman] : [.docker] }
    private static let prune = "stages: [{rule: prune, with: {older-than: 0s}}]"
    private static let unused = "stages: [{rule: prune, with: {older-than: 0s, unused: true, images: [shop/*]}}]"

    private func images(_ engine: TestEngine) async throws -> Set<String> {
        Set(try await engine.docker("images", "--all", "--quiet", "--no-trunc").split(separator: "\n").map(String.init))
    }

    /// Writes a plan, and checks that nothing was changed by it.
    private func plan(_ pipeline: String, on engine: TestEngine) async throws -> PlanFileContent {
        let before = try await images(engine)
        let run = try await engine.run(pipeline, ["--plan", "plan.json"])
        #expect(run.exitCode == 0, "\(run)")
        #expect(try await images(engine) == before)
        #expect(!engine.directory.exists(".hook"), "a plan makes no ledger")
        let plan = try PlanFileContent("plan.json", in: engine.directory)
        #expect(plan.version == 1)
        let count = plan.stages.reduce(0) { $0 + $1.changes.count }
        let next =
            count == 0
            ? "the plan plan.json has nothing to carry out"
            : "hook run --apply plan.json carries out its \(count) change\(count == 1 ? "" : "s")"
        #expect(run.outcome.standardOutput.contains(next), "\(run)")
        return plan
    }

    private func apply(_ pipeline: String, on engine: TestEngine) async throws -> HookRun {
        try await engine.run(pipeline, ["--apply", "plan.json"])
    }

    /// Expects that a plan is refused, and that nothing but what a test did itself was changed.
    private func expectRefusal(
        of pipeline: String,
        on engine: TestEngine,
        _ messages: [String: String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await images(engine)
        let run = try await apply(pipeline, on: engine)
        #expect(run.exitCode == 69, "\(run)", sourceLocation: sourceLocation)
        #expect(try await images(engine) == before, "\(run)", sourceLocation: sourceLocation)
        let findings = run.findings("prune").filter { $0.type != "made-before" }
        #expect(findings.allSatisfy { $0.type == "changed-since-plan" }, "\(run)", sourceLocation: sourceLocation)
        let found = Dictionary(findings.map { ($0.subject, $0.message) }) { first, _ in first }
        #expect(found == messages, "\(run)", sourceLocation: sourceLocation)
    }

    // MARK: What is carried out

    @Test(arguments: kinds) func aPlanThatIsCarriedOutRemovesExactlyWhatItLists(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            try await engine.build("shop/api:v1", content: "b")
            let plan = try await plan(Self.prune, on: engine)
            let planned = plan.targets("remove-image")
            #expect(planned.contains(old))
            let mode = try await runProcess(["stat", "--format", "%a", engine.directory["plan.json"]])
            #expect(mode.standardOutput == "600\n")
            // What comes after the plan stays, however much it is like what goes.
            let later = try await engine.build(nil, content: "c")
            let before = try await images(engine)
            let run = try await apply(Self.prune, on: engine)
            #expect(run.exitCode == 0, "\(run)")
            #expect(before.subtracting(try await images(engine)) == planned, "\(run)")
            let left = run.findings("prune", "not-in-plan")
            #expect(
                left.contains { $0.subject == later.dropFirst(7).prefix(12) && $0.message == "it is not in the plan, so it stays" },
                "\(run)"
            )
            // What is gone is not there a second time.
            let again = try await apply(Self.prune, on: engine)
            #expect(again.exitCode == 0, "\(again)")
            #expect(again.findings("prune", "made-before").count == planned.count, "\(again)")
            #expect(again.findings("prune", "removed").isEmpty, "\(again)")
            #expect(try await images(engine) == before.subtracting(planned))
        }
    }

    @Test func severalStagesAndKindsAreCarriedOutFromThePlanAlone() async throws {
        try await TestEngine.withOne { engine in
            let pipeline = """
                stages:
                  - {rule: track-tags}
                  - {rule: prune, with: {older-than: 0s, containers: true, networks: true, volumes: [build-*]}}
                  - {rule: prune, name: tagged, with: {older-than: 0s, unused: true, images: [shop/*]}}
                """
            let dangling = try await engine.build("shop/api:v1", content: "a", steps: 0)
            let tagged = try await engine.build("shop/api:v1", content: "b", steps: 0)
            try await engine.docker("tag", "shop/api:v1", "shop/api:latest")
            try await engine.docker("volume", "create", "build-cache")
            try await engine.shell("docker network create idle")
            let container = try await engine.docker("create", "--name", "done", "alpine:latest", "/bin/sh")
            let plan = try await plan(pipeline, on: engine)
            #expect(plan.stages.map(\.changes.count) == [0, 4, 1], "\(plan)")
            #expect(plan.targets("remove-container") == [container])
            #expect(plan.targets("remove-volume") == ["build-cache"])
            #expect(plan.targets("remove-network").count == 1)
            #expect(plan.targets("remove-image") == [dangling, tagged])
            #expect(plan.stages[2].changes[0].state == ["tags": ["shop/api:latest", "shop/api:v1"]])
            let process = try engine.startHook(["run", "--apply", "plan.json", "--json", engine.directory["report.json"]])
            let outcome = try await process.end()
            let run = try HookRun(outcome: outcome, report: engine.directory.bytes(of: "report.json"))
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.outcome.standardOutput.contains("carries out the plan plan.json"), "\(run)")
            #expect(
                Set(run.findings("prune", "removed").map(\.subject)) == [
                    "container done", "network idle", "volume build-cache", String(dangling.dropFirst(7).prefix(12)),
                ],
                "\(run)"
            )
            #expect(run.findings("tagged", "removed").map(\.subject) == ["shop/api:latest"], "\(run)")
            #expect(engine.directory.exists(".hook/ledger.sqlite"))
            let left = try await images(engine)
            #expect(!left.contains(dangling) && !left.contains(tagged))
        }
    }

    @Test func aCommandRunsAsItWasPlannedAndNoSecretStandsInThePlan() async throws {
        try await TestEngine.withOne { engine in
            let pipeline = """
                stages:
                  - rule: exec
                    with: {run: "echo ${TOKEN} > told", environment: {PASSWORD: "${TOKEN}"}}
                """
            let secret = "hunter2-hunter2"
            let html = ["--html", engine.directory["run.html"]]
            let planned = try await engine.run(pipeline, ["--plan", "plan.json"] + html, variables: ["TOKEN": secret])
            #expect(planned.exitCode == 0, "\(planned)")
            #expect(planned.findings("exec").map(\.message) == ["would run 'echo ${TOKEN} > told'"])
            for file in ["junit.xml", "report.json", "run.html"] {
                #expect(try !engine.directory.text(of: file).contains(secret), "\(file)")
            }
            #expect(!planned.outcome.standardOutput.contains(secret), "\(planned)")
            #expect(!engine.directory.exists("told"))
            let text = try engine.directory.text(of: "plan.json")
            #expect(!text.contains(secret))
            let plan = try PlanFileContent("plan.json", in: engine.directory)
            #expect(plan.stages[0].changes.map(\.subject) == ["/bin/sh -e -c echo ${TOKEN} > told"])
            let other = try engine.startHook(["run", "--apply", "plan.json"], variables: ["TOKEN": "another-value"])
            let refused = try await other.end()
            #expect(refused.exitCode == 78, "\(refused)")
            #expect(
                refused.standardError
                    == "hook: error: the plan 'plan.json' cannot be carried out: the stage 'exec' has other settings than when the plan was "
                    + "made: a variable has another value\n"
            )
            #expect(!engine.directory.exists("told"))
            let run = try await engine.run(pipeline, ["--apply", "plan.json"], variables: ["TOKEN": secret])
            #expect(run.exitCode == 0, "\(run)")
            #expect(try engine.directory.text(of: "told") == "\(secret)\n")
            #expect(run.findings("exec").first?.subject == "echo ${TOKEN} > told", "\(run)")
            #expect(!run.outcome.standardOutput.contains(secret), "\(run)")
        }
    }

    @Test func theCommandThatCarriesAPlanOutHasWhatItNeeds() async throws {
        try await TestEngine.withOne { engine in
            let pipeline = "stages: [{rule: exec, with: {run: 'touch ${WHAT} ${SECRET}'}}]"
            let run = try await engine.run(
                pipeline,
                ["--plan", "my plan.json", "--set", "WHAT=ran", "--set", "SECRET=hunter2-hunter2"]
            )
            #expect(run.exitCode == 0, "\(run)")
            let text = run.outcome.standardOutput.replacing("\n  ", with: " ")
            let command = "hook run --apply 'my plan.json' --set WHAT=ran --set SECRET=\"${SECRET}\""
            #expect(text.contains("(exit code 0): \(command) carries out its 1 change"), "\(run)")
            // A shell reads it as it is meant.
            let shell = try await runProcess(
                ["/bin/sh", "-c", command.replacing("hook ", with: Repository.hook + " ")],
                environment: .inherited(changing: ["SECRET": "hunter2-hunter2", "DOCKER_HOST": engine.host]),
                directory: engine.directory.path
            )
            #expect(shell.exitCode == 0, "\(shell)")
            #expect(engine.directory.exists("ran") && engine.directory.exists("hunter2-hunter2"))
            let rehearsed = try await engine.run(
                "stages: [{rule: exec, dry-run: true, with: {run: 'touch no'}}]",
                ["--plan", "empty.json"]
            )
            #expect(rehearsed.outcome.standardOutput.contains("the plan empty.json has nothing to carry out"), "\(rehearsed)")
        }
    }

    // MARK: What is refused

    @Test func aPlanOfAnotherCheckoutIsNotCarriedOutUnseen() async throws {
        try await TestEngine.withOne { engine in
            _ = try await plan("stages: [{rule: exec, with: {run: 'touch ran'}}]", on: engine)
            try engine.directory.makeDirectory("other")
            try engine.directory.write("stages: [{rule: exec, with: {run: 'touch ran'}}]", to: "other/hook.yml")
            func apply() async throws -> ProcessOutcome {
                try await runProcess(
                    [Repository.hook, "run", "--apply", "../plan.json"],
                    environment: .inherited(changing: ["DOCKER_HOST": engine.host]),
                    directory: engine.directory["other"]
                )
            }
            let text = try engine.directory.text(of: "plan.json")
            let file = try #require(
                text.split(separator: "\n").first { $0.contains("\"file\":") }?.split(separator: "\"").dropFirst(3).first
            )
            let refused = try await apply()
            #expect(refused.exitCode == 78, "\(refused)")
            #expect(
                refused.standardError
                    == "hook: error: the plan '../plan.json' is of '\(file)', and here is 'hook.yml': name the one that is meant, as in hook run "
                    + "\(file) --apply ../plan.json\n"
            )
            #expect(!engine.directory.exists("ran") && !engine.directory.exists("other/ran"))
            let removed = try await runProcess(["rm", engine.directory["other/hook.yml"]])
            try #require(removed.exitCode == 0)
            let taken = try await apply()
            #expect(taken.exitCode == 0, "\(taken)")
            let note = "hook: the plan '../plan.json' is of '\(file)', which is not in this directory and is taken\n"
            #expect(taken.standardError.hasPrefix(note), "\(taken)")
            #expect(engine.directory.exists("ran"))
        }
    }

    @Test(arguments: [
        "\"number\": 2,", "\"number\": 0,",
    ]) func aPlanWhoseStagesAreNumberedOtherwiseIsRefused(number: String) async throws {
        try await TestEngine.withOne { engine in
            _ = try await plan("stages: [{rule: exec, with: {run: 'touch ran'}}]", on: engine)
            let text = try engine.directory.text(of: "plan.json")
            try engine.directory.write(text.replacing("\"number\": 1,", with: number), to: "edited.json")
            let refused = try await engine.startHook(["run", "--apply", "edited.json"]).end()
            #expect(refused.exitCode == 78, "\(refused)")
            let given = number.filter(\.isNumber)
            #expect(
                refused.standardError
                    == "hook: error: the plan 'edited.json' cannot be carried out: it is damaged: its stages have the numbers \(given), and not 1 "
                    + "to 1\n"
            )
            #expect(!engine.directory.exists("ran"))
        }
    }

    @Test(arguments: kinds) func aStageIsRefusedWhereAContainerUsesAPlannedImage(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let old = try await engine.build("shop/api:v1", content: "a", steps: 0)
            try await engine.build("shop/api:v1", content: "b", steps: 0)
            let plan = try await plan(Self.prune, on: engine)
            #expect(plan.targets("remove-image").contains(old))
            try await engine.docker("create", "--name", "web", old, "/bin/sh")
            let run = try await apply(Self.prune, on: engine)
            #expect(run.exitCode == 69, "\(run)")
            #expect(try await images(engine).isSuperset(of: plan.targets("remove-image")), "\(run)")
            let subject = String(old.dropFirst(7).prefix(12))
            let found = run.findings("prune").first { $0.subject == subject }
            #expect(found?.type == "changed-since-plan")
            #expect(found?.message == "it is not to be removed any more: created container 'web' uses it", "\(run)")
            #expect(found?.details == ["planned: remove-image \(old)"])
        }
    }

    @Test func aStageIsRefusedWhereATagCameToAPlannedImageAndGoesOnWhereAnotherIsGone() async throws {
        try await TestEngine.withOne { engine in
            let first = try await engine.build(nil, content: "a", steps: 0)
            let second = try await engine.build(nil, content: "b", steps: 0)
            let plan = try await plan(Self.prune, on: engine)
            #expect(plan.targets("remove-image") == [first, second])
            try await engine.docker("tag", first, "shop/rescued:v1")
            let subject = String(first.dropFirst(7).prefix(12))
            let tagged = "it has changed since the plan was made: tags: none then, 'shop/rescued:v1' now"
            try await expectRefusal(of: Self.prune, on: engine, [subject: tagged])
            try await engine.docker("rmi", second)
            let gone = String(second.dropFirst(7).prefix(12))
            try await expectRefusal(of: Self.prune, on: engine, [subject: tagged])
            // As a run that was interrupted leaves it: a part is done, and the rest is as it was planned.
            let container = try await engine.docker("run", "--detach", "--network", "none", first, "/bin/sleep", "1000")
            try await engine.docker("rmi", "--force", "shop/rescued:v1")
            try await engine.docker("rm", "--force", container)
            let run = try await apply(Self.prune, on: engine)
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.findings("prune", "made-before").map(\.subject) == [gone], "\(run)")
            #expect(run.findings("prune", "removed").map(\.subject) == [subject], "\(run)")
        }
    }

    @Test func aStageIsRefusedWhereATagMovedToAnotherImage() async throws {
        try await TestEngine.withOne { engine in
            let old = try await engine.build("shop/api:v1", content: "a", steps: 0)
            let plan = try await plan(Self.unused, on: engine)
            #expect(plan.targets("remove-image") == [old])
            try await engine.build("shop/api:v1", content: "b", steps: 0)
            try await expectRefusal(
                of: Self.unused,
                on: engine,
                ["shop/api:v1": "it has changed since the plan was made: tags: 'shop/api:v1' then, none now"]
            )
        }
    }

    @Test func aStageIsRefusedWhereAContainerRanInBetween() async throws {
        try await TestEngine.withOne { engine in
            let pipeline = "stages: [{rule: prune, with: {older-than: 0s, containers: true}}]"
            try await engine.docker("create", "--name", "job", "--network", "none", "alpine:latest", "/bin/sh", "-c", "true")
            let plan = try await plan(pipeline, on: engine)
            #expect(plan.targets("remove-container").count == 1)
            try await engine.docker("start", "--attach", "job")
            let run = try await apply(pipeline, on: engine)
            #expect(run.exitCode == 69, "\(run)")
            let found = run.findings("prune").first { $0.subject == "container job" }
            let message = found?.message ?? ""
            #expect(message.hasPrefix("it has changed since the plan was made: last started: none then, '"), "\(run)")
            #expect(message.hasSuffix("' now; state: 'created' then, 'exited' now"), "\(run)")
            #expect(try await engine.docker("ps", "--all", "--format", "{{.Names}}") == "job")
        }
    }

    @Test func aStageIsComparedWithWhatAnEarlierOneWroteToTheLedger() async throws {
        try await TestEngine.withOne { engine in
            let pipeline = """
                stages:
                  - {rule: prune, with: {older-than: 0s}}
                  - {rule: track-tags}
                  - {rule: prune, name: tagged, with: {older-than: 10s, unused: true, images: [shop/*]}}
                """
            let dangling = try await engine.build("shop/api:v1", content: "a", steps: 0)
            let tagged = try await engine.build("shop/api:v1", content: "b", steps: 0)
            var plan = try await plan(pipeline, on: engine)
            // Until the image is ten seconds old.
            while plan.stages[2].changes.isEmpty { plan = try await self.plan(pipeline, on: engine) }
            #expect(plan.targets("remove-image") == [dangling, tagged])
            // The first stage looks into a ledger that is not there. The second makes it, and the first sight of a tag is a use of its image.
            let run = try await apply(pipeline, on: engine)
            #expect(run.exitCode == 69, "\(run)")
            #expect(run.findings("prune", "removed").map(\.subject) == [String(dangling.dropFirst(7).prefix(12))], "\(run)")
            #expect(run.findings("tagged").map(\.type) == ["changed-since-plan"], "\(run)")
            let message = try #require(run.findings("tagged").first?.message)
            #expect(message.contains(/^it is not to be removed any more: last used, tagged or made [0-9] seconds? ago/), "\(run)")
            #expect(try await engine.id("shop/api:v1") == tagged)
        }
    }

    @Test func aPlanOfAnotherEngineIsRefusedAsAWhole() async throws {
        try await TestEngine.withOne { engine in
            try await engine.build(nil, content: "a", steps: 0)
            _ = try await plan(Self.prune, on: engine)
            try await TestEngine.withOne { other in
                let before = try await images(other)
                let arguments = ["run", "--apply", "plan.json", "--junit", engine.directory["other.xml"]]
                let process = try engine.startHook(arguments, variables: ["DOCKER_HOST": other.host])
                let outcome = try await process.end()
                #expect(outcome.exitCode == 78, "\(outcome)")
                #expect(
                    outcome.standardError.hasPrefix("hook: error: the plan 'plan.json' cannot be carried out: it was made on the engine '")
                )
                #expect(outcome.standardError.hasSuffix(" at \(other.host)) is another\n"), "\(outcome)")
                #expect(try await images(other) == before)
                #expect(!engine.directory.exists("other.xml"))
            }
        }
    }

    @Test func aPlanThatCannotBeReadOrDoesNotFitIsRefusedBeforeAnythingRuns() async throws {
        try await TestEngine.withOne { engine in
            _ = try await plan("stages: [{rule: exec, with: {run: 'touch ran'}}]", on: engine)
            let text = try engine.directory.text(of: "plan.json")
            func refusal(_ arguments: [String]) async throws -> ProcessOutcome {
                try await engine.startHook(["run"] + arguments).end()
            }
            try engine.directory.write(String(text.dropLast(20)), to: "cut.json")
            let cut = try await refusal(["--apply", "cut.json"])
            #expect(cut.exitCode == 78)
            #expect(
                cut.standardError.hasPrefix("hook: error: the plan 'cut.json' cannot be carried out: it is damaged, or no plan: "),
                "\(cut)"
            )
            try engine.directory.write(text.replacing("\"version\": 1,", with: "\"version\": 2,"), to: "newer.json")
            let newer = try await refusal(["--apply", "newer.json"])
            #expect(newer.exitCode == 78)
            #expect(
                newer.standardError
                    == "hook: error: the plan 'newer.json' cannot be carried out: it has version 2, and this hook reads version 1: make the "
                    + "plan anew, or use the hook that made it\n"
            )
            let missing = try await refusal(["--apply", "missing.json"])
            #expect(missing.exitCode == 78)
            #expect(missing.standardError == "hook: error: the plan 'missing.json' cannot be read: No such file or directory\n")
            try engine.directory.write("stages: [{rule: prune}]", to: "other.yml")
            let other = try await refusal(["other.yml", "--apply", "plan.json"])
            #expect(other.exitCode == 78)
            #expect(
                other.standardError
                    == "hook: error: the plan 'plan.json' cannot be carried out: the plan is of another pipeline: it has the stages 'exec' (exec), "
                    + "and 'other.yml' has 'prune' (prune)\n"
            )
            let both = try await refusal(["--plan", "a.json", "--apply", "plan.json"])
            #expect(both.exitCode == 64, "\(both)")
            #expect(both.standardError.hasPrefix("Error: '--plan' and '--apply' exclude each other\n"), "\(both)")
            let place = try await refusal(["--plan", "/proc/none/plan.json"])
            #expect(place.exitCode == 78, "\(place)")
            #expect(!engine.directory.exists("ran"))
        }
    }

    @Test func aStageThatCannotBePlannedLeavesNoPlan() async throws {
        try await TestEngine.withOne { engine in
            let run = try await engine.run(
                Self.prune,
                ["--plan", "plan.json"],
                variables: ["DOCKER_HOST": "unix://\(engine.directory["no.sock"])"]
            )
            #expect(run.exitCode == 69, "\(run)")
            #expect(
                run.outcome.standardError.contains("no plan was written, because the stage 'prune' could not be carried out: "),
                "\(run)"
            )
            let files = try await runProcess(["ls", "-A", engine.directory.path])
            #expect(!files.standardOutput.contains("plan.json"), "\(files)")
        }
    }

    // MARK: Plugins

    /// A plugin in Python whose rule removes an image, and asks before or not.
    private func writePlugin(asking: Bool, image: String, to directory: TemporaryDirectory) throws {
        let text = """
            #!/usr/bin/env python3
            import json, sys
            def send(**message):
                sys.stdout.write(json.dumps(dict(message, jsonrpc="2.0")) + "\\n")
                sys.stdout.flush()
            def read():
                line = sys.stdin.readline()
                if not line: sys.exit(0)
                return json.loads(line)
            asked = 0
            def ask(method, **params):
                global asked
                asked += 1
                send(id=asked, method=method, params=dict(params, run=run))
                return read()
            rules = [{"name": "reaper", "abstract": "Remove.", "effect": "changes"}]
            while True:
                message = read()
                if message.get("method") == "initialize":
                    send(id=message["id"], result={"protocol": 1, "name": "reaper", "version": "1", "rules": rules})
                    continue
                if message.get("method") != "run":
                    if "id" in message: send(id=message["id"], error={"code": -32601, "message": "no such method"})
                    continue
                run = message["id"]
                dry = message["params"]["context"]["dryRun"]
                change = {"action": "remove-image", "target": "\(image)", "subject": "victim", "state": {"tags": []}}
                allowed = [True]
                if \(asking ? "True" : "False"):
                    allowed = ask("plan.permits", changes=[change])["result"]
                if not dry and allowed == [True]:
                    answer = ask("engine.removeImage", image="\(image)")
                    if "error" in answer:
                        send(id=run, error=answer["error"])
                        continue
                send(id=run, result={})

            """
        try directory.write(text, to: "reaper", mode: 0o755)
    }

    @Test(arguments: [true, false]) func aPluginChangesWhatItAskedFor(asks: Bool) async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build(nil, content: "a", steps: 0)
            try writePlugin(asking: asks, image: image, to: engine.directory)
            let pipeline = "plugins: [./reaper]\nstages: [{rule: reaper}]"
            let plan = try await plan(pipeline, on: engine)
            #expect(plan.targets("remove-image") == (asks ? [image] : []))
            let run = try await apply(pipeline, on: engine)
            #expect(run.exitCode == (asks ? 0 : 69), "\(run)")
            #expect(try await images(engine).contains(image) == !asks, "\(run)")
            if !asks {
                let message = "the plan does not have the image \(image.dropFirst(7).prefix(12)), so nothing was changed there"
                #expect(run.outcome.standardOutput.replacing("\n      ", with: " ").contains(message), "\(run)")
            }
        }
    }
}
