import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// By whose clock `prune` counts ages.
@Suite struct PruneClockTests {
    @Test(
        arguments: [
            (-7200, "the engine's clock is 2 hours behind this host's, so ages are counted by the engine's", "30 minutes"),
            (7200, "the engine's clock is 2 hours ahead of this host's, so ages are counted by this host's", "0 seconds"),
            (30, nil, "30 minutes"), (-30, nil, "29 minutes"),
        ] as [(Int64, String?, String)]
    )
    func agesAreCountedByTheClockThatMakesThingsYounger(skew: Int64, warning: String?, age: String) async throws {
        let now = ExampleWorld.now - .seconds(-skew)
        // Half an hour ago, by the engine's clock, but for a small difference.
        let created = (abs(skew) > 60 ? now : ExampleWorld.now) - .seconds(1800)
        let world = ExampleWorld(images: [EngineImage(id: PruneSafetyTests.digest(1), created: created, size: 1000, sharedSize: 0)])
        let engine = FakeEngine(FakeEngineState(world), now: { now })
        let collector = FindingCollector()
        try await PruneSafetyTests.run(["older-than": "1h"], on: engine, world, isDryRun: false, into: collector)
        #expect(engine.changes == [])
        #expect(collector.findings.map(\.message) == ["last used, tagged or made \(age) ago, less than 1h"])
        #expect(collector.log == [warning].compactMap(\.self))
    }
}
