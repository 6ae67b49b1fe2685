import HookKit
import Testing

@testable import TagRules

/// What is said of images whose name went otherwise than to another image that has it now.
@Suite struct LostNameTests {
    private static func at(_ minutes: Int64) -> String { TagWorld.at(minutes).description }

    private static let (a, b) = (TagWorld.id("a").short, TagWorld.id("b").short)

    private func world(
        _ events: [EngineEvent],
        _ generations: [TagGeneration] = [],
        images: [EngineImage] = [.example("a")]
    ) -> TagWorld {
        var world = TagWorld(images: images, events: events, generations: generations)
        world.details = [.example("a", lastTagged: TagWorld.at(60))]
        return world
    }

    // MARK: Loads

    private static let goneAndBack = [
        TagWorld.tagging("a", 60), TagWorld.event("save", "a", 50), TagWorld.event("untag", "a", 40), TagWorld.event("delete", "a", 40),
        TagWorld.event("load", "a", 30),
    ]

    @Test func anImageThatCameBackWithoutItsNameWasSavedByID() async throws {
        #expect(
            try await world(Self.goneAndBack).message(about: "a")
                == "loaded-by-id: \(Self.a) was loaded without a name of its own at \(Self.at(30)): saved by ID, so the archive carries none; "
                + "it was 'shop/api:v1' before"
        )
    }

    @Test(arguments: [false, true]) func aNameThatAnotherImageTookSinceTheLoadMayHaveComeWithIt(isTracked: Bool) async throws {
        let images: [EngineImage] = [.example("a"), .example("b", tags: [TagWorld.tag])]
        let generations = isTracked ? [TagWorld.seen("a", 59, 55), TagWorld.seen("b", 10, 10)] : []
        #expect(
            try await world(Self.goneAndBack + [TagWorld.tagging("b", 20)], generations, images: images).message(about: "a")
                == "loaded-by-id: \(Self.a) was loaded at \(Self.at(30)) and has no name now: saved by ID, so that the archive carries none, "
                + "or loaded as 'shop/api:v1', which another image took since"
        )
    }

    @Test func aNameThatAnotherImageHadBeforeTheLoadDidNotComeWithIt() async throws {
        let images: [EngineImage] = [.example("a"), .example("b", tags: [TagWorld.tag])]
        let events = Self.goneAndBack.dropLast() + [TagWorld.tagging("b", 35), TagWorld.event("load", "a", 30)]
        #expect(
            try await world(Array(events), images: images).message(about: "a")
                == "loaded-by-id: \(Self.a) was loaded without a name of its own at \(Self.at(30)): saved by ID, so the archive carries none; "
                + "it was 'shop/api:v1' before"
        )
    }

    // MARK: Tags that name nothing

    @Test func aTagWasTakenOffWhenTheEngineSaidSo() async throws {
        let events = [TagWorld.tagging("a", 30), TagWorld.event("untag", "a", 20)]
        #expect(
            try await world(events).message(about: "a")
                == "untagged: \(Self.a) had 'shop/api:v1', which was taken off at \(Self.at(20)) and names nothing now"
        )
    }

    @Test func anUntagBeforeTheTagWasLastSeenTookOffSomethingElse() async throws {
        let events = [TagWorld.event("untag", "a", 50)]
        #expect(
            try await world(events, [TagWorld.seen("a", 60, 40)]).message(about: "a")
                == "untagged: \(Self.a) had 'shop/api:v1', which was taken off and names nothing now"
        )
    }

    @Test func ofSeveralTagsTheEngineDoesNotSayWhichItTookOff() async throws {
        let events = [
            TagWorld.event("tag", "a", 40, name: "shop/api:v0"), TagWorld.tagging("a", 30), TagWorld.event("untag", "a", 20),
            TagWorld.event("untag", "a", 10),
        ]
        #expect(
            try await world(events).message(about: "a")
                == "untagged: \(Self.a) had 'shop/api:v1', which was taken off by \(Self.at(10)) and names nothing now"
        )
    }

    @Test func aTagThatAnotherImageTookAndThatIsGoneWithItWasNotTakenOff() async throws {
        let events = [
            TagWorld.tagging("a", 30), TagWorld.tagging("b", 20), TagWorld.event("untag", "b", 10), TagWorld.event("delete", "b", 10),
        ]
        #expect(
            try await world(events).message(about: "a")
                == "untagged: \(Self.a) had 'shop/api:v1', which went to \(Self.b) at \(Self.at(20)) and names nothing now"
        )
    }
}
