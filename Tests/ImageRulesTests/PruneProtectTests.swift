import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// What `protect` keeps: an image by any name that it has or had.
@Suite struct PruneProtectTests {
    private static let id = Digest(algorithm: .sha256, hex: String(repeating: "1", count: 64))!
    private static let old = ExampleWorld.now - .seconds(90_000)

    private func reference(_ text: String) throws -> ImageReference { try #require(ImageReference(text)) }

    private func reasons(_ pattern: String, _ image: EngineImage, _ change: (inout PruneWorld) -> Void = { _ in }) throws -> [String] {
        var policy = PrunePolicy()
        policy.unused = .remove
        policy.protect = [try #require(ReferencePattern(pattern))]
        var world = PruneWorld(now: ExampleWorld.now)
        world.images = [image]
        change(&world)
        let plan = PrunePlanner.plan(policy, in: world)
        return plan.keepings.map(\.reason)
    }

    @Test func aNameThatATaggedImageHadProtectsIt() throws {
        let image = EngineImage(id: Self.id, references: [try reference("shop/api:old")], created: Self.old, size: 1000, sharedSize: 0)
        let build = BuildRecord(run: "r", pipeline: "p")
        let generation = TagGeneration(
            reference: try reference("shop/api:production"),
            image: Self.id,
            firstSeen: Self.old,
            firstBuild: build,
            lastSeen: Self.old,
            lastBuild: build,
            sightings: 1
        )
        #expect(
            try reasons("*:production", image) { $0.generations = [Self.id: [generation]] } == [
                "'*:production' protects 'shop/api:production'"
            ]
        )
        #expect(try reasons("*:staging", image) { $0.generations = [Self.id: [generation]] } == [])
    }

    @Test(arguments: ["sha256:111111111111", "111111111111", "111111111111*", String(repeating: "1", count: 64)])
    func anIDAsDockerPrintsItProtectsTheImage(pattern: String) throws {
        let image = EngineImage(id: Self.id, references: [try reference("shop/api:v1")], created: Self.old, size: 1000, sharedSize: 0)
        #expect(try reasons(pattern, image) == ["'\(pattern)' protects it"])
    }

    @Test func digitsProtectARepositoryOfThatNameToo() throws {
        let image = EngineImage(id: Self.id, references: [try reference("5168ba5daa76:v1")], created: Self.old, size: 1000, sharedSize: 0)
        #expect(try reasons("5168ba5daa76", image) == ["'5168ba5daa76' protects '5168ba5daa76:v1'"])
        #expect(try reasons("5168ba5daa77", image) == [])
    }

    @Test func aNameThatOnlyTheEnginesEventsKnowProtectsIt() throws {
        let image = EngineImage(id: Self.id, created: Self.old, size: 1000, sharedSize: 0)
        let name = try reference("shop/api:production")
        #expect(try reasons("shop/*", image) { $0.formerNames = [Self.id: [name]] } == ["'shop/*' protects 'shop/api:production'"])
        #expect(try reasons("team/*", image) { $0.formerNames = [Self.id: [name]] } == [])
    }

    @Test func theRepositoryThatItWasPulledFromProtectsIt() throws {
        let digest = try reference("registry.local/base/alpine@sha256:\(String(repeating: "a", count: 64))")
        let image = EngineImage(id: Self.id, repositoryDigests: [digest], created: Self.old, size: 1000, sharedSize: 0)
        #expect(try reasons("registry.local/base/*", image) == ["'registry.local/base/*' protects '\(digest)'"])
        #expect(try reasons("registry.local/other/*", image) == [])
    }

    @Test(arguments: ["d*", "docker*", "*/tickets"]) func aStarInImagesTakesNoRegistryForAName(pattern: String) throws {
        var policy = PrunePolicy()
        policy.unused = .remove
        policy.images = [try #require(ReferencePattern(pattern))]
        var world = PruneWorld(now: ExampleWorld.now)
        world.images = [EngineImage(id: Self.id, references: [try reference("tickets:v1")], created: Self.old, size: 1000, sharedSize: 0)]
        let plan = PrunePlanner.plan(policy, in: world)
        #expect(plan.removals.isEmpty)
        #expect(plan.keepings.map(\.reason) == ["'images' does not name 'tickets:v1'"])
    }

    @Test(arguments: [("shop/api:production", nil), ("shop/api:v1", "shop/api:production")] as [(String, String?)])
    func aContainerWhoseTagMovedIsProtectedByTheNameItWasMadeOfAndByWhatItsImageHad(configured: String, former: String?) async throws {
        let container = EngineContainer(
            id: "c1",
            names: ["web"],
            image: Self.id,
            imageName: Self.id.description,
            state: "exited",
            created: Self.old
        )
        var world = ExampleWorld(
            images: [EngineImage(id: Self.id, created: Self.old, size: 1000, sharedSize: 0)],
            containers: [container],
            containerDetails: [EngineContainerDetails(id: "c1", configuredImage: configured, started: Self.old, finished: Self.old)]
        )
        if let former {
            world.events = [
                EngineEvent(time: Self.old, kind: "image", action: "tag", actor: Self.id.description, attributes: ["name": former])
            ]
        }
        let settings: ConfigValue = ["dangling": false, "containers": true, "protect": ["*:production"]]
        let engine = FakeEngine(world)
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(
            findings.map { "\($0.type) \($0.subject): \($0.message)" } == [
                "kept container web: '*:production' protects 'shop/api:production'"
            ]
        )
    }

    @Test(
        arguments: [
            ("shop/*", nil), ("team/*", "'images' does not name 'shop/api:production'"),
        ] as [(String, String?)]
    )
    func imagesTakesTheNamesThatTheEnginesEventsKnowWhereThereAreNoOthers(pattern: String, reason: String?) throws {
        var policy = PrunePolicy()
        policy.images = [try #require(ReferencePattern(pattern))]
        var world = PruneWorld(now: ExampleWorld.now)
        world.images = [EngineImage(id: Self.id, created: Self.old, size: 1000, sharedSize: 0)]
        world.formerNames = [Self.id: [try reference("shop/api:production")]]
        let plan = PrunePlanner.plan(policy, in: world)
        #expect(plan.keepings.map(\.reason) == [reason].compactMap(\.self))
        #expect(plan.removals.count == (reason == nil ? 1 : 0))
    }

    @Test(
        arguments: [
            (["protect": ["shop/*"]], ["2 images have no known name, so 'protect' cannot hold them; run track-tags after each build"]),
            (["keep-last": 1], ["2 images have no known name, so 'keep-last' cannot hold them; run track-tags after each build"]),
            (
                ["protect": ["shop/*"], "keep-last": 1],
                ["2 images have no known name, so 'protect' and 'keep-last' cannot hold them; run track-tags after each build"]
            ), (["protect": ["*"]], []), ([:], []),
        ] as [(ConfigValue, [String])]
    )
    func imagesThatNoNameCanHoldAreSpokenOf(settings: ConfigValue, expected: [String]) async throws {
        let world = ExampleWorld(
            images: (1...2).map {
                EngineImage(id: PruneSafetyTests.digest($0), created: Self.old, size: 1000, sharedSize: 0)
            }
        )
        let collector = FindingCollector()
        try await PruneSafetyTests.run(settings, on: FakeEngine(world), world, isDryRun: true, into: collector)
        #expect(collector.log == expected)
    }
}
