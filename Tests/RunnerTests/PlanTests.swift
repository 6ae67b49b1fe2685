import HookKit
import HookTesting
import PipelineFile
import Runner
import Testing

/// What a run notes in a plan, and what a run that carries out a plan changes.
@Suite struct PlanTests {
    private static func digest(_ digit: Character) -> Digest { Digest(algorithm: .sha256, hex: String(repeating: digit, count: 64))! }

    private static func image(_ digit: Character, _ tags: String...) -> EngineImage {
        EngineImage(id: digest(digit), references: tags.map { ImageReference($0)! }, created: ExampleWorld.now, size: 1000)
    }

    private static let seal = PlanSeal(
        hiding: ["TOKEN": "s3cr3t-value", "SHORT": "abc", "LONGER": "s3cr3t-value-and-more"],
        salt: "pepper"
    ) { bytes in
        "\(String(decoding: bytes.prefix(6), as: UTF8.self)) and \(bytes.count - 6) bytes"
    }

    private func pipeline(_ yaml: String) throws -> Pipeline {
        var registry = RuleRegistry()
        for rule in [
            AskingRemoval.self, SilentRemoval.self, StubbornRemoval.self, Commanding.self, Reporting.self, Throwing.self, Collecting.self,
        ]
            as [any Rule.Type]
        {
            try registry.register(RegisteredRule(rule, origin: "tests"))
        }
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/project")
        return try loader.parse(Array(yaml.utf8), file: "hook.yml").pipeline(with: registry)
    }

    private func run(_ yaml: String, _ purpose: RunPurpose, on engine: FakeEngine, _ world: ExampleWorld = ExampleWorld()) async throws
        -> RunResult
    {
        let pipeline = try pipeline(yaml)
        let isDryRun = if case .plan = purpose { true } else { false }
        let now = ExampleWorld.now
        let build = BuildRecord(run: "run", pipeline: pipeline.name)
        let services = RecordingServices(
            FakeServices(
                engine: engine,
                ledger: FakeLedger(world),
                commands: FakeCommandRunner(world),
                archives: FakeImageArchives([:]),
                registryStores: FakeRegistryStores(world.registryStores),
                registries: FakeRegistries(world.registries)
            )
        )
        let runner = PipelineRunner(
            RunDescription(
                pipeline: pipeline.name,
                file: pipeline.file,
                version: "1.0.0",
                isDryRun: isDryRun,
                started: now,
                build: build,
                stages: pipeline.stages.map {
                    StageDescription(number: $0.number, name: $0.name, rule: $0.rule.name, isDryRun: isDryRun || $0.isDryRun)
                }
            ),
            stages: pipeline.stages,
            directory: pipeline.directory,
            selection: .init(),
            environment: RunEnvironment(build: build, event: .manual, variables: [:], now: { now }),
            purpose: purpose,
            seal: Self.seal,
            showsEvidence: false,
            services: { _ in services },
            emit: { _ in }
        )
        return await runner()
    }

    private func plan(_ yaml: String, on engine: FakeEngine, _ world: ExampleWorld = ExampleWorld()) async throws -> RunPlan {
        let result = try await run(yaml, .plan, on: engine, world)
        return try RunPlan(result, of: try pipeline(yaml), file: "/project/hook.yml", seal: Self.seal)
    }

    private func changes(_ engine: FakeEngine) -> [String] { engine.requests.filter(\.isChange).map(\.description) }

    private static let removal = "stages: [{rule: asking-removal}]"

    // MARK: Carrying out

    @Test func whatIsPlannedIsChangedAndWhatIsNewStays() async throws {
        var world = ExampleWorld(images: [Self.image("a"), Self.image("b"), Self.image("c", "shop/api:v1")])
        let plan = try await plan(Self.removal, on: FakeEngine(world))
        #expect(plan.stages[0].changes.map(\.target) == [Self.digest("a").description, Self.digest("b").description])
        world.images.append(Self.image("d"))
        let engine = FakeEngine(world)
        let result = try await run(Self.removal, .apply(plan), on: engine)
        #expect(result.exitCode == .success)
        #expect(changes(engine) == ["remove image aaaaaaaaaaaa", "remove image bbbbbbbbbbbb"])
        #expect(
            result.stages[0].findings == [
                .passed(subject: "aaaaaaaaaaaa", type: "removed", message: "dangling"),
                .passed(subject: "bbbbbbbbbbbb", type: "removed", message: "dangling"),
                .notInPlan(subject: "dddddddddddd"),
            ]
        )
    }

    @Test func aStageOfWhichOneChangeIsNotDueAnyMoreChangesNothing() async throws {
        let images = ["a", "b", "c", "d"].map { Self.image(Character($0)) }
        let plan = try await plan(Self.removal, on: FakeEngine(ExampleWorld(images: images)))
        let user = EngineContainer(id: "c1", image: Self.digest("b"), imageName: "b", state: "running", created: ExampleWorld.now)
        let world = ExampleWorld(images: [Self.image("a"), Self.image("b"), Self.image("c", "shop/api:v1")], containers: [user])
        let engine = FakeEngine(world)
        let result = try await run(Self.removal, .apply(plan), on: engine)
        #expect(result.exitCode == .stageFailed)
        #expect(
            result.stages[0].ending
                == .failed(
                    type: "plan-outdated",
                    message: "2 of 4 planned changes cannot be made as planned, so nothing was changed",
                    exitCode: .stageFailed
                )
        )
        #expect(changes(engine) == [])
        func outdated(_ digit: Character, _ message: String) -> Finding {
            .failed(
                subject: String(repeating: digit, count: 12),
                type: "changed-since-plan",
                message: message,
                details: ["planned: remove-image \(Self.digest(digit))"]
            )
        }
        #expect(
            result.stages[0].findings == [
                .passed(subject: "dddddddddddd", type: "made-before", message: "the engine has no such image any more"),
                outdated("b", "it is not to be removed any more: a container uses it"),
                outdated("c", "it has changed since the plan was made: tags: none then, 'shop/api:v1' now"),
            ]
        )
    }

    @Test func anImageThatIsGoneDoesNotKeepTheRestOfThePlanFromBeingCarriedOut() async throws {
        let plan = try await plan(Self.removal, on: FakeEngine(ExampleWorld(images: [Self.image("a"), Self.image("b")])))
        let engine = FakeEngine(ExampleWorld(images: [Self.image("b")]))
        let result = try await run(Self.removal, .apply(plan), on: engine)
        #expect(result.exitCode == .success)
        #expect(changes(engine) == ["remove image bbbbbbbbbbbb"])
        #expect(
            result.stages[0].findings == [
                .passed(subject: "aaaaaaaaaaaa", type: "made-before", message: "the engine has no such image any more"),
                .passed(subject: "bbbbbbbbbbbb", type: "removed", message: "dangling"),
            ]
        )
    }

    @Test func aRuleThatDoesNotAskIsRefusedEveryChange() async throws {
        let yaml = "stages: [{rule: silent-removal}]"
        let tagged = Self.image("a", "shop/api:v1")
        let manifest = ExampleRegistry.Image(
            RegistryManifest(descriptor: RegistryDescriptor(digest: Self.digest("a"), mediaType: "m"), content: .other)
        )
        let world = ExampleWorld(
            images: [tagged],
            registries: ["registry.local:5000": ExampleRegistry(tags: ["shop/api:v1": Self.digest("a")], images: [manifest])],
            commands: ["rm": 0]
        )
        let engine = FakeEngine(world)
        let plan = try await plan(yaml, on: engine, world)
        #expect(plan.stages[0].changes == [])
        let result = try await run(yaml, .apply(plan), on: engine, world)
        #expect(changes(engine) == [])
        #expect(result.stages[0].findings.allSatisfy { $0.type == "refused" })
        let image = "the plan does not have the image aaaaaaaaaaaa, so nothing was changed there"
        #expect(
            result.stages[0].findings.map(\.message) == [
                image, image,
                "the plan does not have the removal of 'shop/api:v1' from aaaaaaaaaaaa, so nothing was changed there",
                "the plan does not have the removal of 'nobody/has:this' from aaaaaaaaaaaa, so nothing was changed there",
                "the plan does not have the removal of 'shop/api@\(Self.digest("a"))' from aaaaaaaaaaaa, so nothing was changed there",
                "the plan does not have the container c1, so nothing was changed there",
                "the plan does not have the network n1, so nothing was changed there",
                "the plan does not have the volume 'v1', so nothing was changed there",
                "the plan does not have the record b1 of the build cache, so nothing was changed there",
                "the plan does not have 'registry.local:5000/shop/api:v1', so it is not deleted",
                "the plan does not have 'registry.local:5000/shop/api@\(Self.digest("a"))', so it is not deleted",
                "the plan does not have the command 'rm' like this, so it is not run",
            ]
        )
        // In a run without a plan nothing keeps it.
        _ = try await run(yaml, .run, on: engine, world)
        #expect(changes(engine).first == "remove image aaaaaaaaaaaa")
    }

    @Test func whatTwoStagesWouldChangeStandsWithTheFirst() async throws {
        let yaml = "stages: [{rule: asking-removal}, {rule: asking-removal, name: again}]"
        let engine = FakeEngine(ExampleWorld(images: [Self.image("a")]))
        let plan = try await plan(yaml, on: engine)
        #expect(plan.stages.map(\.changes.count) == [1, 0])
        let result = try await run(yaml, .apply(plan), on: engine)
        #expect(result.stages.map(\.ending) == [.completed, .completed])
        #expect(changes(engine) == ["remove image aaaaaaaaaaaa"])
    }

    @Test func aStageThatWasSkippedOrIsADryRunIsNotCarriedOut() async throws {
        let yaml = "stages: [{rule: asking-removal, dry-run: true}, {rule: asking-removal, name: nightly, when: {branch: [main]}}]"
        let engine = FakeEngine(ExampleWorld(images: [Self.image("a")]))
        let plan = try await plan(yaml, on: engine)
        #expect(plan.stages.map(\.changes) == [[], []])
        let reason = "the branch is not known, and only 'main' is wanted"
        #expect(plan.stages[1].skipped == reason)
        let result = try await run(yaml, .apply(plan), on: engine)
        #expect(result.stages[1].ending == .skipped(reason: "not in the plan: \(reason)"))
        #expect(changes(engine) == [])
    }

    @Test(arguments: [[2], [0], [1, 1], [3, 2]]) func aStageThatThePlanDoesNotHaveIsNotRun(numbers: [Int]) async throws {
        let yaml =
            numbers.count == 1 ? Self.removal : "stages: [{rule: asking-removal}, {rule: asking-removal, name: again}]"
        let engine = FakeEngine(ExampleWorld(images: [Self.image("a")]))
        let made = try await plan(yaml, on: engine)
        let stages = zip(made.stages, numbers).map { stage, number in
            PlannedStage(
                number: number,
                name: stage.name,
                rule: stage.rule,
                settings: stage.settings,
                fingerprint: stage.fingerprint,
                time: stage.time
            )
        }
        let edited = RunPlan(
            hook: made.hook,
            created: made.created,
            salt: made.salt,
            pipeline: made.pipeline,
            file: made.file,
            engine: nil,
            stages: stages
        )
        let list = numbers.map(String.init).joined(separator: ", ")
        #expect(throws: InvalidPlan("it is damaged: its stages have the numbers \(list), and not 1 to \(numbers.count)")) {
            try edited.check(try pipeline(yaml), seal: Self.seal)
        }
        // And where nobody has checked it.
        let result = try await run(yaml, .apply(edited), on: engine)
        let missing = StageResult.Ending.failed(
            type: "plan-outdated",
            message: "the plan does not have this stage, so it was not run",
            exitCode: .stageFailed
        )
        #expect(result.stages.map(\.ending).contains(missing))
        #expect(changes(engine) == [])
    }

    @Test(arguments: [true, false]) func aRuleThatOnlyLooksRunsTheCommandsOfThePlanAndNoOthers(isPlanned: Bool) async throws {
        let yaml = "stages: [{rule: commanding, with: {asks: \(isPlanned), command: look}}]"
        let world = ExampleWorld(commands: ["look": 0])
        let engine = FakeEngine(world)
        let plan = try await plan(yaml, on: engine, world)
        #expect(plan.stages[0].changes.map(\.action) == (isPlanned ? [.runCommand] : []))
        #expect(plan.stages[0].looks == [])
        let result = try await run(yaml, .apply(plan), on: engine, world)
        let refusal = StageResult.Ending.failed(
            type: "command",
            message: "the plan does not have the command 'look' like this, so it is not run",
            exitCode: .stageFailed
        )
        #expect(result.stages[0].ending == (isPlanned ? .completed : refusal))
    }

    @Test func aTagThatCameSinceThePlanDoesNotGoWithItsImageOrManifest() async throws {
        let yaml = "stages: [{rule: stubborn-removal}]"
        let manifest = ExampleRegistry.Image(
            RegistryManifest(descriptor: RegistryDescriptor(digest: Self.digest("a"), mediaType: "m"), content: .other)
        )
        func world(_ tags: String...) -> ExampleWorld {
            ExampleWorld(
                images: [
                    EngineImage(id: Self.digest("a"), references: tags.map { ImageReference($0)! }, created: ExampleWorld.now, size: 1000)
                ],
                registries: [
                    "registry.local:5000": ExampleRegistry(
                        tags: Dictionary(uniqueKeysWithValues: tags.map { ($0, Self.digest("a")) }),
                        images: [manifest]
                    )
                ]
            )
        }
        let plan = try await plan(yaml, on: FakeEngine(world("shop/api:v1")), world("shop/api:v1"))
        let engine = FakeEngine(world("shop/api:v1", "shop/api:new"))
        let result = try await run(yaml, .apply(plan), on: engine, world("shop/api:v1", "shop/api:new"))
        #expect(
            result.stages[0].findings.map(\.message) == [
                "the image aaaaaaaaaaaa is not as the plan has it, so nothing was changed there: it has changed since the plan was made: tags: "
                    + "'shop/api:v1' then, 'shop/api:new', 'shop/api:v1' now",
                "'new' was put on 'registry.local:5000/shop/api@\(Self.digest("a"))' since the plan was made, so it is not deleted",
            ]
        )
        #expect(changes(engine) == [])
        let same = FakeEngine(world("shop/api:v1"))
        let done = try await run(yaml, .apply(plan), on: same, world("shop/api:v1"))
        #expect(done.stages[0].findings.map(\.message) == ["changed", "changed"])
        #expect(changes(same) == ["remove image aaaaaaaaaaaa"])
    }

    @Test func whatTwoStagesWouldGiveBackIsCountedOnce() async throws {
        let yaml = "stages: [{rule: asking-removal, dry-run: true}, {rule: asking-removal, name: again, dry-run: true}]"
        let engine = FakeEngine(ExampleWorld(images: [Self.image("a"), Self.image("b")]))
        for purpose in [RunPurpose.run, .plan] {
            let result = try await run(yaml, purpose, on: engine)
            #expect(result.stages.map(\.repeated) == [.zero, ByteSize(bytes: 2000)])
            #expect(result.stages.map(\.changes) == [[], []])
        }
    }

    /// A directory with a blob to remove, and one without.
    private static var stores: ExampleWorld {
        var garbage = RegistryStoreReport()
        let blob = RegistryStoreReport.Removal(kind: "blob", path: "/data/a/blobs/1", reason: "unreferenced", bytes: 12)
        garbage.groups = [.init(subject: "blobs", counts: [.init("blob", 1)], bytes: 12, removals: [blob])]
        return ExampleWorld(registryStores: ["/data/a": garbage, "/data/b": RegistryStoreReport()])
    }

    @Test func aStageMayLookAtADirectoryOfWhichNothingIsPlannedWhereItHasWorkedOnAnother() async throws {
        let both = "stages: [{rule: collecting, with: {roots: [/data/a, /data/b]}}]"
        let engine = FakeEngine(ExampleWorld())
        let plan = try await plan(both, on: engine, Self.stores)
        #expect(plan.stages[0].changes.map(\.target) == ["/data/a/blobs/1"])
        let result = try await run(both, .apply(plan), on: engine, Self.stores)
        #expect(result.stages[0].ending == .completed)
        #expect(result.stages[0].findings.map(\.subject) == ["/data/a", "/data/b"])
        // Alone it is taken for the directory of another checkout.
        let other = try await run("stages: [{rule: collecting, with: {roots: [/data/b]}}]", .apply(plan), on: engine, Self.stores)
        #expect(
            other.stages[0].ending
                == .failed(
                    type: "plan-outdated",
                    message: "1 of 1 planned change cannot be made as planned, so nothing was changed",
                    exitCode: .stageFailed
                )
        )
        #expect(
            other.stages[0].findings.map(\.message) == ["it is not in the directory that the stage works on, '/data/b'"]
        )
    }

    @Test(arguments: [true, false]) func whatGoesToTheTrashFirstIsNeitherCountedNorTakenOffTwice(givesBack: Bool) async throws {
        let stage = "rule: collecting, dry-run: true, with: {roots: [/data/a], gives-back: \(givesBack)}"
        let result = try await run("stages: [{\(stage)}, {\(stage), name: again}]", .run, on: FakeEngine(ExampleWorld()), Self.stores)
        #expect(result.stages.map(\.repeated) == [.zero, givesBack ? 12 : .zero])
    }

    @Test func aRunOfWhichAStageFailedMakesNoPlan() async throws {
        let engine = FakeEngine(ExampleWorld())
        await #expect(
            throws: InvalidPlan("no plan was written, because the stage 'throwing' could not be carried out: nobody answers")
        ) {
            _ = try await plan("stages: [{rule: throwing, with: {error: engine}}]", on: engine)
        }
    }

    @Test func aRunThatWasInterruptedMakesNoPlanAlthoughItsStagesAreOnlySkipped() async throws {
        let yaml = "stages: [{rule: asking-removal}, {rule: asking-removal, name: again}]"
        let whole = try await run(yaml, .plan, on: FakeEngine(ExampleWorld(images: [Self.image("a")])))
        let second = StageResult(
            stage: whole.stages[1].stage,
            ending: .skipped(reason: "the run was interrupted"),
            findings: [],
            started: whole.stages[1].started,
            duration: .zero,
            reclaimed: .zero,
            engine: nil
        )
        let cut = RunResult(run: whole.run, stages: [whole.stages[0], second], duration: .zero, wasInterrupted: true)
        #expect(throws: InvalidPlan("no plan was written, because the run was interrupted")) {
            try RunPlan(cut, of: try pipeline(yaml), file: "/project/hook.yml", seal: Self.seal)
        }
    }

    @Test(arguments: [(RunExitCode.busy, RunExitCode.busy), (.findingsFailed, .stageFailed), (.success, .stageFailed)])
    func theCodeOfAStageSaysWhyThereIsNoPlan(stage code: RunExitCode, expected: RunExitCode) async throws {
        let whole = try await run(Self.removal, .plan, on: FakeEngine(ExampleWorld()))
        let ending = StageResult.Ending.failed(type: "registry-busy", message: "another collector works on it", exitCode: code)
        let stage = StageResult(
            stage: whole.stages[0].stage,
            ending: code == .success ? .completed : ending,
            findings: [],
            started: whole.stages[0].started,
            duration: .zero,
            reclaimed: .zero,
            engine: nil
        )
        let result = RunResult(run: whole.run, stages: [stage], duration: .zero, wasInterrupted: false, plan: .notWritten)
        #expect(result.exitCode == expected)
    }

    // MARK: The document

    private static let sample = RunPlan(
        hook: "1.0.0",
        created: ExampleWorld.now,
        salt: "pepper",
        pipeline: "nightly",
        file: "/project/hook.yml",
        engine: FakeEngine.exampleIdentity,
        stages: [
            PlannedStage(
                number: 1,
                name: "prune",
                rule: "prune",
                settings: ["older-than": "24h"],
                fingerprint: "sha256:1",
                time: Timestamp(nanoseconds: ExampleWorld.now.nanoseconds + 7),
                looks: ["sha256:2"],
                changes: [
                    .removing(PlanTests.image("a", "shop/api:v2", "shop/api:v1"), subject: "shop/api:v1"),
                    PlannedChange(.remove(stored: "blob"), "/data/blobs/a\"b", subject: "blobs", state: ["bytes": ["12"]]),
                ]
            ),
            PlannedStage(
                number: 2,
                name: "later",
                rule: "exec",
                settings: [:],
                fingerprint: "sha256:3",
                time: ExampleWorld.now,
                skipped: "an earlier stage failed"
            ),
        ]
    )

    @Test func aDocumentIsReadAsItWasWritten() throws {
        let read = try RunPlan(reading: Self.sample.document)
        #expect(read == Self.sample)
        #expect(read.document == Self.sample.document)
        #expect(read.stages[0].changes[0].subject == "shop/api:v1")
        #expect(read.stages[0].changes[0].state == ["tags": ["shop/api:v1", "shop/api:v2"]])
    }

    @Test(arguments: [
        ("", "it is damaged, or no plan: a value is missing, at byte 0"),
        ("{}", "it is damaged, or no plan: the document has no 'version'"),
        ("[]", "it is damaged, or no plan: the document is no object"),
        (#"{"version": 1}"#, "it is damaged, or no plan: the document has no 'hook'"),
        (
            #"{"version": 2, "stages": {}}"#,
            "it has version 2, and this hook reads version 1: make the plan anew, or use the hook that made it"
        ),
    ])
    func aDamagedOrNewerDocumentIsRefused(text: String, message: String) {
        #expect(throws: InvalidPlan(message)) { try RunPlan(reading: text) }
    }

    @Test func noPartOfADocumentIsAWholeOne() {
        let document = Array(Self.sample.document.utf8)
        for count in stride(from: 0, to: document.count - 2, by: 7) {
            #expect(throws: InvalidPlan.self) { try RunPlan(reading: String(decoding: document[..<count], as: UTF8.self)) }
        }
    }

    @Test func aPlanFitsOnlyThePipelineThatItWasMadeOf() async throws {
        let engine = FakeEngine(ExampleWorld())
        let plan = try await plan("stages: [{rule: reporting, with: {outcome: passed}}]", on: engine)
        try plan.check(try pipeline("stages: [{rule: reporting, with: {outcome: passed}}]"), seal: Self.seal)
        #expect(throws: InvalidPlan("the stage 'reporting' has other settings than when the plan was made: 'outcome'")) {
            try plan.check(try pipeline("stages: [{rule: reporting, with: {outcome: skipped1}}]"), seal: Self.seal)
        }
        #expect(
            throws: InvalidPlan(
                "the plan is of another pipeline: it has the stages 'reporting' (reporting), and 'hook.yml' has 'a' (asking-removal)"
            )
        ) {
            try plan.check(try pipeline("stages: [{rule: asking-removal, name: a}]"), seal: Self.seal)
        }
    }

    // MARK: What must not stand in a file

    @Test func aCommandIsMaskedInFindingsAsItIsInThePlan() async throws {
        for isDryRun in [true, false] {
            let yaml = "stages: [{rule: commanding, dry-run: \(isDryRun), with: {asks: true, command: curl s3cr3t-value}}]"
            let world = ExampleWorld(commands: ["curl s3cr3t-value": 1])
            let result = try await run(yaml, .run, on: FakeEngine(world), world)
            #expect(
                result.stages[0].findings == [
                    .passed(subject: "curl ${TOKEN}", type: "ran", message: "ran curl ${TOKEN}", details: ["wrote ${TOKEN}"]),
                    .passed(subject: "s3cr3t-value", type: "other", message: "of something else"),
                ]
            )
        }
        let yaml = "stages: [{rule: commanding, with: {asks: true, command: s3cr3t-value}}]"
        let failed = try await run(yaml, .run, on: FakeEngine(ExampleWorld()))
        #expect(
            failed.stages[0].ending
                == .failed(
                    type: "command",
                    message: "cannot run '${TOKEN}': there is no such program in PATH",
                    exitCode: .stageFailed
                )
        )
    }

    @Test func thePlansDigestsBeginWithItsSalt() async throws {
        let engine = FakeEngine(ExampleWorld())
        let yaml = "stages: [{rule: reporting}]"
        let plan = try await plan(yaml, on: engine)
        #expect(plan.salt == "pepper")
        #expect(plan.stages[0].fingerprint == "pepper and 16 bytes")
        let other = PlanSeal(hiding: [:], salt: PlanSeal.newSalt()) { String(decoding: $0, as: UTF8.self) }
        #expect(throws: InvalidPlan("the stage 'reporting' has other settings than when the plan was made: a variable has another value")) {
            try plan.check(try pipeline(yaml), seal: other)
        }
        #expect(PlanSeal.newSalt() != PlanSeal.newSalt() && PlanSeal.newSalt().count == 32)
    }

    @Test func valuesFromOutsideAreMaskedTheLongestFirst() throws {
        let yaml = "stages: [{rule: reporting, with: {outcome: \"s3cr3t-value-and-more abc s3cr3t-value/s3cr3t-value\"}}]"
        let result = RunResult(
            run: RunDescription(
                pipeline: "p",
                file: nil,
                version: "1.0.0",
                isDryRun: true,
                started: ExampleWorld.now,
                build: BuildRecord(run: "r", pipeline: "p"),
                stages: []
            ),
            stages: [
                StageResult(
                    stage: StageDescription(number: 1, name: "reporting", rule: "reporting", isDryRun: true),
                    ending: .completed,
                    findings: [],
                    started: ExampleWorld.now,
                    duration: .zero,
                    reclaimed: .zero,
                    engine: nil
                )
            ],
            duration: .zero,
            wasInterrupted: false
        )
        let plan = try RunPlan(result, of: try pipeline(yaml), file: "/hook.yml", seal: Self.seal)
        #expect(plan.stages[0].settings == ["outcome": "${LONGER} abc ${TOKEN}/${TOKEN}"])
        #expect(!plan.document.contains("s3cr3t"))
    }
}
