import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// What still goes, and what does not, when a removal fails or something changes on the way.
@Suite struct PruneFailureTests {
    private static let old = ExampleWorld.now - .seconds(90_000)
    private static let containerID = String(repeating: "c", count: 64)

    private static func image(_ number: Int, _ tags: [String] = [], on parent: Int? = nil) -> EngineImage {
        EngineImage(
            id: PruneSafetyTests.digest(number),
            parent: parent.map(PruneSafetyTests.digest),
            references: tags.map { ImageReference($0)! },
            created: old,
            size: 1000,
            sharedSize: 0
        )
    }

    private static func container(state: String = "exited") -> EngineContainer {
        EngineContainer(
            id: containerID,
            names: ["mc"],
            image: PruneSafetyTests.digest(1),
            imageName: "m/app:v1",
            state: state,
            created: state == "exited" ? old : ExampleWorld.now,
            networks: state == "exited" ? ["mnet"] : [],
            volumes: state == "exited" ? ["mdata"] : []
        )
    }

    private static let volume = EngineVolume(name: "mdata", driver: "local", created: old, labels: [:])

    private static func world() -> ExampleWorld {
        ExampleWorld(
            images: [image(1, ["m/app:v1", "m/app:v2", "m/app:v3"])],
            containers: [container()],
            networks: [
                EngineNetwork(id: "n1", name: "mnet", driver: "bridge", scope: "local", created: old, labels: [:], isPredefined: false)
            ],
            volumes: [volume]
        )
    }

    private static func lines(_ findings: [Finding]) -> [String] { findings.map { "\($0.type) \($0.subject): \($0.message)" } }

    // MARK: Failures

    @Test(arguments: [
        (EngineError(.badAnswer, "500: device or resource busy"), "which was not removed,"),
        (EngineError(.conflict, "409: removal in progress"), "which was not removed,"),
        (EngineError(.timeout, "no answer within 5m"), "which may still be there,"),
        (EngineError(.unknownOutcome, "the engine closed the connection"), "which may still be there,"),
    ])
    func aContainerThatIsNotRemovedKeepsItsNetworkItsVolumeAndItsImage(error: EngineError, holder: String) async throws {
        let world = Self.world()
        let engine = FakeEngine(world) { request, _ in
            if case .removeContainer = request { throw error }
        }
        let settings: ConfigValue = [
            "containers": true, "networks": true, "unused": true, "volumes": ["m*"], "older-than": "0s", "images": ["m/*"],
        ]
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        #expect(engine.changes == [.removeContainer(Self.containerID)])
        let reason = "kept: 'container mc', \(holder) needs it"
        #expect(
            Self.lines(findings.filter { $0.subject != "container mc" }) == [
                "not-removed network mnet: \(reason)", "not-removed volume mdata: \(reason)",
                "not-removed m/app:v1: \(reason); by the plan it also had 'm/app:v2', 'm/app:v3'",
            ]
        )
    }

    @Test func aContainerThatSomebodyElseRemovedKeepsNothing() async throws {
        let world = Self.world()
        let engine = FakeEngine(world) { request, engine in
            if case .removeContainer = request { engine.update { $0.containers = [] } }
        }
        let settings: ConfigValue = ["containers": true, "networks": true, "older-than": "0s", "images": ["m/*"]]
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        #expect(
            Self.lines(findings) == [
                "gone container mc: somebody else removed it meanwhile",
                "removed network mnet: container 'mc', which uses it, goes first",
            ]
        )
    }

    @Test func anImageThatIsNotRemovedKeepsWhatItIsBuiltOnToAnyDepth() async throws {
        let world = ExampleWorld(images: [Self.image(1), Self.image(2, on: 1), Self.image(3, on: 2)])
        let engine = FakeEngine(world) { request, _ in
            if case .removeImage = request { throw EngineError(.timeout, "no answer within 5m") }
        }
        let findings = try await PruneSafetyTests.run([:], on: engine, world, isDryRun: false)
        #expect(engine.changes == [.removeImage(PruneSafetyTests.digest(3))])
        let ids = (0..<4).map { PruneSafetyTests.digest($0).short }
        #expect(
            Self.lines(findings) == [
                "unknown \(ids[3]): whether it is removed is not known: no answer within 5m",
                "not-removed \(ids[2]): kept: '\(ids[3])', which may still be there, needs it",
                "not-removed \(ids[1]): kept: '\(ids[2])', which was not removed, needs it",
            ]
        )
    }

    @Test func anImageWhoseRemovalHadNoAnswerIsNotSaidToStay() async throws {
        let world = ExampleWorld(images: [Self.image(1), Self.image(2, on: 1)])
        let engine = FakeEngine(world) { request, engine in
            guard case .removeImage(let image) = request else { return }
            // The engine carries it out, and the answer is lost.
            engine.update { state in state.images.removeAll { $0.id == image } }
            throw EngineError(.unknownOutcome, "the engine closed the connection")
        }
        let findings = try await PruneSafetyTests.run([:], on: engine, world, isDryRun: false)
        #expect(engine.changes == [.removeImage(PruneSafetyTests.digest(2))])
        let ids = (0..<3).map { PruneSafetyTests.digest($0).short }
        #expect(
            Self.lines(findings) == [
                "unknown \(ids[2]): whether it is removed is not known: the engine closed the connection",
                "not-removed \(ids[1]): kept: '\(ids[2])', which may still be there, needs it",
            ]
        )
        #expect(findings.map(\.outcome) == [.error, .skipped])
    }

    // MARK: Removals that fail midway

    private static let failure = EngineError(.badAnswer, "500: device or resource busy")
    private static let first = PruneSafetyTests.digest(1)

    /// What becomes of an image that is built on another, where the engine did something of its removal and answers that it failed.
    private static func findings(
        _ tags: [String],
        failing request: FakeEngineRequest,
        _ body: @escaping @Sendable (inout FakeEngineState) -> Void
    ) async throws -> [Finding] {
        let world = ExampleWorld(images: [image(0), image(1, tags, on: 0)])
        let engine = FakeEngine(world) { asked, engine in
            guard asked == request else { return }
            engine.update(body)
            throw failure
        }
        return try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
    }

    @Test func anImageThatIsGoneAfterAFailureIsNotSaidToBeThere() async throws {
        let findings = try await Self.findings(["m/app:v1"], failing: .removeImage(Self.first)) { state in
            state.images.removeAll { $0.id == Self.first }
        }
        #expect(
            Self.lines(findings) == [
                "removed-with-failure m/app:v1: it is gone, though the engine failed on the way, so that its space may not be free: "
                    + Self.failure.description,
                "removed \(PruneSafetyTests.digest(0).short): parent of removed images only, last sign of use 1 day ago",
            ]
        )
        #expect(findings[0].outcome == .error)
    }

    @Test func aTagThatIsOffAfterAFailureIsNamed() async throws {
        let findings = try await Self.findings(["m/app:v1"], failing: .removeImage(Self.first)) { $0.images[1] = Self.image(1, on: 0) }
        #expect(
            Self.lines(findings) == [
                "partly-untagged m/app:v1: the image stays, but 'm/app:v1' was taken off before the engine failed",
                "not-removed \(PruneSafetyTests.digest(0).short): kept: 'm/app:v1', which was not removed, needs it",
            ]
        )
        #expect(findings[0].details == [Self.failure.description])
        #expect(findings[0].remedy == "docker tag \(Self.first.short) m/app:v1")
    }

    @Test func theTagInHandThatIsOffAfterAFailureIsNamedWithThoseBeforeIt() async throws {
        let tags = ["m/app:v1", "m/app:v2", "m/app:v3"]
        let findings = try await Self.findings(tags, failing: .removeTag(ImageReference("m/app:v2")!)) {
            $0.images[1] = Self.image(1, ["m/app:v3"], on: 0)
        }
        #expect(
            Self.lines(findings)[0]
                == "partly-untagged m/app:v1: the image stays, but 'm/app:v1', 'm/app:v2' were taken off before something failed; "
                + "by the plan it also had 'm/app:v3'"
        )
    }

    @Test func anImageThatIsAsItWasAfterAFailureWasNotRemoved() async throws {
        let findings = try await Self.findings(["m/app:v1"], failing: .removeImage(Self.first)) { _ in }
        #expect(Self.lines(findings)[0] == "not-removed m/app:v1: \(Self.failure.description)")
    }

    @Test func whatCannotBeLookedAtAfterAFailureIsNotKnown() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["m/app:v1"])])
        let engine = FakeEngine(world) { request, _ in
            if [.removeImage(Self.first), .tags(Self.first)].contains(request) { throw Self.failure }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(Self.lines(findings) == ["unknown m/app:v1: whether it is removed is not known: \(Self.failure.description)"])
    }

    @Test(arguments: [
        (failure, "before something failed"),
        (EngineError(.changed, "it names another"), "before 'm/app:v2' was found to be its tag no more"),
        (nil, "and the engine does not say that it is gone"),
    ])
    func theTagsThatAreOffAreNamedWhereTheImageCannotBeLookedAt(error: EngineError?, ending: String) async throws {
        let world = ExampleWorld(images: [Self.image(0), Self.image(1, ["m/app:v1", "m/app:v2"], on: 0)])
        let engine = FakeEngine(world) { request, engine in
            if request == .tags(Self.first) { throw Self.failure }
            guard request == .removeTag(ImageReference("m/app:v2")!) else { return }
            if let error { throw error }
            // The engine keeps what another image is built on.
            engine.update { $0.images.append(Self.image(2, on: 1)) }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        let off = error == nil ? "'m/app:v1', 'm/app:v2' were" : "'m/app:v1' was"
        let rest = error == nil ? "" : "; by the plan it also had 'm/app:v2'"
        #expect(
            Self.lines(findings) == [
                "partly-untagged m/app:v1: the image may stay, but \(off) taken off \(ending)\(rest)",
                "not-removed \(PruneSafetyTests.digest(0).short): kept: 'm/app:v1', which may still be there, needs it",
            ]
        )
    }

    @Test(arguments: [1, 2]) func anImageWhoseTagsSomebodyElseTookOffIsGone(turn: Int) async throws {
        let world = ExampleWorld(images: [Self.image(1, ["m/app:v1", "m/app:v2"])])
        let engine = FakeEngine(world) { request, engine in
            guard request == .removeTag(ImageReference("m/app:v\(turn)")!) else { return }
            engine.update { $0.images = [] }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(Self.lines(findings) == ["gone m/app:v1: somebody else removed it meanwhile; by the plan it also had 'm/app:v2'"])
    }

    // MARK: Build cache

    @Test func aRecordOfTheBuildCacheThatTheEngineDoesNotRemoveMayBeGone() async throws {
        func record(_ id: String, on parents: [String] = []) -> BuildCacheRecord {
            BuildCacheRecord(
                id: id,
                parents: parents,
                description: "a step",
                isInUse: false,
                isShared: false,
                size: 1000,
                created: Self.old,
                lastUsed: Self.old
            )
        }
        let world = ExampleWorld(buildCache: [record("base"), record("top", on: ["base"])])
        let engine = FakeEngine(world) { request, engine in
            guard case .removeBuildCache = request else { return }
            // Another run removes it.
            engine.update { $0.buildCache.removeAll { $0.id == "top" } }
            throw EngineError(.conflict, "kept the build cache record top")
        }
        let findings = try await PruneSafetyTests.run(["build-cache": true], on: engine, world, isDryRun: false)
        #expect(
            Self.lines(findings) == [
                "not-removed build cache top: a build uses it, another record builds on it, or it is gone already",
                "not-removed build cache base: kept: 'build cache top', which may still be there, needs it",
            ]
        )
    }

    // MARK: Networks

    @Test func aNetworkThatAContainerWasConnectedToMeanwhileStaysThoughNoEventTellsOfIt() async throws {
        let network = EngineNetwork(
            id: "n1",
            name: "mnet",
            driver: "bridge",
            scope: "local",
            created: Self.old,
            labels: [:],
            isPredefined: false
        )
        let world = ExampleWorld(images: [Self.image(1, ["m/app:v1"])], networks: [network])
        let isConnected = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isConnected.next() == 1 else { return }
            engine.update { $0.containers = [Self.container()] }
        }
        let settings: ConfigValue = ["containers": true, "networks": true, "older-than": "0s"]
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(Self.lines(findings).last == "not-removed network mnet: kept: exited container 'mc' uses it since the plan was made")
    }

    // MARK: Tags

    @Test func anImageWhoseLastTagHadNoAnswerIsNotSaidToStay() async throws {
        let world = ExampleWorld(images: [Self.image(1), Self.image(2, ["m/app:v1", "m/app:v2"], on: 1)])
        let engine = FakeEngine(world) { request, engine in
            guard case .removeTag(ImageReference("m/app:v2")!) = request else { return }
            engine.update { state in state.images.removeAll { $0.id == PruneSafetyTests.digest(2) } }
            throw EngineError(.unknownOutcome, "the engine closed the connection")
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(
            Self.lines(findings) == [
                "partly-untagged m/app:v1: the image may stay, but 'm/app:v1' was taken off before something failed; "
                    + "by the plan it also had 'm/app:v2'",
                "not-removed \(PruneSafetyTests.digest(1).short): kept: 'm/app:v1', which may still be there, needs it",
            ]
        )
        #expect(findings[0].details == ["the engine closed the connection"])
    }

    @Test func aContainerThatIsMadeBetweenTwoTagsKeepsTheOthers() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["m/app:v1", "m/app:v2", "m/app:v3"])])
        let engine = FakeEngine(world) { request, engine in
            guard case .removeTag(ImageReference("m/app:v1")!) = request else { return }
            engine.update { $0.containers = [Self.container(state: "created")] }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "container", action: "create", actor: Self.containerID))
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [.removeTag(ImageReference("m/app:v1")!)])
        let reason = "created container 'mc' uses it since the plan was made"
        #expect(
            Self.lines(findings) == [
                "partly-untagged m/app:v1: the image stays, but 'm/app:v1' was taken off before this was seen: \(reason); "
                    + "by the plan it also had 'm/app:v2', 'm/app:v3'"
            ]
        )
        #expect(findings[0].remedy == "docker tag \(PruneSafetyTests.digest(1).short) m/app:v1")
    }

    @Test func anImageWhoseOnlyTagMovedIsNotSaidToHaveTakenItAlong() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["m/app:v1"]), Self.image(2, ["m/app:v2"])])
        let engine = FakeEngine(world) { request, engine in
            guard request == .removeImage(PruneSafetyTests.digest(1)) else { return }
            engine.tag(PruneSafetyTests.digest(2), as: ImageReference("m/app:v1")!)
        }
        let settings: ConfigValue = ["unused": true, "images": ["m/app:v1"]]
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        #expect(
            Self.lines(findings.filter { $0.type != "kept" }) == [
                "removed m/app:v1: no container uses it, last sign of use 1 day ago; 'm/app:v1' was not its tag any more"
            ]
        )
    }

    @Test func anImageThatAnotherIsBuiltOnMeanwhileKeepsItsTagsThoughNoEventTellsOfIt() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["m/app:v1", "m/app:v2"])])
        let isBuilt = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isBuilt.next() == 1 else { return }
            engine.update { $0.images.append(Self.image(2, on: 1)) }
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        let child = PruneSafetyTests.digest(2).short
        #expect(
            Self.lines(findings)
                == ["not-removed m/app:v1: kept: '\(child)' is built on it since the plan was made; by the plan it also had 'm/app:v2'"]
        )
    }

    @Test(arguments: [("1h", false), ("0s", true)])
    func anImageThatAShortLivedContainerUsedMeanwhileStaysWhereUseCounts(age: String, isRemoved: Bool) async throws {
        let world = ExampleWorld(images: [Self.image(1, ["m/app:v1"])])
        let isRun = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isRun.next() == 1 else { return }
            for action in ["create", "start", "die", "destroy"] {
                let attributes = ["image": "m/app:v1"]
                let event = EngineEvent(
                    time: ExampleWorld.now,
                    kind: "container",
                    action: action,
                    actor: Self.containerID,
                    attributes: attributes
                )
                engine.inject(event)
            }
        }
        let settings: ConfigValue = ["unused": true, "containers": true, "older-than": ConfigValue(.string(age))]
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        #expect(engine.changes.isEmpty != isRemoved)
        #expect(
            Self.lines(findings).map { String($0.prefix(120)) } == [
                isRemoved
                    ? "removed m/app:v1: no container uses it, last sign of use 1 day ago"
                    : "not-removed m/app:v1: kept: a container was made of it since the plan was made"
            ]
        )
    }

    // MARK: Volumes

    @Test(arguments: [ExampleWorld.now, nil]) func aVolumeThatWasMadeAnewUnderItsNameStays(created: Timestamp?) async throws {
        let world = ExampleWorld(volumes: [Self.volume])
        let isMade = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isMade.next() == 1 else { return }
            engine.update { $0.volumes = [EngineVolume(name: "mdata", driver: "local", created: created, labels: [:])] }
        }
        let findings = try await PruneSafetyTests.run(["volumes": ["m*"], "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(Self.lines(findings) == ["not-removed volume mdata: kept: it was made anew since the plan was made"])
    }

    @Test(arguments: [("create", "a volume of this name was made"), ("mount", "a container mounted it")])
    func aVolumeOfWhichTheEngineTellsStays(action: String, word: String) async throws {
        let world = ExampleWorld(volumes: [Self.volume])
        let isTold = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isTold.next() == 1 else { return }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "volume", action: action, actor: "mdata"))
        }
        let findings = try await PruneSafetyTests.run(["volumes": ["m*"], "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(Self.lines(findings) == ["not-removed volume mdata: kept: \(word) since the stage began"])
    }
}
