import HookKit
import HookTesting
import Testing

@testable import Runner

/// What an engine lets a stage do that carries out a plan.
@Suite struct PlannedEngineTests {
    private static func image(_ number: Int, _ tags: String...) -> EngineImage {
        let digits = String(number)
        return EngineImage(
            id: Digest(algorithm: .sha256, hex: digits + String(repeating: "0", count: 64 - digits.count))!,
            references: tags.map { ImageReference($0)! },
            created: ExampleWorld.now,
            size: 1000
        )
    }

    private static func planned(_ base: FakeEngine, _ changes: [PlannedChange]) -> PlannedEngine {
        let stage = PlannedStage(
            number: 1,
            name: "prune",
            rule: "prune",
            settings: .object([]),
            fingerprint: "",
            time: ExampleWorld.now,
            changes: changes
        )
        return PlannedEngine(base: base, permission: ChangePermission(stage))
    }

    @Test func noListingIsAskedForBeforeAnImageGoes() async throws {
        let images = (1...9).map { Self.image($0) }
        let base = FakeEngine(ExampleWorld(images: images))
        let engine = Self.planned(base, images.map { .removing($0, subject: $0.id.short) })
        for image in images { _ = try await engine.removeImage(image.id) }
        #expect(base.requests == images.flatMap { [.tags($0.id), .removeImage($0.id)] })
        #expect(base.state.images == [])
    }

    @Test func anImageThatIsGoneIsForTheEngineToSpeakOf() async throws {
        let image = Self.image(1)
        let engine = Self.planned(FakeEngine(ExampleWorld()), [.removing(image, subject: "image")])
        await #expect(throws: EngineError(.notFound, "No such image: \(image.id)")) { try await engine.removeImage(image.id) }
    }

    @Test func aVolumeThatWasMadeAnewSinceThePlanStays() async throws {
        func volume(_ created: Timestamp) -> EngineVolume { EngineVolume(name: "data", driver: "local", created: created, labels: [:]) }
        let old = volume(ExampleWorld.now - .seconds(90_000))
        let base = FakeEngine(ExampleWorld(volumes: [volume(ExampleWorld.now)]))
        let engine = Self.planned(base, [.removing(old, subject: "volume data")])
        let message =
            "the volume 'data' is not as the plan has it, so nothing was changed there: it has changed since the plan was made: "
            + "created: '2026-10-31T07:00:00Z' then, '2026-11-01T08:00:00Z' now"
        await #expect(throws: EngineError(.notInPlan, message)) { try await engine.removeVolume("data") }
        #expect(base.changes == [])
        base.update { $0.volumes = [old] }
        try await engine.removeVolume("data")
        #expect(base.state.volumes == [])
    }
}
