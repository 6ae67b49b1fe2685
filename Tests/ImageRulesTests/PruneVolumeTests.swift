import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// When a volume was last used, and what holds it.
@Suite struct PruneVolumeTests {
    private static let old = ExampleWorld.now - .seconds(90_000)
    private static let podman = EngineIdentity(
        identifier: "podman:host:/var/lib/containers/storage",
        name: "host",
        product: "Podman 4.3.1",
        apiVersion: "1.41",
        imageStore: .podman,
        endpoint: "unix:///run/podman/podman.sock"
    )

    private static func world(_ events: [EngineEvent] = []) -> ExampleWorld {
        var world = ExampleWorld(
            volumes: ["db-main", "db-other"].map { EngineVolume(name: $0, driver: "local", created: old, labels: [:]) }
        )
        world.events = events
        return world
    }

    private static func event(_ action: String, kind: String = "volume", of actor: String = "db-main", before seconds: Int64) -> EngineEvent
    {
        EngineEvent(time: ExampleWorld.now - .seconds(seconds), kind: kind, action: action, actor: actor)
    }

    private static func lines(
        _ world: ExampleWorld,
        olderThan: String = "15s",
        on identity: EngineIdentity = FakeEngine.exampleIdentity,
        told events: [EngineEvent] = []
    ) async throws -> [String] {
        let ledger = FakeLedger(world)
        try await ledger.record(events, on: identity)
        let collector = FindingCollector()
        let settings = ConfigValue(
            .mapping([
                .init(key: "dangling", value: false), .init(key: "volumes", value: ["db-*"]),
                .init(key: "older-than", value: ConfigValue(.string(olderThan))),
            ])
        )
        let engine = FakeEngine(FakeEngineState(world), identity: identity)
        try await PruneSafetyTests.run(settings, on: engine, world, isDryRun: false, ledger: ledger, into: collector)
        return collector.findings.map { "\($0.type) \($0.subject): \($0.message)" }.sorted()
    }

    private static let otherGoes = "removed volume db-other: named by 'volumes', no container uses it, last sign of use 1 day ago"

    @Test(arguments: ["mount", "unmount", "create"], [true, false])
    func aVolumeThatWasInUseAMomentAgoStays(action: String, isKnownToTheEngine: Bool) async throws {
        let events = [Self.event(action, before: 2), Self.event("mount", before: 40_000)]
        let lines = try await Self.lines(Self.world(isKnownToTheEngine ? events : []), told: isKnownToTheEngine ? [] : events)
        #expect(lines == ["kept volume db-main: last used 2 seconds ago, less than 15s", Self.otherGoes])
    }

    @Test func aVolumeWhoseLastUseIsOldGoes() async throws {
        let lines = try await Self.lines(Self.world([Self.event("unmount", before: 40_000)]))
        #expect(
            lines == ["removed volume db-main: named by 'volumes', no container uses it, last sign of use 11 hours ago", Self.otherGoes]
        )
    }

    @Test func whenAVolumeWasUsedDoesNotMatterWhereAgeDoesNot() async throws {
        let lines = try await Self.lines(Self.world([Self.event("unmount", before: 2)]), olderThan: "0s")
        #expect(
            lines == ["removed volume db-main: named by 'volumes', no container uses it, last sign of use 2 seconds ago", Self.otherGoes]
        )
    }

    @Test func whereTheEngineNamesNoVolumesThatAreMountedTheyStayWhileAContainerWasRemovedLately() async throws {
        let world = Self.world([Self.event("destroy", kind: "container", of: "c1", before: 2)])
        let lines = try await Self.lines(world, on: Self.podman)
        let reason = "a container was removed 2 seconds ago, less than 15s, and Podman does not say which volumes it used"
        #expect(lines == ["kept volume db-main: \(reason)", "kept volume db-other: \(reason)"])
    }

    @Test func whereAContainerWasRemovedLongAgoVolumesGoThere() async throws {
        let world = Self.world([Self.event("destroy", kind: "container", of: "c1", before: 20)])
        #expect(try await Self.lines(world, on: Self.podman).allSatisfy { $0.hasPrefix("removed ") })
        // Docker names the volumes that a container used.
        let recent = Self.world([Self.event("destroy", kind: "container", of: "c1", before: 2)])
        #expect(try await Self.lines(recent).allSatisfy { $0.hasPrefix("removed ") })
    }

    @Test(arguments: [1, 2]) func whatAContainerHoldsThatGoesInTheSameRunIsSaidToWaitForIt(count: Int) async throws {
        var world = Self.world()
        let image = PruneSafetyTests.digest(1)
        world.images = [EngineImage(id: image, created: Self.old, size: 1000, sharedSize: 0)]
        world.networks = [
            EngineNetwork(id: "n1", name: "net", driver: "bridge", scope: "local", created: Self.old, labels: [:], isPredefined: false)
        ]
        world.containers = (0..<count).map { number in
            EngineContainer(
                id: String(repeating: "\(number)", count: 64),
                names: ["c\(number)"],
                image: image,
                imageName: image.description,
                state: "exited",
                created: Self.old,
                networks: ["net"],
                volumes: ["db-main"]
            )
        }
        let settings: ConfigValue = ["containers": true, "networks": true, "volumes": ["db-main"]]
        let findings = try await PruneSafetyTests.run(settings, on: FakeEngine(world), world, isDryRun: true)
        let holder = count == 1 ? "container 'c0', which uses it, goes first" : "container 'c0' and 1 more, which use it, go first"
        #expect(
            findings.map { "\($0.type) \($0.subject): \($0.message)" }.suffix(3) == [
                "would-remove network net: \(holder)",
                "would-remove volume db-main: named by 'volumes', \(holder), last sign of use 1 day ago",
                "would-remove \(image.short): dangling, \(holder), last sign of use 1 day ago",
            ]
        )
    }
}
