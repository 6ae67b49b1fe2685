import HookKit
import OCI
import Testing

@testable import TagLedger

/// What is written of an observation, and what it means.
@Suite struct RecordingTests {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try await writable(folder.path("ledger.sqlite"))
    }

    @Test func tagThatWasNeverSeenIsNew() async throws {
        let seen = try observation("shop/api:v1", 1)
        #expect(try await ledger.record([seen], on: engine, by: build(1), at: moment(1)) == [TagChange(observation: seen, kind: .new)])
        let generation = TagGeneration(
            reference: seen.reference,
            image: seen.image,
            firstSeen: moment(1),
            firstBuild: build(1),
            lastSeen: moment(1),
            lastBuild: build(1),
            sightings: 1
        )
        #expect(try await ledger.latestGenerations(on: engine) == [generation])
    }

    @Test func sameImageIsUnchangedAndCounted() async throws {
        let seen = try observation("shop/api:v1", 1)
        _ = try await ledger.record([seen], on: engine, by: build(1), at: moment(1))
        #expect(
            try await ledger.record([seen], on: engine, by: build(2), at: moment(2)) == [TagChange(observation: seen, kind: .unchanged)]
        )
        let generation = TagGeneration(
            reference: seen.reference,
            image: seen.image,
            firstSeen: moment(1),
            firstBuild: build(1),
            lastSeen: moment(2),
            lastBuild: build(2),
            sightings: 2
        )
        #expect(try await ledger.generations(of: [seen.image], on: engine) == [seen.image: [generation]])
    }

    @Test func otherImageMovesTheTagAndBeginsAGeneration() async throws {
        let old = try observation("shop/api:v1", 1)
        let new = try observation("shop/api:v1", 2)
        _ = try await ledger.record([old], on: engine, by: build(1), at: moment(1))
        let first = TagGeneration(
            reference: old.reference,
            image: old.image,
            firstSeen: moment(1),
            firstBuild: build(1),
            lastSeen: moment(1),
            lastBuild: build(1),
            sightings: 1
        )
        let second = TagGeneration(
            reference: new.reference,
            image: new.image,
            firstSeen: moment(2),
            firstBuild: build(2),
            lastSeen: moment(2),
            lastBuild: build(2),
            sightings: 1
        )
        #expect(
            try await ledger.record([new], on: engine, by: build(2), at: moment(2)) == [
                TagChange(observation: new, kind: .moved(from: first))
            ]
        )
        #expect(try await ledger.generations(of: [old.reference], on: engine) == [old.reference: [first, second]])
        #expect(try await ledger.latestGenerations(on: engine) == [second])
    }

    @Test func tagThatMovedAwayAndBackBetweenTwoLooksIsUnchanged() async throws {
        let seen = try observation("shop/api:v1", 1)
        _ = try await ledger.record([seen], on: engine, by: build(1), at: moment(1))
        // The engine tells of the way there and back, and the ledger remembers; the tag is where it was.
        let tags = [
            EngineEvent(time: moment(2), kind: "image", action: "tag", actor: "\(try digest(2))", attributes: ["name": "shop/api:v1"]),
            EngineEvent(time: moment(3), kind: "image", action: "tag", actor: "\(try digest(1))", attributes: ["name": "shop/api:v1"]),
        ]
        try await ledger.record(tags, on: engine)
        #expect(
            try await ledger.record([seen], on: engine, by: build(2), at: moment(4)) == [TagChange(observation: seen, kind: .unchanged)]
        )
    }

    @Test func tagThatIsSeenAwayAndBackHasThreeGenerations() async throws {
        for (second, image) in [(1, 1), (2, 2), (3, 1)] {
            _ = try await ledger.record([observation("shop/api:v1", image)], on: engine, by: build(second), at: moment(Int64(second)))
        }
        let tag = try reference("shop/api:v1")
        let images = try await ledger.generations(of: [tag], on: engine)[tag]?.map(\.image)
        #expect(images == [try digest(1), try digest(2), try digest(1)])
        let ofFirst = try await ledger.generations(of: [digest(1)], on: engine)[try digest(1)]
        #expect(ofFirst?.map(\.firstSeen) == [moment(1), moment(3)])
    }

    @Test func manifestDigestIsFilledInWhenItBecomesKnownAndStays() async throws {
        let tag = try reference("shop/api:v1")
        for (second, manifest) in [(1, nil), (2, 70), (3, nil), (4, 71)] as [(Int, Int?)] {
            let seen = try observation("shop/api:v1", 1, manifest: manifest)
            _ = try await ledger.record([seen], on: engine, by: build(second), at: moment(Int64(second)))
        }
        let generations = try #require(try await ledger.generations(of: [tag], on: engine)[tag])
        #expect(generations.map(\.manifestDigest) == [try digest(70)])
        #expect(generations.map(\.sightings) == [4])
    }

    @Test func lookOfAnEarlierTimeCountsAndLeavesTheLatestLookTheLast() async throws {
        let seen = try observation("shop/api:v1", 1)
        _ = try await ledger.record([seen], on: engine, by: build(1), at: moment(10))
        #expect(
            try await ledger.record([seen], on: engine, by: build(2), at: moment(4)) == [TagChange(observation: seen, kind: .unchanged)]
        )
        let latest = try await ledger.latestGenerations(on: engine)
        #expect(latest.map(\.firstSeen) == [moment(10)])
        #expect(latest.map(\.lastSeen) == [moment(10)])
        #expect(latest.map(\.lastBuild) == [build(1)])
        #expect(latest.map(\.sightings) == [2])
    }

    @Test func clockThatWasSetBackDoesNotChangeTheOrderOfGenerations() async throws {
        for (second, image) in [(10, 1), (4, 2), (1, 3)] {
            _ = try await ledger.record([observation("shop/api:v1", image)], on: engine, by: build(image), at: moment(Int64(second)))
        }
        let tag = try reference("shop/api:v1")
        let generations = try #require(try await ledger.generations(of: [tag], on: engine)[tag])
        #expect(generations.map(\.image) == [try digest(1), try digest(2), try digest(3)])
        #expect(generations.map(\.firstSeen) == [moment(10), moment(4), moment(1)])
        #expect(try await ledger.latestGenerations(on: engine).map(\.image) == [try digest(3)])
    }

    @Test func tagThatIsGivenTwiceInOneLookIsWrittenOnce() async throws {
        let first = try observation("shop/api:v1", 1)
        let other = try observation("shop/api:v1", 2)
        #expect(
            try await ledger.record([first, first, other], on: engine, by: build(1), at: moment(1)).map(\.kind) == [.new, .new, .new]
        )
        let latest = try await ledger.latestGenerations(on: engine)
        #expect(latest.map(\.image) == [first.image])
        #expect(latest.map(\.sightings) == [1])
        let kinds = try await ledger.record([first, other], on: engine, by: build(2), at: moment(2)).map(\.kind)
        #expect(kinds == [.unchanged, .moved(from: latest[0])])
        #expect(try await ledger.latestGenerations(on: engine).map(\.sightings) == [2])
    }

    @Test func comparingSaysWhatRecordingWouldAndWritesNothing() async throws {
        _ = try await ledger.record(
            [observation("shop/api:v1", 1), observation("shop/web:v1", 2)],
            on: engine,
            by: build(1),
            at: moment(1)
        )
        let before = try folder.contents()
        let look = [
            try observation("shop/web:v1", 2), try observation("shop/api:v1", 3), try observation("shop/api:v2", 4),
            try observation("new/repository:v1", 5),
        ]
        let compared = try await ledger.compare(look, on: engine)
        #expect(try folder.contents() == before)
        #expect(compared == (try await ledger.record(look, on: engine, by: build(2), at: moment(2))))
        #expect(compared.map(\.observation) == look)
        #expect(try await ledger.compare(look, on: otherEngine).map(\.kind) == [.new, .new, .new, .new])
    }

    @Test func emptyLookWritesNothing() async throws {
        let before = try folder.contents()
        #expect(try await ledger.record([], on: engine, by: build(1), at: moment(1)) == [])
        #expect(try folder.contents() == before)
    }

    @Test func enginesDoNotMix() async throws {
        let here = try observation("shop/api:v1", 1)
        let there = try observation("shop/api:v1", 2)
        _ = try await ledger.record([here], on: engine, by: build(1), at: moment(1))
        #expect(
            try await ledger.record([there], on: otherEngine, by: build(1), at: moment(1)) == [TagChange(observation: there, kind: .new)]
        )
        #expect(try await ledger.latestGenerations(on: engine).map(\.image) == [here.image])
        #expect(try await ledger.latestGenerations(on: otherEngine).map(\.image) == [there.image])
        #expect(try await ledger.generations(of: [there.image], on: engine) == [:])
        #expect(try await ledger.generations(of: [there.reference], on: otherEngine)[there.reference]?.map(\.image) == [there.image])
    }

    @Test func aTagsGenerationsOnEveryEngineAreTold() async throws {
        let other = try observation("shop/web:v1", 3)
        for number in [1, 2] {
            _ = try await ledger.record(
                [try observation("shop/api:v1", number), other],
                on: engine,
                by: build(1),
                at: moment(Int64(number))
            )
        }
        _ = try await ledger.record([try observation("shop/api:v1", 4)], on: otherEngine, by: build(1), at: moment(1))
        let reference = try observation("shop/api:v1", 1).reference
        let unknown = try observation("shop/none:v1", 1).reference
        let all = try await ledger.generations(of: [reference, unknown], newest: nil, on: nil)
        #expect(all.mapValues { $0.map(\.image) } == [reference: try [1, 2, 4].map { try digest($0) }])
        let newest = try await ledger.generations(of: [reference], newest: 1, on: nil)
        #expect(newest.mapValues { $0.map(\.image) } == [reference: try [2, 4].map { try digest($0) }])
    }

    @Test func engineIsKnownByItsIdentifierWhateverElseItSays() async throws {
        _ = try await ledger.record([observation("shop/api:v1", 1)], on: engine, by: build(1), at: moment(1))
        let upgraded = EngineIdentity(
            identifier: engine.identifier,
            name: "renamed",
            product: "Docker 29.0.0",
            apiVersion: "1.52",
            imageStore: .containerd,
            endpoint: "tcp://build:2376"
        )
        let change = try await ledger.record([observation("shop/api:v1", 1)], on: upgraded, by: build(2), at: moment(2))
        #expect(change.map(\.kind) == [.unchanged])
    }

    @Test(arguments: [
        "alpine:3.18", "shop/api:v1", "registry.local:5000/shop/api:v1", "localhost/api:v1", "[::1]:5000/a/b/c:v_1.2-3", "shop/api",
        "shop/api@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "shop/api:v1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ])
    func referenceReadsBackAsItWas(text: String) async throws {
        let seen = try observation(text, 1)
        _ = try await ledger.record([seen], on: engine, by: build(1), at: moment(1))
        #expect(try await ledger.latestGenerations(on: engine).map(\.reference) == [seen.reference])
        #expect(try await ledger.generations(of: [seen.reference], on: engine)[seen.reference]?.count == 1)
        #expect(try await ledger.compare([seen], on: engine).map(\.kind) == [.unchanged])
    }

    @Test func digestsOfEveryAlgorithmReadBackAsTheyWere() async throws {
        let seen = TagObservation(
            reference: try reference("shop/api:v1"),
            image: try digest(1, .sha512),
            manifestDigest: try digest(2, .sha512)
        )
        _ = try await ledger.record([seen], on: engine, by: build(1), at: moment(1))
        let generations = try #require(try await ledger.generations(of: [seen.image], on: engine)[seen.image])
        #expect(generations.map(\.manifestDigest) == [seen.manifestDigest])
        #expect(try await ledger.latestGenerations(on: engine).map(\.image) == [seen.image])
    }

    @Test(arguments: [
        BuildRecord(run: "1", pipeline: "p"),
        BuildRecord(run: "3f0c9a52-77d1-4b0e-9c46-0123456789ab", pipeline: "p", commit: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"),
        BuildRecord(run: "3F0C9A52-77D1-4B0E-9C46-0123456789AB", pipeline: "p", commit: "1A2B3C4D5E6F708192A3B4C5D6E7F8091A2B3C4D"),
        BuildRecord(run: "00112233445566778899aabbccddeeff", pipeline: "p", commit: "1a2b3c4"),
        BuildRecord(
            run: "r",
            pipeline: "Größe 中文",
            commit: String(repeating: "0f", count: 32),
            branch: "feature/a",
            system: "jenkins",
            buildNumber: "12",
            jobURL: "https://ci.example.com/job/shop/12/",
            user: "ann"
        ),
        BuildRecord(run: "r", pipeline: "", jobURL: "no slash"),
        BuildRecord(run: "r", pipeline: "p", jobURL: ""),
        BuildRecord(run: "r", pipeline: "p", jobURL: "/"),
    ])
    func buildReadsBackAsItWas(build: BuildRecord) async throws {
        _ = try await ledger.record([observation("shop/api:v1", 1)], on: engine, by: build, at: moment(1))
        #expect(try await ledger.latestGenerations(on: engine).map(\.firstBuild) == [build])
        #expect(try await ledger.latestGenerations(on: engine).map(\.lastBuild) == [build])
    }

    @Test func latestGenerationsAreInTheOrderOfTheirNames() async throws {
        let tags = ["shop/web:v1", "alpine:3", "shop/api:v2", "registry.local:5000/shop/api:v1", "shop/api:v1"]
        for (index, tag) in tags.enumerated() {
            _ = try await ledger.record([observation(tag, index)], on: engine, by: build(1), at: moment(1))
        }
        #expect(
            try await ledger.latestGenerations(on: engine).map(\.reference.description) == [
                "alpine:3", "shop/api:v1", "shop/api:v2", "shop/web:v1", "registry.local:5000/shop/api:v1",
            ]
        )
    }

    @Test func whatIsUnknownIsMissing() async throws {
        _ = try await ledger.record([observation("shop/api:v1", 1)], on: engine, by: build(1), at: moment(1))
        #expect(try await ledger.generations(of: [digest(9)], on: engine) == [:])
        #expect(try await ledger.generations(of: [reference("shop/api:v9"), reference("other:v1")], on: engine) == [:])
        #expect(try await ledger.latestGenerations(on: otherEngine) == [])
        #expect(try await ledger.newestEvent(on: engine) == nil)
        #expect(try await ledger.lastUses(of: [digest(9)], on: engine) == [:])
        #expect(try await ledger.events(about: ["shop/api:v1"], on: engine) == [])
    }

    @Test func imagesThatShareTheirFirstBytesDoNotMix() async throws {
        // The index knows eight bytes of an image; these share all but the last.
        let near = try digest(1)
        let other = try #require(Digest(algorithm: .sha256, hex: near.hex.dropLast() + "4"))
        _ = try await ledger.record(
            [TagObservation(reference: try reference("a:1"), image: near), TagObservation(reference: try reference("a:2"), image: other)],
            on: engine,
            by: build(1),
            at: moment(1)
        )
        let generations = try await ledger.generations(of: [near, other], on: engine)
        #expect(generations[near]?.map(\.reference) == [try reference("a:1")])
        #expect(generations[other]?.map(\.reference) == [try reference("a:2")])
    }
}
