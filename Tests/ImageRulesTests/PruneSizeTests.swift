import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// How many bytes `prune` says that it gives back.
@Suite struct PruneSizeTests {
    /// Three builds over a base of 100 bytes and a copy of 50 that only they share, and one with a tag over the base alone.
    private static func world() -> ExampleWorld {
        let old = ExampleWorld.now - .seconds(90_000)
        let builds = (1...3).map { number in
            EngineImage(id: PruneSafetyTests.digest(number), created: old, size: ByteSize(bytes: Int64(150 + number)), sharedSize: 150)
        }
        let tagged = EngineImage(
            id: PruneSafetyTests.digest(4),
            references: [ImageReference("shop/api:v4")!],
            created: old,
            size: 104,
            sharedSize: 100
        )
        var world = ExampleWorld(images: builds + [tagged])
        let (base, copy) = (PruneSafetyTests.digest(100), PruneSafetyTests.digest(50))
        world.imageDetails = world.images.map { image in
            let own = image.id == tagged.id ? [base, image.id] : [base, copy, image.id]
            return EngineImageDetails(id: image.id, lastTagged: nil, layers: own, parent: nil)
        }
        return world
    }

    private static func run(_ world: ExampleWorld, on engine: FakeEngine, isDryRun: Bool = false) async throws -> FindingCollector {
        let collector = FindingCollector()
        try await PruneSafetyTests.run(["protect": ["*:keep"]], on: engine, world, isDryRun: isDryRun, into: collector)
        return collector
    }

    @Test func whatRemovedImagesShareIsGivenBackWithTheLastOfThem() async throws {
        let world = Self.world()
        let engine = FakeEngine(world)
        let dry = try await Self.run(world, on: engine, isDryRun: true)
        #expect(dry.findings.filter { $0.type == "would-remove" }.compactMap { $0.bytes?.bytes } == [1, 2, 53])
        let done = try await Self.run(world, on: engine)
        #expect(done.reclaimed == 56)
        #expect(done.findings.filter { $0.type == "removed" }.compactMap { $0.bytes?.bytes }.reduce(0, +) == 56)
    }

    @Test func whatOneThatStaysAfterAllSharesIsNotGivenBack() async throws {
        let world = Self.world()
        let engine = FakeEngine(world) { request, _ in
            if case .removeImage(PruneSafetyTests.digest(1)) = request { throw EngineError(.conflict, "a container uses it now") }
        }
        let done = try await Self.run(world, on: engine)
        #expect(done.findings.filter { $0.type == "removed" }.count == 2)
        #expect(done.reclaimed == 5)
    }

    @Test func whereVeryManyShareTheSizesAreSaidToBeTheLeast() async throws {
        var world = Self.world()
        let old = ExampleWorld.now - .seconds(90_000)
        world.images += (1000..<1197).map { number in
            EngineImage(id: PruneSafetyTests.digest(number), created: old, size: 151, sharedSize: 150)
        }
        // The engine remembers everything that may matter, so nothing else asks for images either.
        world.events = [EngineEvent(time: old, kind: "image", action: "push", actor: "shop/api:v4")]
        let engine = FakeEngine(world)
        let done = try await Self.run(world, on: engine)
        #expect(done.reclaimed == 203)
        #expect(!engine.requests.contains { if case .inspectImages = $0 { true } else { false } })
        #expect(done.log.last == "sizes are counted at the least: what only removed images share is given back as well")
    }
}
