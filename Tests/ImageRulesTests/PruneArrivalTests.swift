import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// Images that come to the engine again, or get a tag that they have already, between the plan and their removal: no listing shows a difference.
@Suite struct PruneArrivalTests {
    private static let digest = PruneSafetyTests.digest(1)

    private static func image(_ number: Int, _ tags: String...) -> EngineImage {
        EngineImage(
            id: PruneSafetyTests.digest(number),
            references: tags.map { ImageReference($0)! },
            repositoryDigests: tags.map { ImageReference("\($0.dropLast(3))@\(PruneSafetyTests.digest(90 + number))")! },
            created: ExampleWorld.now - .seconds(90_000),
            size: 1000,
            sharedSize: 0
        )
    }

    private static let images = [image(1, "shop/api:v1"), image(2, "shop/web:v1"), image(3)]

    private static func event(_ action: String, _ actor: String, name: String?, kind: String = "image") -> EngineEvent {
        let attributes = name.map { ["name": $0] } ?? [:]
        return EngineEvent(time: ExampleWorld.now, kind: kind, action: action, actor: actor, attributes: attributes)
    }

    /// Runs `prune` while events happen after the plan was made; what it did not remove, and why.
    private static func run(_ events: EngineEvent...) async throws -> (kept: [String], changes: [FakeEngineRequest]) {
        let world = ExampleWorld(images: images)
        let isFirst = Counter()
        // Containers are inspected after the engine was asked for its images and events.
        let engine = FakeEngine(world) { request, engine in
            guard request == .inspectContainers([]), isFirst.next() == 1 else { return }
            for event in events { engine.inject(event) }
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        let kept = findings.filter { $0.type == "not-removed" }.map { "\($0.subject): \($0.message)" }
        return (kept.sorted(), engine.changes.sorted { "\($0)" < "\($1)" })
    }

    @Test(
        arguments: [
            ("tag", digest.description, "shop/api:v1", "tagged 'shop/api:v1'"),
            ("tag", digest.description, "docker.io/shop/api:v1", "tagged 'shop/api:v1'"), ("tag", digest.description, nil, "tagged"),
            ("load", digest.description, digest.description, "loaded"), ("import", digest.description, nil, "imported"),
            ("create", digest.description, digest.description, "built"), ("commit", digest.description, nil, "committed"),
            ("pull", "shop/api:v1", "shop/api", "pulled"), ("pull", "shop/api", "shop/api", "pulled"),
            ("pull", "shop/api@\(PruneSafetyTests.digest(91))", "shop/api", "pulled"),
            // Podman has no ID in these.
            ("pull", "", "docker.io/shop/api:v1", "pulled"), ("build", "", String(digest.hex), "built"),
        ] as [(String, String, String?, String)]
    )
    func anImageThatComesAgainStaysAndNoOther(action: String, actor: String, name: String?, word: String) async throws {
        let (kept, changes) = try await Self.run(Self.event(action, actor, name: name))
        #expect(kept == ["shop/api:v1: kept: it was \(word) since the plan was made"])
        #expect(changes == [.removeImage(PruneSafetyTests.digest(2)), .removeImage(PruneSafetyTests.digest(3))])
    }

    @Test func aDanglingImageThatIsLoadedAgainStays() async throws {
        let id = PruneSafetyTests.digest(3)
        let (kept, changes) = try await Self.run(Self.event("load", id.description, name: id.description))
        #expect(kept == ["\(id.short): kept: it was loaded since the plan was made"])
        #expect(changes == [.removeImage(PruneSafetyTests.digest(1)), .removeImage(PruneSafetyTests.digest(2))])
    }

    @Test func whereTheEngineDoesNotSayWhichImageWasLoadedAllStay() async throws {
        // As Podman tells of a load.
        let (kept, changes) = try await Self.run(Self.event("load", "", name: "/tmp/api_load.tar1616251354"))
        let reason = "kept: an image was loaded since the plan was made, and the engine does not say which"
        #expect(kept == ["\(PruneSafetyTests.digest(3).short): \(reason)", "shop/api:v1: \(reason)", "shop/web:v1: \(reason)"])
        #expect(changes == [])
    }

    @Test(arguments: ["untag", "push", "save", "mount"]) func whatBringsNoImageKeepsNoneByItsName(action: String) async throws {
        let (kept, changes) = try await Self.run(Self.event(action, "shop/api:v1", name: "shop/api"))
        #expect(kept == [])
        #expect(changes.count == 3)
    }

    /// A watch begins a moment before the look at the engine, and so tells again of what the plan was made from.
    @Test(arguments: ["tag", "load"]) func whatThePlanKnewIsNoChange(action: String) async throws {
        let world = ExampleWorld(images: Self.images)
        let isFirst = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .events = request, isFirst.next() == 1 else { return }
            engine.inject(Self.event(action, action == "tag" ? Self.digest.description : "", name: "shop/api:v1"))
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "older-than": "0s"], on: engine, world, isDryRun: false)
        #expect(findings.map(\.type) == ["removed", "removed", "removed"])
    }

    @Test func whatWasHeardBeforeALookFailedIsNotForgotten() async throws {
        let isFirst = Counter()
        let failure = EngineError(.timeout, "no answer within 5m")
        let engine = FakeEngine(ExampleWorld(images: Self.images)) { request, _ in
            if case .images = request, isFirst.next() == 1 { throw failure }
        }
        var world = PruneWorld(now: ExampleWorld.now)
        world.images = Self.images
        let watch = try await engine.watch()
        let plan = PrunePlanner.plan(PrunePolicy(unused: .remove), in: world)
        let changes = PruneChanges(since: plan, engine: engine, watch: watch, names: nil, world: world)
        engine.inject(Self.event("pull", "shop/api:v1", name: "shop/api"))
        let item = PrunePlan.Item.image(Self.images[0])
        await #expect(throws: failure) { try await changes.reason(toKeep: item) }
        #expect(try await changes.reason(toKeep: item) == "it was pulled since the plan was made")
    }

    // MARK: Podman

    @Test func aCachedBuildAndAPullOnPodmanAreSignsOfUse() async throws {
        var world = ExampleWorld(images: Self.images)
        world.events = [
            Self.event("build", "", name: String(Self.digest.hex)), Self.event("pull", "", name: "docker.io/shop/web:v1"),
        ]
        let engine = FakeEngine(world)
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(findings.filter { $0.type == "kept" }.map(\.subject) == ["shop/api:v1", "shop/web:v1"])
        #expect(engine.changes == [.removeImage(PruneSafetyTests.digest(3))])
    }
}
