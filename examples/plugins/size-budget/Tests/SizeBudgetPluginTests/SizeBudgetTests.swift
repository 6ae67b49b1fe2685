import HookKit
import RuleTesting
import Testing

@testable import SizeBudgetPlugin

@Suite struct SizeBudgetTests {
    @Test func examplesHold() async {
        let problems = await RuleExampleSuite(RegisteredRule(SizeBudget.self, origin: "tests")).problems()
        #expect(problems == [])
    }

    @Test func growthSinceTheLastImageOfTheTagIsTold() async throws {
        let build = BuildRecord(run: "r1", pipeline: "p", branch: "main")
        let reference = try #require(ImageReference("shop/api:v1"))
        let world = ExampleWorld(
            images: [SizeBudgetExamples.image("a", "shop/api:v1", "140MB"), SizeBudgetExamples.image("b", nil, "100MB")],
            ledger: [
                TagGeneration(
                    reference: reference,
                    image: SizeBudgetExamples.identifier("b"),
                    firstSeen: ExampleWorld.now - .seconds(7200),
                    firstBuild: build,
                    lastSeen: ExampleWorld.now - .seconds(3600),
                    lastBuild: build,
                    sightings: 1
                )
            ]
        )
        let collector = FindingCollector()
        let rule = try #require(
            RegisteredRule(SizeBudget.self, origin: "tests").prepare(["images": ["shop/*"]], directory: "/").rule
        )
        let environment = RunEnvironment(build: build, event: .manual, variables: [:], now: { ExampleWorld.now })
        try await rule.run(
            in: RuleContext(
                stage: "size-budget",
                isDryRun: false,
                environment: environment,
                services: FakeServices(world),
                output: collector.take
            )
        )
        #expect(collector.findings.map(\.type) == ["within-budget"])
        #expect(collector.findings[0].details.last == "it grew by 40MB, from 100MB")
    }
}
