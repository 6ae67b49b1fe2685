import HookKit
import Testing

@testable import TagRules

/// Who is said to have taken a tag, and when.
@Suite struct OverwrittenTests {
    private static let untagged: [EngineImage] = [.example("a"), .example("b")]
    private static let holder = EngineImage.example("c", tags: [TagWorld.tag])

    private static func at(_ minutes: Int64) -> String { TagWorld.at(minutes).description }

    private static let (a, b, c, d) = (
        TagWorld.id("a").short, TagWorld.id("b").short, TagWorld.id("c").short, TagWorld.id("d").short
    )

    @Test func aTagThatWasTakenTwiceWentToTheFirst() async throws {
        var world = TagWorld(images: Self.untagged + [Self.holder])
        world.events = [TagWorld.tagging("a", 30), TagWorld.tagging("b", 20), TagWorld.tagging("c", 10)]
        #expect(
            try await world.message(about: "a")
                == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.b) at \(Self.at(20)); \(Self.c) has it since \(Self.at(10))"
        )
        #expect(try await world.message(about: "b") == "overwritten: \(Self.b) lost 'shop/api:v1' to \(Self.c) at \(Self.at(10))")
        let finding = try #require(try await world.findings().first { $0.message.hasPrefix(Self.a) })
        #expect(
            finding.details.prefix(3) == [
                "the engine tagged it 'shop/api:v1' at \(Self.at(30))", "the engine put it on \(Self.b) at \(Self.at(20))",
                "'shop/api:v1' names \(Self.c) now",
            ]
        )
        #expect(finding.evidence?["taker"] == .string(TagWorld.id("b").description))
        #expect(finding.evidence?["holder"] == .string(TagWorld.id("c").description))
        #expect(finding.evidence?["time"] == .string(Self.at(20)))
    }

    /// `a` is the parent of `d`; `b` took its tag, which an earlier run told, and `c` took it from that.
    @Test(arguments: [[], [("c", "now")]] as [[(Character, String)]])
    func aLossThatAnEarlierRunToldIsNotToldAgain(seen: [(image: Character, run: String)]) async throws {
        var world = TagWorld(images: [.example("a"), .example("d", tags: ["shop/child:v1"], parent: "a"), .example("b"), Self.holder])
        world.events = [TagWorld.tagging("a", 30), TagWorld.tagging("b", 20), TagWorld.tagging("c", 2)]
        #expect(
            try await world.findings().map { "\($0.outcome) \($0.message)" }.contains {
                $0.hasPrefix("failed \(Self.a) lost 'shop/api:v1' to \(Self.b)")
            }
        )
        world.generations = [TagWorld.seen("b", 19, 10)]
        world.generations += seen.map { seen in
            let build = BuildRecord(run: seen.run, pipeline: "p")
            return TagGeneration(
                reference: .example(TagWorld.tag),
                image: TagWorld.id(seen.image),
                firstSeen: TagWorld.at(1),
                firstBuild: build,
                lastSeen: TagWorld.at(1),
                lastBuild: build,
                sightings: 1
            )
        }
        let found = try await world.findings()
        let failed = found.filter { $0.outcome == .failed }.map(\.message)
        #expect(failed.count == 1, "\(failed)")
        #expect(failed.allSatisfy { $0.hasPrefix("\(Self.b) lost 'shop/api:v1' to \(Self.c)") }, "\(failed)")
    }

    @Test func whatAParentLostIsSaidWithoutDoubtAboutItsSpace() async throws {
        var world = TagWorld(images: [.example("a"), .example("d", tags: ["shop/child:v1"], parent: "a"), Self.holder])
        world.events = [TagWorld.tagging("a", 30), TagWorld.tagging("c", 2)]
        let finding = try #require(try await world.findings().first { $0.outcome == .failed })
        let size = EngineImage.example("a").size
        #expect(finding.details.contains("size \(size), none of which is its own: other images are built on it"))
        #expect(finding.bytes == .zero)
    }

    /// What giving the name back would do is said where it would take the name from another image.
    @Test(arguments: [
        ([TagWorld.tag], "leaves \(c) without a name"),
        ([TagWorld.tag, "shop/api:latest"], "takes it from \(c), which keeps 'shop/api:latest'"),
    ]) func whatTheRemedyDoesToTheHolderIsSaidWithTheOtherWays(tags: [String], effect: String) async throws {
        var world = TagWorld(images: [.example("a"), .example("c", tags: tags)])
        world.events = [TagWorld.tagging("a", 30), TagWorld.tagging("c", 10)]
        let finding = try #require(try await world.findings().first { $0.message.hasPrefix(Self.a) })
        #expect(finding.remedy == "docker tag \(Self.a) shop/api:v1")
        #expect(
            finding.details.last
                == "giving it back \(effect); to keep both: docker tag \(Self.a) shop/api:v1-\(Self.a); was the move meant: "
                + "allow: [\"shop/api:v1\"], or prune"
        )
    }

    @Test func ofAnImageThatIsInUseOrHasAnotherNameNoPruningIsOffered() async throws {
        var world = TagWorld(images: [.example("a"), Self.holder])
        world.events = [TagWorld.tagging("a", 30), TagWorld.tagging("c", 10)]
        world.containers = [
            EngineContainer(
                id: String(repeating: "c", count: 64),
                names: ["web"],
                image: .example("a"),
                imageName: TagWorld.tag,
                state: "running",
                created: TagWorld.at(20)
            )
        ]
        let ways =
            "giving it back leaves \(Self.c) without a name; to keep both: docker tag \(Self.a) shop/api:v1-\(Self.a); was the move meant: "
            + "allow: [\"shop/api:v1\"]"
        let inUse = try #require(try await world.findings().first)
        #expect(inUse.type == "untagged-in-use")
        #expect(inUse.details.contains(ways), "\(inUse.details)")
        var named = TagWorld(images: [.example("a", tags: ["shop/api:old"]), Self.holder])
        named.generations = [TagWorld.seen("a", 50, 40)]
        let moved = try #require(try await named.findings().first)
        #expect(moved.type == "overwritten" && moved.remedy == "docker tag \(Self.a) shop/api:v1", "\(moved)")
        #expect(moved.details.last == ways, "\(moved.details)")
        var gone = TagWorld(images: [Self.holder])
        gone.generations = [TagWorld.seen("a", 50, 40)]
        let lost = try #require(try await gone.findings().first)
        #expect(lost.remedy == nil && lost.details.count == 1, "\(lost)")
    }

    @Test(arguments: [2, 3, 40, 600]) func theLedgerTellsOfTheFirstHoweverManyCameAfterIt(count: Int) async throws {
        var world = TagWorld(images: [.example("a"), .example("d", tags: [TagWorld.tag])])
        world.generations = [TagWorld.seen("a", 2000, 1990), TagWorld.seen("b", 1980, 1970)]
        // Images that are gone, in turns.
        for number in 0..<(count - 2) {
            let time = 1900 - 2 * Int64(number)
            world.generations.append(TagWorld.seen(number % 2 == 0 ? "c" : "e", time, time - 1))
        }
        world.generations.append(TagWorld.seen("d", 5, 5))
        #expect(
            try await world.message(about: "a")
                == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.b) before \(Self.at(1980)), seen by gitlab build 1980; "
                + "\(Self.d) has it now, seen there first at \(Self.at(5)), seen by gitlab build 5"
        )
    }

    @Test func theFirstIsKnownFromTheLedgerAndTheLastFromTheEngine() async throws {
        var world = TagWorld(images: [.example("a"), Self.holder])
        world.generations = [TagWorld.seen("a", 50, 40), TagWorld.seen("b", 30, 30)]
        world.events = [TagWorld.tagging("c", 10)]
        #expect(
            try await world.message(about: "a")
                == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.b) before \(Self.at(30)), seen by gitlab build 30; "
                + "\(Self.c) has it since \(Self.at(10))"
        )
    }

    @Test func anImageThatTookTheTagBackLaterTookItTheFirstTime() async throws {
        var world = TagWorld(images: Self.untagged + [Self.holder])
        world.events = [
            TagWorld.tagging("a", 40), TagWorld.tagging("c", 30), TagWorld.tagging("b", 20), TagWorld.tagging("c", 10),
        ]
        #expect(try await world.message(about: "a") == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.c) at \(Self.at(30))")
        #expect(try await world.message(about: "b") == "overwritten: \(Self.b) lost 'shop/api:v1' to \(Self.c) at \(Self.at(10))")
    }

    @Test func whatWasBeforeTheLossIsNoAnswer() async throws {
        var world = TagWorld(images: Self.untagged + [Self.holder])
        world.events = [
            TagWorld.tagging("c", 40), TagWorld.tagging("b", 30), TagWorld.tagging("a", 20), TagWorld.tagging("c", 10),
        ]
        #expect(try await world.message(about: "a") == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.c) at \(Self.at(10))")
    }

    /// Events between the loss and the taking after which the tag may have been elsewhere, or nowhere, in between.
    struct Gap: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [EngineEvent]
        var imageStore = EngineIdentity.ImageStore.classic
        var isDirect = false
    }

    private static let start = TagWorld.event("save", "d", 60)

    @Test(arguments: [
        Gap(testDescription: "nothing", events: [start], isDirect: true),
        Gap(testDescription: "events of something else", events: [start, TagWorld.event("tag", "d", 30, name: "x:1")], isDirect: true),
        Gap(testDescription: "a memory that does not reach back", events: [TagWorld.event("save", "d", 30)]),
        Gap(testDescription: "a load", events: [start, TagWorld.event("load", "d", 30)]),
        Gap(testDescription: "a pull", events: [start, TagWorld.pull(30)]),
        Gap(testDescription: "an untag", events: [start, TagWorld.event("untag", "a", 30)]),
        Gap(testDescription: "Podman", events: [start], imageStore: .podman),
    ])
    func aTagIsSaidToHaveGoneStraightOnlyWhereTheEventsShowIt(gap: Gap) async throws {
        var world = TagWorld(images: [.example("a"), .example("d", tags: ["x:1"]), Self.holder])
        world.imageStore = gap.imageStore
        world.generations = [TagWorld.seen("a", 50, 40)]
        world.events = gap.events + [TagWorld.tagging("c", 10)]
        let time = gap.isDirect ? " at \(Self.at(10))" : ", which took it at \(Self.at(10))"
        #expect(try await world.message(about: "a") == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.c)\(time)")
    }

    // MARK: Pulls

    private static func pulled(_ digit: Character, _ tags: [String] = []) -> EngineImage {
        .example(digit, tags: tags, digests: ["shop/api@sha256:" + String(repeating: digit, count: 64)])
    }

    @Test func aPullThatFoundNothingNewMovedNoTag() async throws {
        var world = TagWorld(images: [Self.pulled("a"), Self.pulled("c", [TagWorld.tag])])
        world.events = [TagWorld.tagging("a", 30), TagWorld.tagging("c", 20), TagWorld.pull(10)]
        #expect(try await world.message(about: "a") == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.c) at \(Self.at(20))")
    }

    @Test func thePullThatBroughtAnImageDidNotTakeItsTag() async throws {
        var world = TagWorld(images: [Self.pulled("a"), .example("c", tags: [TagWorld.tag])])
        world.generations = [TagWorld.seen("a", 40, 30)]
        world.events = [TagWorld.pull(50), TagWorld.event("load", "c", 20)]
        #expect(try await world.message(about: "a") == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.c) at \(Self.at(20))")
    }

    @Test func aPullAfterARebuildTookTheTagFromTheRebuiltImage() async throws {
        var world = TagWorld(images: [Self.pulled("a"), Self.pulled("b"), Self.pulled("c", [TagWorld.tag])])
        world.generations = [TagWorld.seen("a", 50, 40), TagWorld.seen("c", 10, 10)]
        world.events = [TagWorld.event("save", "d", 60), TagWorld.tagging("b", 30), TagWorld.pull(20)]
        #expect(
            try await world.message(about: "a")
                == "overwritten: \(Self.a) lost 'shop/api:v1' to \(Self.b) at \(Self.at(30)); "
                + "\(Self.c) has it now, seen there first at \(Self.at(10)), seen by gitlab build 10"
        )
        #expect(
            try await world.message(about: "b")
                == "pulled-over: \(Self.b) lost 'shop/api:v1' to \(Self.c) by a pull before \(Self.at(10)), seen by gitlab build 10"
        )
    }

    // MARK: Containers

    @Test func aTagThatWasTakenTwiceFromUnderAContainerWentToTheFirst() async throws {
        var world = TagWorld(images: Self.untagged + [Self.holder])
        world.containers = [
            EngineContainer(
                id: String(repeating: "f", count: 64),
                names: ["web"],
                image: TagWorld.id("a"),
                imageName: TagWorld.tag,
                state: "running",
                created: TagWorld.at(25)
            )
        ]
        world.events = [TagWorld.tagging("a", 30), TagWorld.tagging("b", 20), TagWorld.tagging("c", 10)]
        #expect(
            try await world.message(about: "a")
                == "untagged-in-use: \(Self.a) lost 'shop/api:v1' to \(Self.b) while the running container 'web' holds the image; "
                + "\(Self.c) has it now"
        )
    }
}
