import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// Images that services of a swarm use, those that are made while the run is under way included.
@Suite struct PruneServiceTests {
    private static func image(_ number: Int, _ tags: [String], digest: String? = nil) -> EngineImage {
        EngineImage(
            id: PruneSafetyTests.digest(number),
            references: tags.map { ImageReference($0)! },
            repositoryDigests: digest.map { [ImageReference($0)!] } ?? [],
            created: ExampleWorld.now - .seconds(90_000),
            size: 1000,
            sharedSize: 0
        )
    }

    private static let manifest = PruneSafetyTests.digest(91)

    @Test(arguments: [
        ("shop/api:v1", true), ("docker.io/shop/api:v1", true), ("shop/api:v1@\(PruneSafetyTests.digest(92))", true),
        ("shop/api@\(manifest)", true), ("shop/api:v2@\(manifest)", true), ("shop/api:v2", false), ("shop/api", false),
        ("shop/web:v1", false), ("registry.local/shop/api:v1", false), ("other@\(manifest)", false), ("No Reference", false),
    ])
    func aServiceKeepsWhatItMayMean(service: String, isKept: Bool) async throws {
        let world = ExampleWorld(images: [Self.image(1, ["shop/api:v1"], digest: "shop/api@\(Self.manifest)")])
        let engine = FakeEngine(FakeEngineState(world, serviceImages: [service]))
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(findings.map(\.type) == [isKept ? "kept" : "removed"])
        if isKept { #expect(findings[0].message == "a swarm service uses '\(service)'") }
    }

    @Test(arguments: ["create", "update"]) func whatAServiceUsesSinceThePlanWasMadeStays(action: String) async throws {
        let world = ExampleWorld(images: [Self.image(1, ["shop/api:v1"]), Self.image(2, ["shop/web:v1"])])
        let isFirst = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isFirst.next() == 1 else { return }
            engine.update { $0.serviceImages = ["shop/api:v1"] }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "service", action: action, actor: "l7bx83tm2pdstec2gdosoh5l8"))
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [.removeImage(PruneSafetyTests.digest(2))])
        let kept = findings.filter { $0.type == "not-removed" }
        #expect(kept.map(\.message) == ["kept: a swarm service uses 'shop/api:v1' since the plan was made"])
    }

    @Test func anImageWithSeveralTagsStaysWhereNoEventHasTold() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["shop/api:v1", "team/api:v1"])])
        let isFirst = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isFirst.next() == 1 else { return }
            engine.update { $0.serviceImages = ["team/api:v1"] }
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(
            findings.map(\.message)
                == ["kept: a swarm service uses 'team/api:v1' since the plan was made; by the plan it also had 'team/api:v1'"]
        )
    }
}
