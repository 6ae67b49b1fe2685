import History
import HookKit
import OCI
import Testing

/// What became of each generation, told from looks, events and an engine; nothing else is said.
@Suite struct TagHistoryTests {
    private static let engine = EngineIdentity(
        identifier: "engine",
        name: "host",
        product: "Docker 20.10.24",
        apiVersion: "1.41",
        imageStore: .classic,
        endpoint: "unix:///var/run/docker.sock"
    )

    private func image(_ digit: Character) throws -> Digest {
        try #require(Digest(algorithm: .sha256, hex: String(repeating: digit, count: 64)))
    }

    private func tag(_ text: String = "shop/api:v1") throws -> ImageReference { try #require(ImageReference(text)) }

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_760_000_000 + seconds) }

    private func generation(_ digit: Character, _ first: Int64, _ last: Int64) throws -> TagGeneration {
        let build = BuildRecord(run: "r", pipeline: "p")
        return TagGeneration(
            reference: try tag(),
            image: try image(digit),
            firstSeen: at(first),
            firstBuild: build,
            lastSeen: at(last),
            lastBuild: build,
            sightings: 1
        )
    }

    private func event(_ action: String, _ digit: Character, _ time: Int64, name: String? = nil) throws -> EngineEvent {
        EngineEvent(
            time: at(time),
            kind: "image",
            action: action,
            actor: try image(digit).description,
            attributes: name.map { ["name": $0] } ?? [:]
        )
    }

    private func push(_ time: Int64, _ name: String = "shop/api:v1") -> EngineEvent {
        EngineEvent(time: at(time), kind: "image", action: "push", actor: name, attributes: ["name": "shop/api"])
    }

    private func record(
        _ generations: [TagGeneration],
        count: Int? = nil,
        sights: [Digest: Timestamp] = [:],
        events: [EngineEvent] = []
    ) throws -> TagRecord {
        TagRecord(
            reference: try tag(),
            engine: LedgerEngine(
                identifier: "engine",
                name: "host",
                product: "Docker 20.10.24",
                imageStore: "classic",
                endpoint: "unix:///var/run/docker.sock"
            ),
            generations: generations,
            generationCount: count ?? generations.count,
            lastSights: sights,
            events: events
        )
    }

    private func view(
        _ images: [(Character, [String])],
        containers: [EngineContainer] = [],
        events: [EngineEvent] = [],
        engine: EngineIdentity = engine
    ) throws -> EngineAnswer {
        let images = try images.map { digit, tags in
            EngineImage(id: try image(digit), references: try tags.map { try tag($0) }, created: at(0), size: "80MB")
        }
        return .answered(EngineView(identity: engine, images: images, containers: containers, events: events))
    }

    @Test func withoutAnEngineAndEventsNothingIsKnown() throws {
        let record = try record([generation("a", 0, 10), generation("b", 20, 30)])
        for answer in [EngineAnswer.notAsked, .silent("no answer")] {
            let history = TagHistory(record, answer)
            #expect(history.present == .notKnown)
            #expect(history.generations.map(\.fate) == [.notKnown, .notKnown])
            #expect(history.generations.map(\.number) == [2, 1])
            #expect(history.generations.map(\.lifetime) == [nil, .seconds(20)])
        }
    }

    @Test func numbersCountAllGenerationsNotOnlyThoseThatWereAskedFor() throws {
        let history = TagHistory(try record([generation("a", 0, 10), generation("b", 20, 30)], count: 2000), .notAsked)
        #expect(history.generations.map(\.number) == [2000, 1999])
        #expect(history.generationCount == 2000)
    }

    @Test func anotherEnginesImagesSayNothing() throws {
        let other = EngineIdentity(
            identifier: "other",
            name: "",
            product: "",
            apiVersion: "",
            imageStore: .classic,
            endpoint: ""
        )
        let history = TagHistory(try record([generation("a", 0, 10)]), try view([("a", ["shop/api:v1"])], engine: other))
        #expect(history.present == .notKnown)
        #expect(history.generations.map(\.fate) == [.notKnown])
    }

    @Test func theEngineTellsWhatIsThere() throws {
        let record = try record([generation("a", 0, 10), generation("b", 20, 30), generation("c", 40, 50), generation("d", 60, 70)])
        let running = EngineContainer(
            id: String(repeating: "f", count: 64),
            names: ["web"],
            image: try image("a"),
            imageName: "shop/api:v1",
            state: "running",
            created: at(5)
        )
        let answer = try view([("a", []), ("b", ["shop/api:old"]), ("d", ["shop/api:v1"])], containers: [running])
        let history = TagHistory(record, answer)
        #expect(history.present == .newest)
        #expect(history.generations.map(\.fate) == [.named([try tag()]), .gone, .named([try tag("shop/api:old")]), .untagged])
        #expect(history.generations.map(\.containers) == [[], [], [], [running]])
    }

    @Test func aTagThatMovedSinceTheLastLookIsSaidSo() throws {
        let record = try record([generation("a", 0, 10)])
        #expect(TagHistory(record, try view([("a", []), ("b", ["shop/api:v1"])])).present == .unseen(try image("b")))
        #expect(TagHistory(record, try view([("a", [])])).present == .nothing)
    }

    @Test(
        arguments: [
            ("deleted", ["delete"], Fate.removed(Timestamp(seconds: 1_760_000_100))),
            ("deleted, in Podman's word", ["remove"], .removed(Timestamp(seconds: 1_760_000_100))),
            ("deleted and loaded again", ["delete", "load"], .notKnown),
            ("deleted, loaded and deleted again", ["delete", "load", "delete"], .removed(Timestamp(seconds: 1_760_000_102))),
            ("only untagged", ["untag"], .notKnown),
        ] as [(String, [String], Fate)]
    )
    func eventsTellWhatWasRemoved(name: String, actions: [String], fate: Fate) throws {
        let events = try actions.enumerated().map { try event($1, "a", 100 + Int64($0)) }
        let generations = [try generation("a", 0, 10)]
        #expect(TagHistory(try record(generations, events: events), .notAsked).generations.map(\.fate) == [fate])
        // What the engine itself still remembers counts as well, and that the image is not there.
        let seen = TagHistory(try record(generations), try view([], events: events)).generations.map(\.fate)
        #expect(seen == [fate == .notKnown ? .gone : fate])
    }

    @Test func anImageThatWasSeenAfterItsDeletionCameBack() throws {
        let events = [try event("delete", "a", 100)]
        let record = try record([generation("a", 0, 10)], sights: [try image("a"): at(200)], events: events)
        #expect(TagHistory(record, .notAsked).generations.map(\.fate) == [.notKnown])
        #expect(TagHistory(record, try view([])).generations.map(\.fate) == [.gone])
    }

    @Test(
        arguments: [
            ("between two looks that found the same", [5], [], [[], [5]]),
            ("between the tag and the first look", [25], [("b", 22)], [[25], []]),
            ("after the last look, before the next image was tagged", [15], [("b", 18)], [[], [15]]),
            ("between two looks that differ", [15], [], [[], []]), ("after everything that is known", [40], [], [[], []]),
            ("before everything that is known", [-5], [], [[], []]), ("twice", [5, 6], [], [[], [5, 6]]),
        ] as [(String, [Int64], [(Character, Int64)], [[Int64]])]
    )
    func aPushCountsForTheImageThatTheTagCertainlyNamed(name: String, at: [Int64], tagged: [(Character, Int64)], found: [[Int64]]) throws {
        let events = try at.map { push($0) } + tagged.map { try event("tag", $0.0, $0.1, name: "shop/api:v1") }
        let record = try record(
            [generation("a", 0, 10), generation("b", 30, 30)],
            events: events.sorted { $0.time < $1.time }
        )
        let history = TagHistory(record, .notAsked)
        #expect(history.generations.map(\.pushes) == found.map { $0.map(self.at) }, "\(name)")
    }

    @Test func aPushAfterTheLastLookCountsWhereTheEngineStillShowsTheImage() throws {
        let record = try record([generation("a", 0, 10)], events: [push(20), push(21, "shop/other:v1")])
        #expect(TagHistory(record, try view([("a", ["shop/api:v1"])])).generations.map(\.pushes) == [[at(20)]])
        #expect(TagHistory(record, try view([("b", ["shop/api:v1"])])).generations.map(\.pushes) == [[]])
    }

    @Test(
        arguments: [
            ("alpine", "alpine:latest", "localhost/alpine"), ("shop/api:v1", "shop/api:v1", "localhost/shop/api:v1"),
            ("registry.local:5000/a", "registry.local:5000/a:latest", nil), ("localhost/a:1", "localhost/a:1", nil),
        ] as [(String, String, String?)]
    )
    func namesAreReadAsAnEngineReadsThem(typed: String, latest: String, local: String?) throws {
        #expect(try tag(typed).latest.description == latest)
        #expect(try tag(typed).onLocalhost?.description == local)
    }
}
