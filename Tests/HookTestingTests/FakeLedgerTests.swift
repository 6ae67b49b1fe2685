import HookKit
import HookTesting
import OCI
import Testing

struct FakeLedgerTests {
    private let engine = FakeEngine.exampleIdentity
    private let build = BuildRecord(run: "1", pipeline: "p")
    private let reference: ImageReference
    private let first: Digest
    private let second: Digest

    init() throws {
        reference = try #require(ImageReference("shop/api:v1"))
        first = try #require(Digest("sha256:" + String(repeating: "a", count: 64)))
        second = try #require(Digest("sha256:" + String(repeating: "b", count: 64)))
    }

    private func generation(_ image: Digest, from firstSeen: Int64, to lastSeen: Int64, sightings: Int) -> TagGeneration {
        TagGeneration(
            reference: reference,
            image: image,
            firstSeen: Timestamp(seconds: firstSeen),
            firstBuild: build,
            lastSeen: Timestamp(seconds: lastSeen),
            lastBuild: build,
            sightings: sightings
        )
    }

    private func record(_ image: Digest, at seconds: Int64, in ledger: FakeLedger) async throws -> [TagChange.Kind] {
        try await ledger.record(
            [TagObservation(reference: reference, image: image)],
            on: engine,
            by: build,
            at: Timestamp(seconds: seconds)
        ).map(\.kind)
    }

    @Test func tagIsNewThenUnchangedThenMovedThenMovedBack() async throws {
        let ledger = FakeLedger()
        #expect(try await record(first, at: 1, in: ledger) == [.new])
        #expect(try await record(first, at: 2, in: ledger) == [.unchanged])
        #expect(try await record(second, at: 3, in: ledger) == [.moved(from: generation(first, from: 1, to: 2, sightings: 2))])
        #expect(try await record(first, at: 4, in: ledger) == [.moved(from: generation(second, from: 3, to: 3, sightings: 1))])
        #expect(
            try await ledger.generations(of: [first], on: engine) == [
                first: [generation(first, from: 1, to: 2, sightings: 2), generation(first, from: 4, to: 4, sightings: 1)]
            ]
        )
        #expect(try await ledger.latestGenerations(on: engine) == [generation(first, from: 4, to: 4, sightings: 1)])
    }

    @Test func comparisonAndDryRunWriteNothing() async throws {
        let world = ExampleWorld(ledger: [generation(first, from: 1, to: 1, sightings: 1)])
        let ledger = FakeLedger(world, access: .dryRun)
        let before = ledger.state
        let moved = TagChange.Kind.moved(from: generation(first, from: 1, to: 1, sightings: 1))
        #expect(try await record(second, at: 3, in: ledger) == [moved])
        #expect(try await ledger.compare([TagObservation(reference: reference, image: second)], on: engine).map(\.kind) == [moved])
        try await ledger.record([EngineEvent(time: Timestamp(seconds: 1), kind: "image", action: "tag", actor: "x")], on: engine)
        #expect(ledger.state == before)
    }

    @Test func eventsAreWrittenOnceAndFoundByWhatTheyName() async throws {
        let ledger = FakeLedger()
        let tag = EngineEvent(
            time: Timestamp(seconds: 5),
            kind: "image",
            action: "tag",
            actor: first.description,
            attributes: ["name": "shop/api:v1"]
        )
        let create = EngineEvent(
            time: Timestamp(seconds: 4),
            kind: "container",
            action: "create",
            actor: "c1",
            attributes: ["image": "shop/api:v1", "name": "api"]
        )
        try await ledger.record([tag, create], on: engine)
        try await ledger.record([create, tag], on: engine)
        #expect(try await ledger.events(about: ["shop/api:v1"], on: engine) == [create, tag])
        #expect(try await ledger.events(about: [first.description], on: engine) == [tag])
        #expect(try await ledger.newestEvent(on: engine) == Timestamp(seconds: 5))
    }

    @Test func lastUseIsTheLaterOfTagAndContainer() async throws {
        let ledger = FakeLedger()
        _ = try await record(first, at: 1, in: ledger)
        _ = try await record(second, at: 10, in: ledger)
        let early = EngineEvent(
            time: Timestamp(seconds: 5),
            kind: "container",
            action: "create",
            actor: "c1",
            attributes: ["image": "shop/api:v1"]
        )
        let byID = EngineEvent(
            time: Timestamp(seconds: 20),
            kind: "container",
            action: "create",
            actor: "c2",
            attributes: ["image": second.description]
        )
        try await ledger.record([early, byID], on: engine)
        #expect(
            try await ledger.lastUses(of: [first, second], on: engine) == [first: Timestamp(seconds: 5), second: Timestamp(seconds: 20)]
        )
    }

    @Test func arrivalIsAUseAndAnOldContainerUsedTheFirstImageKnown() async throws {
        let ledger = FakeLedger(ExampleWorld(ledger: [generation(first, from: 10, to: 20, sightings: 2)]))
        let container = EngineEvent(
            time: Timestamp(seconds: 5),
            kind: "container",
            action: "create",
            actor: "c1",
            attributes: ["image": "shop/api:v1"]
        )
        let load = EngineEvent(time: Timestamp(seconds: 7), kind: "image", action: "load", actor: second.description)
        let untag = EngineEvent(time: Timestamp(seconds: 30), kind: "image", action: "untag", actor: second.description)
        try await ledger.record([container, load, untag], on: engine)
        #expect(
            try await ledger.lastUses(of: [first, second], on: engine) == [first: Timestamp(seconds: 10), second: Timestamp(seconds: 7)]
        )
        let died = EngineEvent(
            time: Timestamp(seconds: 40),
            kind: "container",
            action: "died",
            actor: "c1",
            attributes: ["image": "shop/api:v1"]
        )
        try await ledger.record([died], on: engine)
        #expect(try await ledger.lastUses(of: [first], on: engine) == [first: Timestamp(seconds: 40)])
    }
}
