import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// How old an image is taken to be.
extension RetentionTests {
    @Test func anIndexIsAsYoungAsTheOneThatSaysNothingOfItsAge() async throws {
        let example = Self.registry(
            ["a:multi": "9", "a:old": "8"],
            [
                .image("1", daysOld: 9), .image("2", created: Timestamp(seconds: 0)), .image("3", daysOld: 8), .index("9", of: ["1", "2"]),
                .index("8", of: ["1", "3"]),
            ]
        )
        let run = try await RetentionRun(["registry": "registry.local:5000", "older-than": "1d"], on: example, isDryRun: true)
        #expect(
            run.verdicts == [
                "kept a:multi: its age is not known: it says that it was made at 1970-01-01T00:00:00Z, which is not credible, "
                    + "and the ledger does not know it",
                "would-remove a:old: created 8 days ago, which is older than 1d",
            ]
        )
    }

    @Test func theLedgersWordMakesAnImageYounger() async throws {
        let generation = TagGeneration(
            reference: .example("registry.local:5000/a:pr-1"),
            image: .exampleConfiguration("1"),
            firstSeen: ExampleWorld.now - .seconds(3600),
            firstBuild: BuildRecord(run: "x", pipeline: "x"),
            lastSeen: ExampleWorld.now,
            lastBuild: BuildRecord(run: "x", pipeline: "x"),
            sightings: 1
        )
        let run = try await RetentionRun(
            ["registry": "registry.local:5000", "older-than": "1d"],
            on: Self.registry(["a:pr-1": "1", "a:pr-2": "2"]),
            world: ExampleWorld(ledger: [generation])
        )
        #expect(run.tags == ["a:pr-1"])
        #expect(run.finding("a:pr-1")?.message == "pushed 1 hour ago by the ledger, which is not older than 1d")
    }

    /// The tag was built many times on some engine since the image was pushed.
    @Test func theLedgersWordCountsHoweverOftenATagWasBuiltSince() async throws {
        let digits = Array("23456789abcdef")
        let ledger = (0..<40).map { number in
            TagGeneration(
                reference: .example("registry.local:5000/a:pr-1"),
                image: number == 0 ? .exampleConfiguration("1") : .example(digits[number % digits.count]),
                firstSeen: ExampleWorld.now - .seconds(60 - Int64(number)),
                firstBuild: BuildRecord(run: "x", pipeline: "x"),
                lastSeen: ExampleWorld.now - .seconds(60 - Int64(number)),
                lastBuild: BuildRecord(run: "x", pipeline: "x"),
                sightings: 1
            )
        }
        let run = try await RetentionRun(
            ["registry": "registry.local:5000", "older-than": "1d"],
            on: Self.registry(["a:pr-1": "1", "a:pr-2": "2"]),
            world: ExampleWorld(ledger: ledger)
        )
        #expect(run.tags == ["a:pr-1"])
        #expect(run.finding("a:pr-1")?.message == "pushed 1 minute ago by the ledger, which is not older than 1d")
    }

    /// Clocks differ by minutes; what is further ahead takes no place of another.
    @Test(arguments: [240, 360, 3600] as [Int64]) func aTimeInTheFutureTakesNoPlace(seconds: Int64) async throws {
        let example = Self.registry(
            ["a:ahead": "1", "a:new": "2", "a:old": "3"],
            [.image("1", created: ExampleWorld.now - .seconds(-seconds)), .image("2", daysOld: 1), .image("3", daysOld: 2)]
        )
        let run = try await RetentionRun(["registry": "registry.local:5000", "keep-last": 1], on: example)
        #expect(run.error == nil)
        #expect(run.tags == (seconds == 240 ? ["a:ahead"] : ["a:ahead", "a:new"]))
    }
}
