import HookKit
import HookTesting
import Testing

@testable import TagRules

/// A world of one tag, and what `detect-overwritten` says in it.
struct TagWorld {
    static let tag = "shop/api:v1"

    var images: [EngineImage] = []
    var details: [EngineImageDetails] = []
    var containers: [EngineContainer] = []
    var events: [EngineEvent] = []
    var generations: [TagGeneration] = []
    var imageStore = EngineIdentity.ImageStore.classic

    /// A moment some minutes before the rule runs.
    static func at(_ minutes: Int64) -> Timestamp { ExampleWorld.now - .seconds(60 * minutes) }

    static func id(_ digit: Character) -> Digest { .example(digit) }

    /// What the engine says of an image at a moment.
    static func event(_ action: String, _ image: Character, _ minutes: Int64, name: String? = nil) -> EngineEvent {
        EngineEvent(
            time: at(minutes),
            kind: "image",
            action: action,
            actor: id(image).description,
            attributes: name.map { ["name": $0] } ?? [:]
        )
    }

    static func tagging(_ image: Character, _ minutes: Int64) -> EngineEvent { event("tag", image, minutes, name: tag) }

    static func pull(_ minutes: Int64) -> EngineEvent {
        EngineEvent(time: at(minutes), kind: "image", action: "pull", actor: tag, attributes: ["name": "shop/api"])
    }

    /// What the ledger knows: the tag was on an image from one moment to another.
    static func seen(_ image: Character, _ first: Int64, _ last: Int64) -> TagGeneration {
        let build = BuildRecord(run: "run \(first)", pipeline: "p", system: "gitlab", buildNumber: "\(first)")
        return TagGeneration(
            reference: .example(tag),
            image: id(image),
            firstSeen: at(first),
            firstBuild: build,
            lastSeen: at(last),
            lastBuild: build,
            sightings: 2
        )
    }

    func findings() async throws -> [Finding] {
        var world = ExampleWorld(images: images, imageDetails: details, containers: containers, events: events, ledger: generations)
        world.containerDetails = containers.map {
            EngineContainerDetails(id: $0.id, configuredImage: $0.imageName, started: nil, finished: nil)
        }
        let identity = EngineIdentity(
            identifier: FakeEngine.exampleIdentity.identifier,
            name: "host",
            product: "Docker 20.10.24",
            apiVersion: "1.41",
            imageStore: imageStore,
            endpoint: "unix:///var/run/docker.sock"
        )
        let rule = try #require(RegisteredRule(DetectOverwritten.self, origin: "tests").prepare([:], directory: "/").rule)
        let collector = FindingCollector()
        let context = RuleContext(
            stage: "s",
            isDryRun: false,
            environment: RunEnvironment(
                build: BuildRecord(run: "now", pipeline: "p"),
                event: .manual,
                variables: [:],
                now: { ExampleWorld.now }
            ),
            services: FakeServices(
                engine: FakeEngine(FakeEngineState(world), identity: identity),
                ledger: FakeLedger(world, engine: identity),
                commands: FakeCommandRunner(world),
                archives: FakeImageArchives([:])
            ),
            permission: { $0.map { _ in true } },
            output: collector.take
        )
        try await rule.run(in: context)
        return collector.findings
    }

    /// The message about an image.
    func message(about image: Character) async throws -> String? {
        let found = try await findings()
        return found.map { "\($0.type): \($0.message)" }.first { $0.contains(": \(Self.id(image).short) ") }
    }
}
