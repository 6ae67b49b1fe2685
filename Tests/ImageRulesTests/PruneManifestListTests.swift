import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// Images that a manifest list of the engine names.
@Suite struct PruneManifestListTests {
    private static let images = [image(1), image(2), image(3, "shop/api:v1")]

    private static func image(_ number: Int, _ tags: String...) -> EngineImage {
        let created = ExampleWorld.now - .seconds(90_000)
        return EngineImage(
            id: PruneSafetyTests.digest(number),
            references: tags.map { ImageReference($0)! },
            created: created,
            size: 1000,
            sharedSize: 0
        )
    }

    private static func list(_ content: EngineManifestList.Content) -> EngineManifestList {
        EngineManifestList(id: PruneSafetyTests.digest(99), references: [ImageReference("localhost/shop/multi:v1")!], content: content)
    }

    private static func engine(_ lists: [EngineManifestList], interception: FakeEngine.Interception? = nil) -> FakeEngine {
        var state = FakeEngineState(ExampleWorld(images: images))
        state.manifestLists = lists
        return FakeEngine(state, interception: interception)
    }

    private static func run(on engine: FakeEngine) async throws -> [String] {
        let world = ExampleWorld(images: images)
        let findings = try await PruneSafetyTests.run(["unused": true], on: engine, world, isDryRun: false)
        return findings.filter { $0.type != "removed" }.map { "\($0.type) \($0.subject): \($0.message)" }.sorted()
    }

    @Test func whatAListNamesStaysWithoutAndWithATag() async throws {
        let engine = Self.engine([Self.list(.images([PruneSafetyTests.digest(1), PruneSafetyTests.digest(3)]))])
        let reason = "the manifest list 'localhost/shop/multi:v1' names it"
        let kept = ["kept \(PruneSafetyTests.digest(1).short): \(reason)", "kept shop/api:v1: \(reason)"]
        #expect(try await Self.run(on: engine) == kept)
        #expect(engine.changes == [.removeImage(PruneSafetyTests.digest(2))])
    }

    @Test func whereAListCannotBeReadEveryImageStays() async throws {
        let engine = Self.engine([Self.list(.unknown("the engine answered with half a list"))])
        let reason = "the manifest list 'localhost/shop/multi:v1' may name it: the engine answered with half a list"
        let kept = [1, 2].map { "kept \(PruneSafetyTests.digest($0).short): \(reason)" } + ["kept shop/api:v1: \(reason)"]
        #expect(try await Self.run(on: engine) == kept)
        #expect(engine.changes == [])
    }

    @Test func whereTheListsAreNotKnownEveryImageStays() async throws {
        let engine = Self.engine([]) { request, _ in
            if request == .manifestLists { throw EngineError(.badAnswer, "the engine answered with half a listing") }
        }
        let reason = "which manifest lists there are is not known: the engine answered with half a listing"
        let kept = [1, 2].map { "kept \(PruneSafetyTests.digest($0).short): \(reason)" } + ["kept shop/api:v1: \(reason)"]
        #expect(try await Self.run(on: engine) == kept)
        #expect(engine.changes == [])
    }

    /// Podman tells by no event that an image came into a list.
    @Test func whatAListNamesMeanwhileStays() async throws {
        let looks = Counter()
        let engine = Self.engine([]) { request, engine in
            guard request == .manifestLists, looks.next() == 2 else { return }
            engine.update { $0.manifestLists = [Self.list(.images([PruneSafetyTests.digest(1)]))] }
        }
        let reason = "the manifest list 'localhost/shop/multi:v1' names it"
        #expect(try await Self.run(on: engine) == ["not-removed \(PruneSafetyTests.digest(1).short): kept: \(reason)"])
        #expect(Set(engine.changes) == [.removeImage(PruneSafetyTests.digest(2)), .removeImage(PruneSafetyTests.digest(3))])
    }
}
