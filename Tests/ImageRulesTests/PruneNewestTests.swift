import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// Which images `keep-last` counts as the newest.
@Suite struct PruneNewestTests {
    private static func image(_ number: Int, _ tags: [String], before seconds: Int64) -> EngineImage {
        EngineImage(
            id: PruneSafetyTests.digest(number),
            references: tags.map { ImageReference($0)! },
            created: seconds == .max ? Timestamp(seconds: 0) : ExampleWorld.now - .seconds(seconds),
            size: 1000,
            sharedSize: 0
        )
    }

    private static func removed(_ world: ExampleWorld) async throws -> [String] {
        let settings: ConfigValue = ["unused": true, "keep-last": 1, "older-than": "1h"]
        return try await PruneSafetyTests.run(settings, on: FakeEngine(world), world, isDryRun: false).filter { $0.type == "removed" }
            .map(\.subject)
    }

    @Test func theUseOfAnOlderImageMakesItNoNewerOne() async throws {
        var world = ExampleWorld(images: [Self.image(1, ["shop/api:v1"], before: 90_000), Self.image(2, ["shop/api:v2"], before: 50_000)])
        world.events = ["create", "start", "die"].map { action in
            EngineEvent(
                time: ExampleWorld.now - .seconds(7200),
                kind: "container",
                action: action,
                actor: "c1",
                attributes: ["image": "shop/api:v1"]
            )
        }
        #expect(try await Self.removed(world) == ["shop/api:v1"])
    }

    @Test(arguments: [("tag", nil), ("load", nil), ("pull", "shop/api:v1"), ("pull", nil), ("import", nil)] as [(String, String?)])
    func anImageThatCameOrGotItsTagLastIsTheNewest(action: String, name: String?) async throws {
        var world = ExampleWorld(images: [Self.image(1, ["shop/api:v1"], before: 90_000), Self.image(2, ["shop/api:v2"], before: 50_000)])
        let id = PruneSafetyTests.digest(1).description
        world.events = [EngineEvent(time: ExampleWorld.now - .seconds(7200), kind: "image", action: action, actor: name ?? id)]
        #expect(try await Self.removed(world) == ["shop/api:v2"])
    }

    @Test(arguments: [true, false]) func anImageThatWasPulledAMomentAgoIsInUse(isKnownToTheEngine: Bool) async throws {
        var world = ExampleWorld(images: [Self.image(1, ["shop/api:v1"], before: 90_000)])
        // Docker names what it pulled by the reference alone.
        let event = EngineEvent(time: ExampleWorld.now - .seconds(60), kind: "image", action: "pull", actor: "shop/api:v1")
        if isKnownToTheEngine { world.events = [event] }
        let ledger = FakeLedger(world)
        if !isKnownToTheEngine { try await ledger.record([event], on: FakeEngine.exampleIdentity) }
        let collector = FindingCollector()
        let settings: ConfigValue = ["unused": true, "older-than": "1h"]
        try await PruneSafetyTests.run(settings, on: FakeEngine(world), world, isDryRun: false, ledger: ledger, into: collector)
        let findings = collector.findings
        #expect(findings.map(\.message) == ["last used, tagged or made 1 minute ago, less than 1h"])
    }

    @Test(arguments: [true, false]) func anImageThatWasPulledByItsDigestAMomentAgoStays(isKnownToTheEngine: Bool) async throws {
        let digest = "shop/api@\(PruneSafetyTests.digest(9))"
        let image = EngineImage(
            id: PruneSafetyTests.digest(1),
            repositoryDigests: [ImageReference(digest)!],
            created: ExampleWorld.now - .seconds(90_000),
            size: 1000
        )
        var world = ExampleWorld(images: [image])
        let event = EngineEvent(time: ExampleWorld.now - .seconds(60), kind: "image", action: "pull", actor: digest)
        if isKnownToTheEngine { world.events = [event] }
        let ledger = FakeLedger(world)
        if !isKnownToTheEngine { try await ledger.record([event], on: FakeEngine.exampleIdentity) }
        let collector = FindingCollector()
        try await PruneSafetyTests.run([:], on: FakeEngine(world), world, isDryRun: false, ledger: ledger, into: collector)
        #expect(collector.findings.map(\.message) == ["last used, tagged or made 1 minute ago, less than 1h"])
    }

    @Test func whereADateIsMadeUpTheLedgerSaysWhichIsNewer() async throws {
        var world = ExampleWorld(images: [Self.image(2, ["shop/api:v1"], before: .max), Self.image(1, ["shop/api:v2"], before: .max)])
        let build = BuildRecord(run: "r", pipeline: "p")
        world.ledger = [(2, "v1", 90_000), (1, "v2", 50_000)].map { number, tag, seconds in
            TagGeneration(
                reference: ImageReference("shop/api:\(tag)")!,
                image: PruneSafetyTests.digest(number),
                firstSeen: ExampleWorld.now - .seconds(Int64(seconds)),
                firstBuild: build,
                lastSeen: ExampleWorld.now,
                lastBuild: build,
                sightings: 1
            )
        }
        #expect(try await Self.removed(world) == ["shop/api:v1"])
    }

    @Test func anImageWhoseNameOnlyTheEnginesEventsKnowIsCounted() async throws {
        var world = ExampleWorld(images: [Self.image(1, ["shop/api:v1"], before: 90_000), Self.image(2, [], before: 50_000)])
        world.events = [
            EngineEvent(
                time: ExampleWorld.now - .seconds(50_000),
                kind: "image",
                action: "tag",
                actor: PruneSafetyTests.digest(2).description,
                attributes: ["name": "shop/api:v2"]
            )
        ]
        #expect(try await Self.removed(world) == ["shop/api:v1"])
    }
}
