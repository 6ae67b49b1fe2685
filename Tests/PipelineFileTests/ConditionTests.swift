import HookKit
import OCI
import PipelineFile
import Testing

@Suite struct ConditionTests {
    private func decision(
        _ text: String,
        hasFailed: Bool = false,
        isStopped: Bool? = nil,
        source: RunEnvironment.Source = .branch("main"),
        event: RunEnvironment.Event = .manual,
        values: [String: String] = [:]
    ) throws -> Condition.Decision {
        let pipeline = try PipelineText("stages: [{rule: prune, when: {\(text)}}]").pipeline()
        return pipeline.stages[0].condition.evaluate(
            hasFailed: hasFailed,
            isStopped: isStopped ?? hasFailed,
            source: source,
            event: event,
            values: values
        )
    }

    @Test(arguments: [
        ("", false, Condition.Decision.run), ("", true, .skip(reason: "an earlier stage failed")),
        ("status: success", false, .run), ("status: success", true, .skip(reason: "an earlier stage failed")),
        ("status: failure", false, .skip(reason: "no earlier stage failed")), ("status: failure", true, .run),
        ("status: always", false, .run), ("status: always", true, .run),
    ])
    func statusDecides(text: String, hasFailed: Bool, expected: Condition.Decision) throws {
        #expect(try decision(text, hasFailed: hasFailed) == expected)
    }

    @Test(arguments: [
        ("", Condition.Decision.run), ("status: success", .run), ("status: failure", .run), ("status: always", .run),
    ])
    func aFailureThatStopsNothingIsOneAllTheSame(text: String, expected: Condition.Decision) throws {
        #expect(try decision(text, hasFailed: true, isStopped: false) == expected)
    }

    @Test(
        arguments: [
            (.branch("main"), Condition.Decision.run), (.branch("release/1.2"), .run),
            (.branch("release"), .skip(reason: "the branch 'release' is not 'main' or 'release/*'")),
            (.pushedBranches(["topic", "release/1.2"]), .run),
            (
                .pushedBranches(["topic", "dev"]),
                .skip(reason: "none of the branches that are pushed ('topic', 'dev') is 'main' or 'release/*'")
            ),
            (.unknown, .skip(reason: "the branch is not known, and only 'main' or 'release/*' is wanted")),
            (.tag, .skip(reason: "the build is of a tag, which is no branch, and only 'main' or 'release/*' is wanted")),
            (
                .changeRequest,
                .skip(reason: "the build is of a merge or pull request, which is on no branch, and only 'main' or 'release/*' is wanted")
            ),
        ] as [(RunEnvironment.Source, Condition.Decision)]
    )
    func branchDecides(source: RunEnvironment.Source, expected: Condition.Decision) throws {
        #expect(try decision("branch: [main, release/*]", source: source) == expected)
    }

    @Test(arguments: [RunEnvironment.Source.tag, .changeRequest, .unknown]) func noPatternMatchesWhatIsNoBranch(
        source: RunEnvironment.Source
    ) throws {
        #expect(try decision("branch: '*'", source: source) != .run)
        #expect(try decision("event: manual", source: source) == .run)
    }

    @Test(arguments: [
        (RunEnvironment.Event.ci, Condition.Decision.run), (.manual, .run),
        (.prePush, .skip(reason: "the event 'pre-push' is not 'ci' or 'manual'")),
    ])
    func eventDecides(event: RunEnvironment.Event, expected: Condition.Decision) throws {
        #expect(try decision("event: [ci, manual]", event: event) == expected)
    }

    @Test(
        arguments: [
            ("A: '1'", ["A": "1"], Condition.Decision.run), ("A: 1", ["A": "1"], .run),
            ("A: 'x*'", ["A": "xyz"], .run), ("A: 'x*'", ["A": "secret"], .skip(reason: "the variable 'A' is not 'x*'")),
            ("A: 'x*'", [:], .skip(reason: "the variable 'A' is not set")),
            ("A: '*'", ["A": ""], .run), ("A: '*'", [:], .skip(reason: "the variable 'A' is not set")),
            ("A: ''", [:], .run), ("A: ''", ["A": ""], .run), ("A: ''", ["A": "x"], .skip(reason: "the variable 'A' is not ''")),
            ("A: 1, B: 2", ["A": "1", "B": "3"], .skip(reason: "the variable 'B' is not '2'")),
        ] as [(String, [String: String], Condition.Decision)]
    )
    func variablesDecide(text: String, values: [String: String], expected: Condition.Decision) throws {
        #expect(try decision("env: {\(text)}", values: values) == expected)
    }

    @Test func everyPartMustHold() throws {
        let text = "status: always, branch: main, event: manual, env: {A: 1}"
        #expect(try decision(text, hasFailed: true, values: ["A": "1"]) == .run)
        #expect(try decision(text, source: .branch("dev"), values: ["A": "1"]) == .skip(reason: "the branch 'dev' is not 'main'"))
        #expect(try decision(text, event: .ci, values: ["A": "1"]) == .skip(reason: "the event 'ci' is not 'manual'"))
        #expect(try decision(text, values: [:]) == .skip(reason: "the variable 'A' is not set"))
    }
}
