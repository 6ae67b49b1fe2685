import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// When a tag was last put on an image, by what the engine keeps of that after it has forgotten the event.
@Suite struct PruneTaggingTests {
    /// An ID whose beginning tells it from others.
    private static func id(_ number: Int) -> Digest {
        let digits = String(number, radix: 16)
        return Digest(algorithm: .sha256, hex: String(repeating: String(repeating: "0", count: 4 - digits.count) + digits, count: 16))!
    }

    private static func image(_ number: Int, _ tags: [String], on parent: Int? = nil) -> EngineImage {
        EngineImage(
            id: id(number),
            parent: parent.map(id),
            references: tags.map { ImageReference($0)! },
            // The later number was made later.
            created: ExampleWorld.now - .seconds(90_000_000 - Int64(number)),
            size: 1000,
            sharedSize: 0
        )
    }

    /// A world of images, and how many seconds ago each was last tagged, by its number.
    private static func world(_ images: [EngineImage], tagged: [Int: Int64]) -> ExampleWorld {
        var world = ExampleWorld(images: images)
        world.imageDetails = images.map { image in
            let seconds = tagged.first { id($0.key) == image.id }?.value
            return EngineImageDetails(
                id: image.id,
                lastTagged: seconds.map { ExampleWorld.now - .seconds($0) },
                layers: [image.id],
                parent: image.parent
            )
        }
        return world
    }

    private static func engine(_ world: ExampleWorld, _ store: EngineIdentity.ImageStore) -> FakeEngine {
        let usual = FakeEngine.exampleIdentity
        let identity = EngineIdentity(
            identifier: usual.identifier,
            name: usual.name,
            product: usual.product,
            apiVersion: usual.apiVersion,
            imageStore: store,
            endpoint: usual.endpoint
        )
        return FakeEngine(FakeEngineState(world), identity: identity)
    }

    private static func lines(_ settings: ConfigValue, _ world: ExampleWorld, on engine: FakeEngine? = nil) async throws -> [String] {
        try await PruneSafetyTests.run(settings, on: engine ?? FakeEngine(world), world, isDryRun: false)
            .map { "\($0.type) \($0.subject): \($0.message)" }
    }

    private static func inspected(_ engine: FakeEngine) -> [Set<Digest>] {
        engine.requests.compactMap { if case .inspectImages(let ids) = $0 { Set(ids) } else { nil } }
    }

    @Test(arguments: [EngineIdentity.ImageStore.classic, .containerd])
    func anImageThatWasTaggedAMomentAgoIsInUse(store: EngineIdentity.ImageStore) async throws {
        let world = Self.world([Self.image(1, ["rk/app:1"]), Self.image(2, ["rk/app:2"])], tagged: [1: 11, 2: 200_000])
        let lines = try await Self.lines(
            ["unused": true, "images": ["rk/*"], "older-than": "24h"],
            world,
            on: Self.engine(world, store)
        )
        #expect(
            lines == [
                "kept rk/app:1: last used, tagged or made 11 seconds ago, less than 1d",
                "removed rk/app:2: no container uses it, last sign of use 2 days ago",
            ]
        )
    }

    @Test func theImageThatWasTaggedLastIsTheNewest() async throws {
        let world = Self.world([Self.image(1, ["rk/app:2"]), Self.image(2, ["rk/app:1"])], tagged: [1: 200_000, 2: 300_000])
        let settings: ConfigValue = ["unused": true, "images": ["rk/*"], "keep-last": 1, "older-than": "24h"]
        #expect(
            try await Self.lines(settings, world) == [
                "kept rk/app:2: it is one of the newest 1 of 'rk/app'",
                "removed rk/app:1: no container uses it, last sign of use 3 days ago",
            ]
        )
    }

    @Test func anImageThatIsTooYoungIsCountedByItsTagAsWell() async throws {
        // What was made last is no candidate, and older than the tag of the other.
        var young = Self.image(3, ["rk/app:3"])
        young = EngineImage(
            id: young.id,
            references: young.references,
            created: ExampleWorld.now - .seconds(3000),
            size: 1000,
            sharedSize: 0
        )
        let images = [Self.image(1, ["rk/app:1"]), Self.image(2, ["rk/app:2"]), young]
        let world = Self.world(images, tagged: [1: 200_000, 2: 300_000, 3: 2000])
        let settings: ConfigValue = ["unused": true, "images": ["rk/*"], "keep-last": 2, "older-than": "1h"]
        #expect(
            try await Self.lines(settings, world) == [
                "kept rk/app:1: it is one of the newest 2 of 'rk/app'",
                "kept rk/app:3: it is one of the newest 2 of 'rk/app'",
                "removed rk/app:2: no container uses it, last sign of use 3 days ago",
            ]
        )
    }

    @Test func theLeastRecentlyTaggedGoesFirst() async throws {
        let world = Self.world([Self.image(1, ["rk/app:1"]), Self.image(2, ["rk/app:2"])], tagged: [1: 200_000, 2: 300_000])
        let settings: ConfigValue = ["unused": true, "keep-bytes": "1kB", "older-than": "0s"]
        #expect(
            try await Self.lines(settings, world) == [
                "kept rk/app:1: everything stays within 1kB without removing it",
                "removed rk/app:2: no container uses it, last sign of use 3 days ago",
            ]
        )
    }

    @Test func onlyWhatTheAnswerMayKeepIsAskedFor() async throws {
        let images = [Self.image(1, ["rk/app:1"]), Self.image(2, ["rk/app:2"]), Self.image(3, ["zz/other:1"]), Self.image(4, [])]
        let world = Self.world(images, tagged: [:])
        let engine = FakeEngine(world)
        _ = try await Self.lines(["unused": true, "dangling": false, "images": ["rk/*"], "protect": ["rk/app:1"]], world, on: engine)
        #expect(Self.inspected(engine) == [[Self.id(2)]])
        // A tag that was put on within the hour would be among the events.
        var quiet = world
        quiet.events = [EngineEvent(time: ExampleWorld.now - .seconds(3700), kind: "network", action: "create", actor: "n")]
        let knowing = FakeEngine(quiet)
        _ = try await Self.lines(["unused": true], quiet, on: knowing)
        #expect(Self.inspected(knowing) == [])
        let podman = Self.engine(world, .podman)
        _ = try await Self.lines(["unused": true], world, on: podman)
        #expect(Self.inspected(podman) == [])
    }

    @Test func aDanglingImageThatHadATagAMomentAgoStays() async throws {
        let world = Self.world([Self.image(1, []), Self.image(2, [])], tagged: [1: 11])
        let short = (1...2).map { Self.id($0).short }
        #expect(
            try await Self.lines([:], world) == [
                "kept \(short[0]): last used, tagged or made 11 seconds ago, less than 1h",
                "removed \(short[1]): dangling, no container uses it, last sign of use 1041 days ago",
            ]
        )
    }
}
