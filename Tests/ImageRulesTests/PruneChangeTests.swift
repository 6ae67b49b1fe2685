import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// What changes on the engine between the plan and the last removal.
@Suite struct PruneChangeTests {
    private static let old = ExampleWorld.now - .seconds(90_000)

    private static func image(_ number: Int, _ tags: [String] = []) -> EngineImage {
        EngineImage(
            id: PruneSafetyTests.digest(number),
            references: tags.map { ImageReference($0)! },
            created: old,
            size: 1000,
            sharedSize: 0
        )
    }

    @Test func anImageThatIsTaggedAfterThePlanWasMadeStays() async throws {
        var world = ExampleWorld()
        world.images = [
            EngineImage(id: PruneSafetyTests.digest(1), created: ExampleWorld.now - .seconds(90_000), size: 1000, sharedSize: 0),
            EngineImage(id: PruneSafetyTests.digest(2), created: ExampleWorld.now - .seconds(90_000), size: 1000, sharedSize: 0),
        ]
        // Containers are inspected after the images were listed: the tag comes between the look and the removal.
        let engine = FakeEngine(world) { request, engine in
            if case .inspectContainers = request { engine.tag(PruneSafetyTests.digest(1), as: ImageReference("shop/api:keep")!) }
        }
        let findings = try await PruneSafetyTests.run(["containers": true], on: engine, world, isDryRun: false)
        let left = try await engine.images(.current)
        #expect(left.map(\.id) == [PruneSafetyTests.digest(1)])
        let finding = try #require(findings.first { $0.type == "not-removed" })
        #expect(finding.message == "kept: it was tagged 'shop/api:keep' since the plan was made")
        #expect(finding.outcome == .skipped)
    }

    @Test(arguments: ["create", "start"]) func anImageThatAContainerIsMadeOfMeanwhileKeepsItsTags(action: String) async throws {
        var world = ExampleWorld()
        let tags = ["shop/api:v1", "team/api:v1"].map { ImageReference($0)! }
        world.images = [
            EngineImage(
                id: PruneSafetyTests.digest(1),
                references: tags,
                created: ExampleWorld.now - .seconds(90_000),
                size: 1000,
                sharedSize: 0
            )
        ]
        let container = EngineContainer(
            id: String(repeating: "c", count: 64),
            names: ["web"],
            image: PruneSafetyTests.digest(1),
            imageName: "shop/api:v1",
            state: action == "start" ? "running" : "created",
            created: ExampleWorld.now
        )
        let isMade = Counter()
        // The ledger is asked after the containers were listed: the container comes between the look and the removal.
        let engine = FakeEngine(world) { request, engine in
            guard case .events = request, isMade.next() == 1 else { return }
            engine.update { $0.containers.append(container) }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "container", action: action, actor: container.id))
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(findings.map(\.type) == ["not-removed"])
        #expect(findings[0].outcome == .skipped)
        let reason = "\(container.state) container 'web' uses it since the plan was made"
        #expect(findings[0].message == "kept: \(reason); by the plan it also had 'team/api:v1'")
    }

    @Test(arguments: ["build", "commit"]) func anImageWhoseNameABuildTakesKeepsTheOthers(action: String) async throws {
        var world = ExampleWorld()
        let tags = ["shop/api:v1", "team/api:v1"].map { ImageReference($0)! }
        let created = ExampleWorld.now - .seconds(90_000)
        world.images = [EngineImage(id: PruneSafetyTests.digest(1), references: tags, created: created, size: 1000, sharedSize: 0)]
        let isBuilt = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isBuilt.next() == 1 else { return }
            // As Podman does: the tag moves to the new image, and one event tells of the build.
            engine.update { state in
                state.images = [
                    EngineImage(id: PruneSafetyTests.digest(1), references: [tags[1]], created: created, size: 1000, sharedSize: 0),
                    EngineImage(id: PruneSafetyTests.digest(2), references: [tags[0]], created: created, size: 1000, sharedSize: 0),
                ]
            }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "image", action: action, actor: PruneSafetyTests.digest(2).description))
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(findings.map(\.message) == ["kept: its tags changed since the plan was made; by the plan it also had 'team/api:v1'"])
    }

    @Test func tagsThatAreOffWhenTheEngineRefusesAreReportedWithTheWayBack() async throws {
        var world = ExampleWorld()
        let tags = ["shop/api:v1", "team/api:v1"].map { ImageReference($0)! }
        world.images = [
            EngineImage(
                id: PruneSafetyTests.digest(1),
                references: tags,
                created: ExampleWorld.now - .seconds(90_000),
                size: 1000,
                sharedSize: 0
            )
        ]
        let engine = FakeEngine(world) { request, _ in
            if case .removeTag(tags[1]) = request { throw EngineError(.conflict, "a container uses it now") }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(findings.map(\.type) == ["partly-untagged"])
        #expect(findings[0].outcome == .error)
        #expect(
            findings[0].message
                == "the image stays, but 'shop/api:v1' was taken off before the engine refused; by the plan it also had 'team/api:v1'"
        )
        #expect(findings[0].remedy == "docker tag \(PruneSafetyTests.digest(1).short) shop/api:v1")
    }

    @Test func anImageThatTheEngineKeepsWithoutItsTagsIsNotReportedAsRemoved() async throws {
        var world = ExampleWorld()
        let tags = ["shop/api:v1", "team/api:v1"].map { ImageReference($0)! }
        let created = ExampleWorld.now - .seconds(90_000)
        world.images = [EngineImage(id: PruneSafetyTests.digest(1), references: tags, created: created, size: 1000, sharedSize: 0)]
        let engine = FakeEngine(world) { request, engine in
            // A build makes an image of it between the two tags' removal.
            guard case .removeTag(tags[1]) = request else { return }
            engine.update { state in
                state.images.append(
                    EngineImage(
                        id: PruneSafetyTests.digest(2),
                        parent: PruneSafetyTests.digest(1),
                        created: created,
                        size: 1,
                        sharedSize: 0
                    )
                )
            }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(findings.map(\.type) == ["partly-untagged"])
        #expect(findings[0].outcome == .error)
        #expect(
            findings[0].message
                == "the image stays, but 'shop/api:v1', 'team/api:v1' were taken off and the engine does not say that it is gone"
        )
        #expect(
            findings[0].remedy
                == "docker tag \(PruneSafetyTests.digest(1).short) shop/api:v1; docker tag \(PruneSafetyTests.digest(1).short) team/api:v1"
        )
    }

    @Test func aTagThatAnImageGetsInTheMomentOfItsRemovalIsReported() async throws {
        var world = ExampleWorld()
        world.images = [
            EngineImage(id: PruneSafetyTests.digest(1), created: ExampleWorld.now - .seconds(90_000), size: 1000, sharedSize: 0)
        ]
        let engine = FakeEngine(world) { request, engine in
            if case .removeImage = request { engine.tag(PruneSafetyTests.digest(1), as: ImageReference("shop/api:keep")!) }
        }
        let findings = try await PruneSafetyTests.run([:], on: engine, world, isDryRun: false)
        #expect(findings.map(\.type) == ["removed-with-new-tag"])
        #expect(findings[0].outcome == .error)
        #expect(findings[0].message == "removed, with 'shop/api:keep', which it got in the moment of its removal")
    }

    @Test func aTagThatMovesWhileAnotherIsTakenOffStaysWithTheImageThatHasItNow() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["shop/api:v1", "team/api:v1", "team/api:v2"]), Self.image(2, ["shop/new:v1"])])
        let engine = FakeEngine(world) { request, engine in
            // A build takes the second tag while the first one is removed.
            if case .removeTag(ImageReference("shop/api:v1")!) = request {
                engine.tag(PruneSafetyTests.digest(2), as: ImageReference("team/api:v1")!)
            }
        }
        let settings: ConfigValue = ["unused": true, "images": ["shop/api", "team/*"]]
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        #expect(findings.filter { $0.type != "kept" }.map(\.type) == ["partly-untagged"])
        let finding = try #require(findings.first { $0.type == "partly-untagged" })
        #expect(
            finding.message
                == "the image stays, but 'shop/api:v1' was taken off before 'team/api:v1' was found to be its tag no more; "
                + "by the plan it also had 'team/api:v1', 'team/api:v2'"
        )
        #expect(finding.remedy == "docker tag \(PruneSafetyTests.digest(1).short) shop/api:v1")
        let left = try await engine.images(.current)
        #expect(left.map { $0.references.map(\.description) } == [["team/api:v2"], ["shop/new:v1", "team/api:v1"]])
    }

    @Test func anImageThatLosesItsLastTagEarlierThanPlannedIsRemovedAndNothingElse() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["shop/api:v1", "team/api:v1"]), Self.image(2, ["shop/new:v1"])])
        let engine = FakeEngine(world) { request, engine in
            if case .removeTag(ImageReference("shop/api:v1")!) = request {
                engine.tag(PruneSafetyTests.digest(2), as: ImageReference("team/api:v1")!)
            }
        }
        let settings: ConfigValue = ["unused": true, "images": ["shop/api", "team/*"]]
        let findings = try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false)
        let removed = findings.filter { $0.type != "kept" }
        #expect(removed.map { "\($0.type) \($0.subject)" } == ["removed shop/api:v1"])
        #expect(removed[0].message.hasSuffix(", with its tag 'team/api:v1'; 'team/api:v1' was not its tag any more"))
        #expect(try await engine.images(.current).map { $0.references.map(\.description) } == [["shop/new:v1", "team/api:v1"]])
    }

    @Test func anImageWhoseTagIsGoneBeforeItsTurnIsKept() async throws {
        let world = ExampleWorld(images: [Self.image(1, ["shop/api:v1", "team/api:v1"])])
        let engine = FakeEngine(world) { request, engine in
            guard case .removeTag(ImageReference("shop/api:v1")!) = request else { return }
            engine.update { $0.images = [Self.image(1, ["team/api:v1"])] }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(findings.map(\.message) == ["kept: its tags changed since the plan was made; by the plan it also had 'team/api:v1'"])
        #expect(try await engine.images(.current) == [Self.image(1, ["team/api:v1"])])
    }

    @Test func aNetworkThatANewContainerWaitsForStays() async throws {
        let network = EngineNetwork(
            id: "n1",
            name: "shop",
            driver: "bridge",
            scope: "local",
            created: Self.old,
            labels: [:],
            isPredefined: false
        )
        let world = ExampleWorld(networks: [network])
        let container = EngineContainer(
            id: String(repeating: "c", count: 64),
            names: ["web"],
            image: PruneSafetyTests.digest(9),
            imageName: "shop/api:v1",
            state: "created",
            created: ExampleWorld.now,
            networks: ["shop"]
        )
        let isMade = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .events = request, isMade.next() == 1 else { return }
            engine.update { $0.containers.append(container) }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "container", action: "create", actor: container.id))
        }
        let findings = try await PruneSafetyTests.run(["networks": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(findings.map(\.message) == ["kept: created container 'web' uses it since the plan was made"])
    }

    @Test func aContainerThatWasStartedAgainMeanwhileStaysEvenWhereItHasStopped() async throws {
        let container = EngineContainer(
            id: String(repeating: "c", count: 64),
            names: ["web"],
            image: PruneSafetyTests.digest(1),
            imageName: "shop/api:v1",
            state: "exited",
            created: Self.old
        )
        let details = EngineContainerDetails(id: container.id, configuredImage: "shop/api:v1", started: Self.old, finished: Self.old)
        let world = ExampleWorld(
            images: [Self.image(1, ["shop/api:v1", "team/api:v1"])],
            containers: [container],
            containerDetails: [details]
        )
        let isStarted = Counter()
        let engine = FakeEngine(world) { request, engine in
            guard case .inspectContainers = request, isStarted.next() == 1 else { return }
            engine.inject(EngineEvent(time: ExampleWorld.now, kind: "container", action: "start", actor: container.id))
        }
        let findings = try await PruneSafetyTests.run(["unused": true, "containers": true], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(
            findings.map(\.message) == [
                "kept: it was started since the plan was made",
                "kept: exited container 'web' uses it since the plan was made; by the plan it also had 'team/api:v1'",
            ]
        )
    }

    @Test func whetherSomethingIsRemovedIsNotKnownWhereTheEngineDidNotAnswer() async throws {
        let world = ExampleWorld(images: [Self.image(1)])
        let engine = FakeEngine(world) { request, _ in
            if case .removeImage = request { throw EngineError(.timeout, "no answer within 5m") }
        }
        let findings = try await PruneSafetyTests.run([:], on: engine, world, isDryRun: false)
        #expect(findings.map(\.type) == ["unknown"])
        #expect(findings[0].outcome == .error)
        #expect(findings[0].message == "whether it is removed is not known: no answer within 5m")
    }

    @Test func theRemovalOfAContainerIsNoUseOfItsImage() async throws {
        var world = ExampleWorld(images: [Self.image(1, ["shop/api:v3"])])
        let event = EngineEvent(
            time: ExampleWorld.now - .seconds(60),
            kind: "container",
            action: "destroy",
            actor: "c1",
            attributes: ["image": "shop/api:v3"]
        )
        world.events = [event]
        let findings = try await PruneSafetyTests.run(["unused": true], on: FakeEngine(world), world, isDryRun: false)
        #expect(findings.map(\.type) == ["removed"])
    }

    @Test(arguments: [
        "shop/api:v3", "docker.io/shop/api:v3", PruneSafetyTests.digest(1).description, PruneSafetyTests.digest(1).short,
        String(PruneSafetyTests.digest(1).hex),
    ])
    func whatAContainerWasMadeOfAMomentAgoIsInUse(name: String) async throws {
        var world = ExampleWorld(images: [Self.image(1, ["shop/api:v3"])])
        let start = ExampleWorld.now - .seconds(60)
        world.events = [EngineEvent(time: start, kind: "container", action: "start", actor: "c1", attributes: ["image": name])]
        let engine = FakeEngine(world)
        let findings = try await PruneSafetyTests.run(["unused": true, "older-than": "1h"], on: engine, world, isDryRun: false)
        #expect(engine.changes == [])
        #expect(findings.map(\.message) == ["last used, tagged or made 1 minute ago, less than 1h"])
    }
}
