import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// How reports speak of an image that has several tags.
@Suite struct PruneTagListTests {
    private static let id = PruneSafetyTests.digest(1)

    private static func world(_ tags: [String]) -> ExampleWorld {
        ExampleWorld(images: [
            EngineImage(
                id: id,
                references: tags.map { ImageReference($0)! },
                created: ExampleWorld.now - .seconds(90_000),
                size: 1000,
                sharedSize: 0
            )
        ])
    }

    private static let three = ["zz/prod:release-2026", "ap/x:4b", "ap/x:4"]
    private static let others = "'ap/x:4b', 'zz/prod:release-2026'"

    @Test(arguments: [true, false]) func everyTagThatAnImageLosesIsNamed(isDryRun: Bool) async throws {
        let world = Self.world(Self.three)
        let findings = try await PruneSafetyTests.run(["unused": true], on: FakeEngine(world), world, isDryRun: isDryRun)
        #expect(findings.map(\.subject) == ["ap/x:4"])
        #expect(findings[0].message == "no container uses it, last sign of use 1 day ago, with its tags \(Self.others)")
        #expect(findings[0].details == [])
    }

    @Test func veryManyTagsStandInTheDetails() async throws {
        let tags = (1...9).map { "ap/x:\($0)" }
        let world = Self.world(tags)
        let findings = try await PruneSafetyTests.run(["unused": true], on: FakeEngine(world), world, isDryRun: true)
        #expect(
            findings[0].message
                == "no container uses it, last sign of use 1 day ago, "
                + "with its tags 'ap/x:2', 'ap/x:3', 'ap/x:4', 'ap/x:5', 'ap/x:6' and 3 more"
        )
        #expect(findings[0].details == ["its tags: \(tags.map { "'\($0)'" }.joined(separator: ", "))"])
    }

    @Test func theTagsOfAnImageThatStaysAfterAllAreNamed() async throws {
        let world = Self.world(Self.three)
        let engine = FakeEngine(world) { request, _ in
            if case .removeTag = request { throw EngineError(.conflict, "a container uses it now") }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(findings.map(\.message) == ["kept: the engine refuses to remove it; by the plan it also had \(Self.others)"])
        #expect(findings.map(\.details) == [["a container uses it now"]])
    }

    @Test func theTagsOfAnImageThatSomebodyElseRemovedAreNamed() async throws {
        let world = Self.world(Self.three)
        let engine = FakeEngine(world) { request, engine in
            if case .removeTag = request { engine.update { $0.images = [] } }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(findings.map(\.message) == ["somebody else removed it meanwhile; by the plan it also had \(Self.others)"])
    }

    @Test func whatAnImageKeepsOfItsTagsIsNamed() async throws {
        let world = Self.world(Self.three)
        let engine = FakeEngine(world) { request, _ in
            if case .removeTag(ImageReference("ap/x:4")!) = request { throw EngineError(.conflict, "a container uses it now") }
        }
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        #expect(
            findings.map(\.message) == [
                "the image stays, but 'zz/prod:release-2026', 'ap/x:4b' were taken off before the engine refused; by the plan it also had 'ap/x:4'"
            ]
        )
        #expect(findings.map(\.remedy) == ["docker tag \(Self.id.short) zz/prod:release-2026; docker tag \(Self.id.short) ap/x:4b"])
    }
}
