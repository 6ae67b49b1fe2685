import HookKit
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
}
