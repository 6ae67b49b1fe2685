import HookKit
import PipelineFile
import Runner
import Synchronization
import Testing

@Suite struct PipelineRunnerTests {
    /// Collects events, and hands the first line of the log to whoever waits for it.
    final class Events: Sendable {
        let all = Mutex<[RunEvent]>([])
        let firstLog: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() { (firstLog, continuation) = AsyncStream.makeStream(of: Void.self) }

        func receive(_ event: RunEvent) {
            all.withLock { $0.append(event) }
            if case .log = event { continuation.finish() }
        }
    }

    let services = RecordingServices()
    let events = Events()

    func runner(
        _ yaml: String,
        isDryRun: Bool = false,
        selection: PipelineRunner.Selection = .init(),
        branch: String? = "main",
        showsEvidence: Bool = false,
        dryRunServices: RecordingServices = RecordingServices()
    ) throws -> PipelineRunner {
        var registry = RuleRegistry()
        for rule in [Reporting.self, Throwing.self, Waiting.self, Asking.self, Gathering.self] as [any Rule.Type] {
            try registry.register(RegisteredRule(rule, origin: "tests"))
        }
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/project")
        let pipeline = try loader.parse(Array(yaml.utf8), file: "hook.yml").pipeline(with: registry)
        let build = BuildRecord(run: "run", pipeline: pipeline.name, branch: branch)
        let now = Timestamp(seconds: 1_793_520_000)
        let description = RunDescription(
            pipeline: pipeline.name,
            file: pipeline.file,
            version: "1.0.0",
            isDryRun: isDryRun,
            started: now,
            build: build,
            stages: pipeline.stages.map {
                StageDescription(number: $0.number, name: $0.name, rule: $0.rule.name, isDryRun: isDryRun || $0.isDryRun)
            }
        )
        let services = services
        let events = events
        return PipelineRunner(
            description,
            stages: pipeline.stages,
            directory: pipeline.directory,
            selection: selection,
            environment: RunEnvironment(build: build, event: .manual, variables: [:], now: { now }),
            purpose: .run,
            seal: PlanSeal(hiding: [:], salt: "") { String(decoding: $0, as: UTF8.self) },
            showsEvidence: showsEvidence,
            services: { $0 ? dryRunServices : services },
            emit: { events.receive($0) }
        )
    }

    private func endings(_ result: RunResult) -> [StageResult.Ending] { result.stages.map(\.ending) }

    @Test func stagesRunInOrderAndTheirFindingsCount() async throws {
        let result = try await runner("stages: [{rule: reporting}, {rule: reporting, with: {outcome: skipped}}]")()
        #expect(endings(result) == [.completed, .completed])
        #expect(result.stages.map { $0.findings.map(\.subject) } == [["reporting"], ["reporting 2"]])
        #expect(result.exitCode == .success)
        #expect(result.stages.map(\.reclaimed) == [1000, 1000])
        let kinds = events.all.withLock { $0 }.map { event in
            switch event {
            case .runStarted: "run"
            case .stageStarted: "stage"
            case .stageFinished: "end"
            case .runFinished: "finish"
            case .progress, .log: "other"
            }
        }
        #expect(kinds == ["run", "stage", "end", "stage", "end", "finish"])
    }

    @Test func aFailedStageStopsTheOnesAfterItUnlessTheyWantFailure() async throws {
        let result = try await runner(
            """
            stages:
              - rule: reporting
                with: {outcome: failed}
              - {rule: reporting, name: next}
              - {rule: reporting, name: always, when: {status: always}}
              - {rule: reporting, name: repair, when: {status: failure}}
            """
        )()
        #expect(
            endings(result) == [.completed, .skipped(reason: "an earlier stage failed"), .completed, .completed]
        )
        #expect(result.exitCode == .findingsFailed)
    }

    @Test func onFailureContinueGoesOn() async throws {
        let result = try await runner(
            "stages: [{rule: reporting, on-failure: continue, with: {outcome: failed}}, {rule: reporting, name: next}]"
        )()
        #expect(endings(result) == [.completed, .completed])
        #expect(result.exitCode == .findingsFailed)
    }

    @Test func aFailureAfterWhichTheRunGoesOnIsOneForThoseThatWantIt() async throws {
        let result = try await runner(
            """
            stages:
              - {rule: reporting, on-failure: continue, with: {outcome: failed}}
              - {rule: reporting, name: plain}
              - {rule: reporting, name: success, when: {status: success}}
              - {rule: reporting, name: failure, when: {status: failure}}
            """
        )()
        #expect(endings(result) == [.completed, .completed, .completed, .completed])
    }

    @Test(arguments: [
        ("engine", "engine-unreachable", RunExitCode.stageFailed), ("busy", "ledger-busy", .busy), ("full", "ledger-full", .stageFailed),
        ("command", "command", .stageFailed),
    ])
    func anErrorEndsItsStageWithItsTypeAndExitCode(error: String, type: String, code: RunExitCode) async throws {
        let result = try await runner("stages: [{rule: throwing, with: {error: \(error)}}]")()
        guard case .failed(type, _, code) = result.stages[0].ending else {
            Issue.record("the ending is \(result.stages[0].ending)")
            return
        }
        #expect(result.exitCode == code)
    }

    @Test func aChangeInADryRunIsAMistakeInHook() async throws {
        let result = try await runner("stages: [{rule: throwing, with: {error: bug}}]")()
        #expect(result.exitCode == .internalError)
    }

    @Test func theGravestExitCodeWins() async throws {
        let result = try await runner(
            """
            stages:
              - {rule: reporting, on-failure: continue, with: {outcome: failed}}
              - {rule: throwing, on-failure: continue, with: {error: full}}
              - {rule: throwing, name: last, on-failure: continue, with: {error: busy}}
            """
        )()
        #expect(result.exitCode == .stageFailed)
    }

    @Test func aStageThatTakesTooLongIsCancelledAndFinishesWhatItHasInHand() async throws {
        let result = try await runner("stages: [{rule: waiting, timeout: 1s}, {rule: reporting}]")()
        #expect(
            endings(result) == [
                .failed(type: "timeout", message: "the stage did not end within its timeout of 1s", exitCode: .stageFailed),
                .skipped(reason: "an earlier stage failed"),
            ]
        )
        #expect(result.stages[0].findings.map(\.subject) == ["in hand"])
        #expect(!result.wasInterrupted)
    }

    @Test(arguments: [nil, "1h"])
    func anInterruptedRunFinishesWhatItHasInHandAndSkipsTheRest(timeout: String?) async throws {
        let limit = timeout.map { ", timeout: \($0)" } ?? ""
        let runner = try runner("stages: [{rule: waiting\(limit)}, {rule: reporting, when: {status: always}}]")
        let task = Task { await runner() }
        for await _ in events.firstLog {}
        task.cancel()
        let result = await task.value
        #expect(endings(result) == [.interrupted, .skipped(reason: "the run was interrupted")])
        #expect(result.stages[0].findings.map(\.subject) == ["in hand"])
        #expect(result.exitCode == .interrupted)
    }

    @Test func onlyAndSkipChooseStages() async throws {
        let yaml = "stages: [{rule: reporting, name: a}, {rule: reporting, name: b}]"
        let only = try await runner(yaml, selection: .init(only: ["b"]))()
        #expect(endings(only) == [.skipped(reason: "not among the stages of --only"), .completed])
        let skip = try await runner(yaml, selection: .init(skip: ["b"]))()
        #expect(endings(skip) == [.completed, .skipped(reason: "left out by --skip")])
    }

    @Test func whenDecidesByBranch() async throws {
        let yaml = "stages: [{rule: reporting, when: {branch: [main]}}]"
        #expect(try await endings(runner(yaml)()) == [.completed])
        #expect(try await endings(runner(yaml, branch: "topic")()) == [.skipped(reason: "the branch 'topic' is not 'main'")])
    }

    @Test func aDryRunUsesTheServicesThatRefuseChangesAndGivesNothingBack() async throws {
        let dry = try await runner("stages: [{rule: reporting}]", isDryRun: true)()
        #expect(dry.stages[0].findings[0].message == "dry run: true")
        #expect(dry.stages[0].reclaimed == .zero)
        let stage = try await runner("stages: [{rule: reporting, dry-run: true}, {rule: reporting, name: next}]")()
        #expect(stage.stages.map { $0.findings[0].message } == ["dry run: true", "dry run: false"])
    }

    @Test(arguments: [false, true]) func aRuleLearnsWhetherAReportShowsEvidence(_ shows: Bool) async throws {
        let result = try await runner("stages: [{rule: gathering}]", showsEvidence: shows)()
        #expect(result.stages[0].findings.map(\.evidence) == [shows ? ["gathered": true] : nil])
    }

    @Test func aRuleThatMayChangeThingsMakesTheNextStageLookAnew() async throws {
        _ = try await runner("stages: [{rule: reporting}]")()
        #expect(services.changeCount == 0)
        _ = try await runner("stages: [{rule: throwing, with: {error: engine}}]")()
        // Once before the stage and once after it.
        #expect(services.changeCount == 2)
        // A dry run after a change, or before one, has services of its own, which may have seen what was there before.
        let dry = RecordingServices()
        _ = try await runner("stages: [{rule: throwing, with: {error: engine}}, {rule: reporting, dry-run: true}]", dryRunServices: dry)()
        #expect(dry.changeCount == 2)
    }

    @Test func whatObserversWillAskIsAskedAheadUpToTheFirstChange() async throws {
        _ = try await runner(
            """
            stages:
              - {rule: reporting}
              - {rule: asking}
              - {rule: throwing, on-failure: continue, with: {error: engine}}
              - {rule: asking, name: later}
            """
        )()
        #expect(services.prepared.withLock { $0 } == [[.diskUsage], [.diskUsage], [.diskUsage]])
    }

    @Test func nothingIsAskedAheadForAStageAfterAChange() async throws {
        _ = try await runner("stages: [{rule: reporting}, {rule: throwing, on-failure: continue, with: {error: engine}}, {rule: asking}]")()
        #expect(services.prepared.withLock { $0 } == [[.diskUsage]])
    }
}
