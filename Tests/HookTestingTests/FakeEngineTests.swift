import HookKit
import HookTesting
import OCI
import Testing

/// What the Engine 20.10 answers to the same requests was compared by hand; the messages are its own.
struct FakeEngineTests {
    private static func digest(_ digit: Character) throws -> Digest {
        try #require(Digest("sha256:" + String(repeating: digit, count: 64)))
    }

    private static func reference(_ text: String) throws -> ImageReference { try #require(ImageReference(text)) }

    private static func image(
        _ digit: Character,
        parent: Digest? = nil,
        tags: [String] = [],
        repositoryDigests: [String] = []
    ) throws -> EngineImage {
        EngineImage(
            id: try digest(digit),
            parent: parent,
            references: try tags.map(reference),
            repositoryDigests: try repositoryDigests.map(reference),
            created: ExampleWorld.now - .seconds(60),
            size: 1000
        )
    }

    private static func container(_ id: String, of image: Digest, state: String) -> EngineContainer {
        EngineContainer(
            id: id,
            image: image,
            imageName: "shop/api:v1",
            state: state,
            created: ExampleWorld.now,
            networks: ["n"],
            volumes: ["v"]
        )
    }

    private static func conflict(_ message: String) -> EngineError { EngineError(.conflict, message) }

    @Test func imageWithoutContainersAndChildrenIsRemovedWithItsTag() async throws {
        let image = try Self.image("a", tags: ["shop/api:v1"])
        let engine = FakeEngine(ExampleWorld(images: [image]))
        let removal = try await engine.removeImage(image.id)
        #expect(removal == ImageRemoval(untagged: ["shop/api:v1"], deleted: [image.id.description]))
        #expect(engine.state.images == [])
        #expect(engine.state.events.map(\.action) == ["untag", "delete"])
        #expect(engine.changes == [.removeImage(image.id)])
    }

    @Test func imageWithTwoTagsIsNotRemovedByItsID() async throws {
        let image = try Self.image("a", tags: ["shop/api:v1", "shop/api:v2"])
        let engine = FakeEngine(ExampleWorld(images: [image]))
        await #expect(
            throws: Self.conflict("conflict: unable to delete aaaaaaaaaaaa (must be forced) - image is referenced in multiple repositories")
        ) { try await engine.removeImage(image.id) }
        #expect(engine.state.images == [image])
        #expect(engine.changes == [.removeImage(image.id)])
    }

    @Test func digestsOfOneRepositoryDoNotHoldAnImageAndThoseOfTwoDo() async throws {
        let hex = String(repeating: "e", count: 64)
        let pulled = try Self.image("a", repositoryDigests: ["shop/api@sha256:\(hex)"])
        let twice = try Self.image("b", repositoryDigests: ["shop/api@sha256:\(hex)", "shop/web@sha256:\(hex)"])
        let engine = FakeEngine(ExampleWorld(images: [pulled, twice]))
        #expect(try await engine.removeImage(pulled.id).untagged == ["shop/api@sha256:\(hex)"])
        await #expect(
            throws: Self.conflict("conflict: unable to delete bbbbbbbbbbbb (must be forced) - image is referenced in multiple repositories")
        ) { try await engine.removeImage(twice.id) }
    }

    @Test func imageWithChildrenIsNotRemoved() async throws {
        let parent = try Self.image("a")
        let child = try Self.image("b", parent: parent.id)
        let engine = FakeEngine(ExampleWorld(images: [child, parent]))
        await #expect(
            throws: Self.conflict("conflict: unable to delete aaaaaaaaaaaa (cannot be forced) - image has dependent child images")
        ) { try await engine.removeImage(parent.id) }
        #expect(try await engine.removeImage(child.id).deleted == [child.id.description])
        #expect(try await engine.removeImage(parent.id).deleted == [parent.id.description])
    }

    @Test(arguments: [
        ("running", "(cannot be forced) - image is being used by running container c1"),
        ("paused", "(cannot be forced) - image is being used by running container c1"),
        ("exited", "(must be forced) - image is being used by stopped container c1"),
        ("created", "(must be forced) - image is being used by stopped container c1"),
    ])
    func imageOfAContainerIsNotRemoved(state: String, reason: String) async throws {
        let image = try Self.image("a", tags: ["shop/api:v1"])
        let engine = FakeEngine(ExampleWorld(images: [image], containers: [Self.container("c1", of: image.id, state: state)]))
        await #expect(throws: Self.conflict("conflict: unable to delete aaaaaaaaaaaa \(reason)")) { try await engine.removeImage(image.id) }
        let tag = try Self.reference("shop/api:v1")
        await #expect(
            throws: Self.conflict(
                "conflict: unable to remove repository reference \"shop/api:v1\" (must force) - "
                    + "container c1 is using its referenced image aaaaaaaaaaaa"
            )
        ) { try await engine.removeTag(tag, of: image.id) }
        #expect(engine.state.images == [image])
    }

    @Test func lastTagTakesTheImageAlongAndAnotherDoesNot() async throws {
        let image = try Self.image("a", tags: ["shop/api:v1", "shop/api:v2"])
        let engine = FakeEngine(ExampleWorld(images: [image]))
        #expect(
            try await engine.removeTag(Self.reference("shop/api:v1"), of: image.id) == ImageRemoval(untagged: ["shop/api:v1"], deleted: [])
        )
        #expect(engine.state.images.map(\.references) == [[try Self.reference("shop/api:v2")]])
        let last = try await engine.removeTag(Self.reference("shop/api:v2"), of: image.id)
        #expect(last == ImageRemoval(untagged: ["shop/api:v2"], deleted: [image.id.description]))
        #expect(engine.state.images == [])
    }

    @Test func aTagThatNamesAnotherImageByNowStays() async throws {
        let image = try Self.image("a", tags: ["shop/api:v1"])
        let engine = FakeEngine(ExampleWorld(images: [image]))
        await #expect(throws: EngineError(.changed, "'shop/api:v1' names aaaaaaaaaaaa by now, so it stays")) {
            try await engine.removeTag(Self.reference("shop/api:v1"), of: Self.image("b").id)
        }
        #expect(engine.state.images == [image])
    }

    @Test func lastTagOfAParentOnlyUntagsIt() async throws {
        let parent = try Self.image("a", tags: ["base:1"])
        let child = try Self.image("b", parent: parent.id, tags: ["shop/api:v1"])
        let engine = FakeEngine(ExampleWorld(images: [child, parent]))
        #expect(try await engine.removeTag(Self.reference("base:1"), of: parent.id) == ImageRemoval(untagged: ["base:1"], deleted: []))
        #expect(engine.state.images.map(\.isUntagged) == [false, true])
    }

    @Test func nothingElseThatIsInUseIsRemoved() async throws {
        let image = try Self.image("a")
        let network = EngineNetwork(id: "n1", name: "n", driver: "bridge", scope: "local", created: nil, labels: [:], isPredefined: false)
        let bridge = EngineNetwork(
            id: "n2",
            name: "bridge",
            driver: "bridge",
            scope: "local",
            created: nil,
            labels: [:],
            isPredefined: true
        )
        let lower = BuildCacheRecord(
            id: "lower",
            parents: [],
            description: "",
            isInUse: false,
            isShared: false,
            size: 10,
            created: nil,
            lastUsed: nil
        )
        let upper = BuildCacheRecord(
            id: "upper",
            parents: ["lower"],
            description: "",
            isInUse: false,
            isShared: false,
            size: 5,
            created: nil,
            lastUsed: nil
        )
        let engine = FakeEngine(
            ExampleWorld(
                images: [image],
                containers: [Self.container("c1", of: image.id, state: "running")],
                networks: [network, bridge],
                volumes: [EngineVolume(name: "v", driver: "local", created: nil, labels: [:])],
                buildCache: [lower, upper]
            )
        )
        let before = engine.state
        await #expect(
            throws: Self.conflict(
                "You cannot remove a running container c1. Stop the container before attempting removal or force remove"
            )
        ) { try await engine.removeContainer("c1") }
        await #expect(throws: Self.conflict("error while removing network: network n id n1 has active endpoints")) {
            try await engine.removeNetwork("n1")
        }
        await #expect(throws: Self.conflict("bridge is a pre-defined network and cannot be removed")) {
            try await engine.removeNetwork("n2")
        }
        await #expect(throws: Self.conflict("remove v: volume is in use - [c1]")) { try await engine.removeVolume("v") }
        #expect(try await engine.removeBuildCache("lower") == .zero)
        #expect(engine.state == before)

        engine.update { $0.containers = [Self.container("c1", of: image.id, state: "exited")] }
        try await engine.removeContainer("c1")
        try await engine.removeNetwork("n1")
        try await engine.removeVolume("v")
        #expect(try await engine.removeBuildCache("upper") == 5)
        #expect(try await engine.removeBuildCache("lower") == 10)
        #expect(engine.state.containers == [] && engine.state.networks == [bridge] && engine.state.volumes == [])
    }

    @Test func dryRunRefusesEveryChange() async throws {
        let image = try Self.image("a")
        let engine = FakeEngine(ExampleWorld(images: [image]), access: .dryRun)
        let before = engine.state
        let refusal = EngineError(.dryRun, "a dry run asked unix:///var/run/docker.sock for a change: remove image aaaaaaaaaaaa")
        await #expect(throws: refusal) { try await engine.removeImage(image.id) }
        #expect(engine.state == before)
        #expect(engine.changes == [.removeImage(image.id)])
    }

    @Test func watchSeesWhatOthersAndRemovalsDo() async throws {
        let image = try Self.image("a")
        let engine = FakeEngine(ExampleWorld(images: [image, try Self.image("b")]))
        let watch = try await engine.watch()
        #expect(try await watch.arrived() == [])
        try engine.tag(image.id, as: Self.reference("shop/api:v1"))
        _ = try await engine.removeImage(Self.digest("b"))
        let arrived = try await watch.arrived()
        #expect(arrived.map(\.action) == ["tag", "delete"])
        #expect(arrived.first?.attributes == ["name": "shop/api:v1"])
        #expect(try await watch.arrived() == [])
        engine.breakWatches()
        await #expect(throws: EngineError(.unreachable, "the stream of events of unix:///var/run/docker.sock broke")) {
            try await watch.arrived()
        }
    }

    @Test func interceptionComesBeforeTheRequestIsCarriedOut() async throws {
        let image = try Self.image("a")
        let other = try Self.reference("shop/web:v1")
        let engine = FakeEngine(ExampleWorld(images: [image])) { request, engine in
            if case .removeImage = request {
                engine.tag(image.id, as: other)
                engine.update { $0.containers = [Self.container("c1", of: image.id, state: "running")] }
            }
        }
        await #expect(throws: EngineError.self) { try await engine.removeImage(image.id) }
        #expect(engine.state.images.map(\.references) == [[other]])
    }
}
