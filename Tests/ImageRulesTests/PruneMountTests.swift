import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// Images that containers mount, beside those that they are made of.
@Suite struct PruneMountTests {
    private static let old = ExampleWorld.now - .seconds(90_000)

    private static func image(_ number: Int, _ tags: String...) -> EngineImage {
        EngineImage(
            id: PruneSafetyTests.digest(number),
            references: tags.map { ImageReference($0)! },
            created: old,
            size: 1000,
            sharedSize: 0
        )
    }

    private static func container(_ state: String, mounts: String..., created: Timestamp = old) -> EngineContainer {
        EngineContainer(
            id: String(repeating: "c", count: 64),
            names: ["reader"],
            image: PruneSafetyTests.digest(9),
            imageName: "base:latest",
            state: state,
            created: created,
            imageMounts: mounts
        )
    }

    private static func seen(_ number: Int, from first: Int64, to last: Int64) -> TagGeneration {
        let build = BuildRecord(run: "r", pipeline: "p")
        return TagGeneration(
            reference: ImageReference("data/set:v1")!,
            image: PruneSafetyTests.digest(number),
            firstSeen: old - .seconds(first),
            firstBuild: build,
            lastSeen: old - .seconds(last),
            lastBuild: build,
            sightings: 1
        )
    }

    private static func lines(_ findings: [Finding]) -> Set<String> { Set(findings.map { "\($0.type) \($0.subject): \($0.message)" }) }

    @Test(arguments: ["running", "exited", "created"]) func aMountedImageStaysWithoutAndWithATag(state: String) async throws {
        let world = ExampleWorld(
            images: [Self.image(1, "localhost/data/set:v1"), Self.image(2), Self.image(3, "localhost/data/set:v2")],
            containers: [Self.container(state, mounts: "data/set:v1", PruneSafetyTests.digest(2).hex)]
        )
        let engine = FakeEngine(world)
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [.removeImage(PruneSafetyTests.digest(3))])
        let reason = "\(state) container 'reader' mounts it"
        #expect(
            Self.lines(findings.filter { $0.type == "kept" })
                == ["kept localhost/data/set:v1: \(reason)", "kept \(PruneSafetyTests.digest(2).short): \(reason)"]
        )
    }

    /// The engine looks the name up at each start: one that runs may have what the name meant then.
    @Test(arguments: ["running", "exited"]) func aContainerThatRunsMayMountWhatHadTheName(state: String) async throws {
        var world = ExampleWorld(
            images: [Self.image(1), Self.image(2), Self.image(3, "data/set:v1")],
            containers: [Self.container(state, mounts: "data/set:v1")]
        )
        // The first had lost the name before the container was made, the second has lost it since.
        world.ledger = [Self.seen(1, from: 900, to: 800), Self.seen(2, from: 700, to: -100), Self.seen(3, from: -200, to: -300)]
        let engine = FakeEngine(world)
        let findings = try await PruneSafetyTests.run([:], on: engine, world, isDryRun: false)
        let kept = "kept data/set:v1 (\(PruneSafetyTests.digest(2).short)): running container 'reader' mounts it"
        #expect(Self.lines(findings.filter { $0.type == "kept" }) == (state == "running" ? [kept] : []))
        #expect(
            Set(engine.changes)
                == Set((state == "running" ? [1] : [1, 2]).map { FakeEngineRequest.removeImage(PruneSafetyTests.digest($0)) })
        )
    }

    @Test func whatAContainerMountsStaysWhereTheContainerDoes() async throws {
        let container = Self.container("exited", mounts: "data/set:v1")
        let world = ExampleWorld(images: [Self.image(1, "data/set:v1"), Self.image(9, "base:latest")], containers: [container])
        let engine = FakeEngine(world) { request, _ in
            if case .removeContainer = request { throw EngineError(.conflict, "409: removal in progress") }
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [.removeContainer(container.id)])
        let reason = "kept: 'container reader', which was not removed, needs it"
        #expect(
            Self.lines(findings) == [
                "not-removed container reader: kept: the engine refuses to remove it", "not-removed data/set:v1: \(reason)",
                "not-removed base:latest: \(reason)",
            ]
        )
        let gone = FakeEngine(world)
        _ = try await PruneSafetyTests.run(["unused": true, "containers": true], on: gone, world, isDryRun: false)
        #expect(gone.state.images.isEmpty)
    }

    /// `podman image mount` makes no container.
    @Test func whatIsMountedMeanwhileStays() async throws {
        let world = ExampleWorld(images: [Self.image(1, "data/set:v1")])
        let isMounted = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isMounted.next() == 1 else { return }
            let image = PruneSafetyTests.digest(1).description
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "image", action: "mount", actor: image))
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(findings.map(\.message) == ["kept: it was mounted since the plan was made"])
    }

    @Test func whatAContainerMountsMeanwhileStays() async throws {
        let world = ExampleWorld(images: [Self.image(1, "data/set:v1")])
        let isMade = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isMade.next() == 1 else { return }
            engine.update { $0.containers.append(Self.container("created", mounts: "set:v1", created: ExampleWorld.now)) }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "container", action: "create", actor: "c"))
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(findings.map(\.message) == ["kept: created container 'reader' mounts it since the plan was made"])
    }
}
