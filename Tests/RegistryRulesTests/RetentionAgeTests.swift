import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// How old an image is, and what goes with it.
@Suite struct RetentionAgeTests: RetentionSuite {
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

    @Test func whatBelongsToAnImageWithoutATagGoesWithItsDigest() async throws {
        let images: [ExampleRegistry.Image] = [.image("1", daysOld: 9), .image("2", subject: .example("1")), .image("3")]
        let example = Self.registry(["a:pr-1": "1", "a:v1": "3"], images)
        let dry = try await RetentionRun(Self.basic, on: example, isDryRun: true)
        #expect(dry.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belongs to it, goes with it"])
        let run = try await RetentionRun(Self.basic, on: example)
        #expect(run.registry.state.images.map(\.manifest.digest) == [.example("3")])
        #expect(run.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, went with it"])
        let tagged = try await RetentionRun(Self.basic, on: example) { request, registry in
            if request == "DELETE a?" { registry.tags["a:sbom"] = .example("2") }
        }
        #expect(tagged.tags == ["a:sbom", "a:v1"])
        #expect(
            tagged.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, stays: 'sbom' was put on it meanwhile"]
        )
        let failing = try await RetentionRun(Self.basic, on: example) { request, _ in
            if request == "DELETE a@\(Digest.example("2"))" { throw RegistryError(.badAnswer, "the disk is full") }
        }
        #expect(failing.finding("a:pr-1")?.details == [])
        #expect(failing.findings.findings.filter { $0.type == "left-behind" }.map(\.message) == ["the disk is full"])
    }

    @Test func whatBelongsToAnImageAndIsUsedStays() async throws {
        let images: [ExampleRegistry.Image] = [
            .image("1", daysOld: 9), .image("2", subject: .example("1")), .image("3"), .image("4", subject: .example("1")), .image("5"),
            .image("6", subject: .example("1")), .index("9", of: ["4", "3"]), .index("8", of: ["5", "6"]),
        ]
        // The tag that stands for an API for referrers names one that belongs to nothing.
        let example = Self.registry(["a:pr-1": "1", "a:v1": "9", "a:sha256-\(Digest.example("1").hex)": "8"], images)
        let container = EngineContainer(
            id: "4711",
            names: ["web"],
            image: .exampleConfiguration("6"),
            imageName: "web:v1",
            state: "running",
            created: ExampleWorld.now
        )
        let world = ExampleWorld(
            containers: [container],
            deploymentFiles: ["a.yml": [DeployedImage("any/thing@\(Digest.example("2"))", line: 1)]]
        )
        let settings: ConfigValue = [
            "registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-used-in": ["a.yml"], "protect-running": ["default"],
        ]
        let run = try await RetentionRun(settings, on: example, world: world)
        #expect(run.finding("a:pr-1")?.type == "removed")
        let left = Set(run.registry.state.images.map(\.manifest.digest))
        #expect(left.isSuperset(of: "234569".map { .example($0) }))
        #expect(run.finding("a:pr-1")?.details == [])
    }
}
