import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// The steps of a build by the classic builder, which have no names: they hold what the image of the build is made of.
@Suite struct PruneParentTests {
    private static let old = ExampleWorld.now - .seconds(90_000)
    /// An ID whose beginning tells it from others.
    private static func id(_ number: Int) -> Digest {
        let digits = String(number, radix: 16)
        return Digest(algorithm: .sha256, hex: String(repeating: String(repeating: "0", count: 4 - digits.count) + digits, count: 16))!
    }

    private static func image(
        _ number: Int,
        _ tags: [String] = [],
        on parent: Int?,
        size: Int64,
        shared: Int64? = nil,
        labels: [String: String] = [:],
        created: Timestamp = old
    ) -> EngineImage {
        EngineImage(
            id: id(number),
            parent: parent.map(id),
            references: tags.map { ImageReference($0)! },
            created: created,
            size: ByteSize(bytes: size),
            sharedSize: shared.map(ByteSize.init(bytes:)),
            labels: labels
        )
    }

    /// A base of 1 MB; on it a step with a file of 20 MB, on that one with a file of 3 MB, and on that the image with its label and its tag.
    private static func world() -> ExampleWorld {
        var world = ExampleWorld(images: [
            image(1, ["base:1"], on: nil, size: 1_000_000, shared: 1_000_000), image(2, on: 1, size: 21_000_000),
            image(3, on: 2, size: 24_000_000),
            image(4, ["ch/a:2"], on: 3, size: 24_000_000, shared: 1_000_000, labels: ["ci": "1"]),
        ])
        world.imageDetails = world.images.map { image in
            let layers = (1...3).map(id).prefix { $0 <= image.id }
            return EngineImageDetails(id: image.id, lastTagged: nil, layers: Array(layers), parent: image.parent)
        }
        return world
    }

    private static func lines(
        _ settings: ConfigValue,
        _ world: ExampleWorld,
        ledger: FakeLedger? = nil
    ) async throws -> (lines: [String], reclaimed: Int64?) {
        let collector = FindingCollector()
        try await PruneSafetyTests.run(settings, on: FakeEngine(world), world, isDryRun: false, ledger: ledger, into: collector)
        return (collector.findings.map { "\($0.type) \($0.subject): \($0.message)" }, collector.reclaimed.bytes)
    }

    private static let byName: ConfigValue = ["unused": true, "images": ["ch/*"]]
    private static let removed = [
        "removed ch/a:2: no container uses it, last sign of use 1 day ago",
        "removed \(id(3).short): parent of removed images only, last sign of use 1 day ago",
        "removed \(id(2).short): parent of removed images only, last sign of use 1 day ago",
    ]

    private static let all: ConfigValue = ["unused": true]
    private static let byLabel: ConfigValue = ["unused": true, "labels": ["ci=1"]]

    @Test(arguments: [(byName, "'images' does not name 'base:1'"), (byLabel, "its labels do not fit 'ci=1'")])
    func theStepsOfABuildGoWithTheImageThatTheyMade(settings: ConfigValue, reason: String) async throws {
        let (lines, reclaimed) = try await Self.lines(settings, Self.world())
        #expect(lines == ["kept base:1: \(reason)"] + Self.removed)
        #expect(reclaimed == 23_000_000)
    }

    /// Something that keeps the first step.
    struct Holder: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var settings: ConfigValue = byName
        let reason: String
        let change: @Sendable (inout ExampleWorld) -> Void
    }

    static let holders: [Holder] = [
        Holder(testDescription: "its age", reason: "last used, tagged or made 1 minute ago, less than 1h") {
            $0.images[1] = image(2, on: 1, size: 21_000_000, created: ExampleWorld.now - .seconds(60))
        },
        Holder(
            testDescription: "protect",
            settings: ["unused": true, "images": ["ch/*"], "protect": [ConfigValue(.string(id(2).description))]],
            reason: "'\(id(2))' protects it"
        ) { _ in },
        Holder(
            testDescription: "a label that must not be",
            settings: ["unused": true, "images": ["ch/*"], "labels": ["ci=1", "!stage=keep"]],
            reason: "its labels do not fit '!stage=keep'"
        ) { $0.images[1] = image(2, on: 1, size: 21_000_000, labels: ["stage": "keep"]) },
        Holder(testDescription: "another child with a tag", reason: "'zz/b:1' is built on it") {
            $0.images.append(image(5, ["zz/b:1"], on: 2, size: 21_000_000))
        },
        Holder(testDescription: "another child without a name", reason: "\(id(5).short) is built on it") {
            $0.images.append(image(5, on: 2, size: 21_000_000))
        },
        Holder(testDescription: "a container", reason: "exited container 'c' uses it") {
            $0.containers = [
                EngineContainer(id: "c1", names: ["c"], image: id(2), imageName: id(2).description, state: "exited", created: old)
            ]
        },
        Holder(testDescription: "a name by an event", reason: "'images' does not name 'zz/step:1'") {
            $0.events = [
                EngineEvent(time: old, kind: "image", action: "tag", actor: id(2).description, attributes: ["name": "zz/step:1"])
            ]
        },
        Holder(testDescription: "a name by the ledger", reason: "'images' does not name 'zz/step:1'") {
            let build = BuildRecord(run: "r", pipeline: "p")
            $0.ledger = [
                TagGeneration(
                    reference: ImageReference("zz/step:1")!,
                    image: id(2),
                    firstSeen: old,
                    firstBuild: build,
                    lastSeen: old,
                    lastBuild: build,
                    sightings: 1
                )
            ]
        },
        Holder(testDescription: "a tag that it had once", reason: "no name of it is known, and 'images' names only some") {
            $0.imageDetails[1] = EngineImageDetails(id: id(2), lastTagged: old, layers: [id(1), id(2)], parent: id(1))
        },
    ]

    @Test(arguments: holders) func aStepStaysAsLongAsAnythingElseHoldsIt(holder: Holder) async throws {
        var world = Self.world()
        holder.change(&world)
        let (lines, reclaimed) = try await Self.lines(holder.settings, world)
        let kept = lines.filter { $0.hasPrefix("kept ") && $0.contains(Self.id(2).short) }
        #expect(kept.count == 1 && kept[0].hasSuffix(": \(holder.reason)"), "\(lines)")
        #expect(lines.filter { $0.hasPrefix("removed ") } == Array(Self.removed.prefix(2)), "\(lines)")
        #expect(reclaimed == 3_000_000)
    }

    @Test func whereTheStepsStayNothingIsGivenBack() async throws {
        let (lines, reclaimed) = try await Self.lines(["unused": true, "dangling": false, "images": ["ch/*"]], Self.world())
        #expect(lines == ["kept base:1: 'images' does not name 'base:1'", Self.removed[0]])
        #expect(reclaimed == 0)
    }

    @Test func whereAStepFarBelowStaysOnlyWhatLiesOverItIsGivenBack() async throws {
        var world = Self.world()
        let change = try #require(Self.holders.first)
        change.change(&world)
        // So many share layers that they are not asked for them.
        world.images += (1000..<1201).map { Self.image($0, ["zz/m:\($0)"], on: nil, size: 1_000_000, shared: 1_000_000) }
        let (lines, reclaimed) = try await Self.lines(Self.byName, world)
        #expect(lines.filter { $0.hasPrefix("removed ") } == Array(Self.removed.prefix(2)))
        #expect(reclaimed == 3_000_000)
    }

    @Test(arguments: [
        (byName, "no name of it is known, and 'images' names only some"), (all, "the engine says that it is built on itself"),
    ])
    func imagesThatAreSaidToBeBuiltOnEachOtherStay(settings: ConfigValue, reason: String) async throws {
        let world = ExampleWorld(images: [
            Self.image(1, on: 2, size: 1000), Self.image(2, on: 1, size: 1000), Self.image(3, ["ch/a:1"], on: 1, size: 1000),
        ])
        let (lines, _) = try await Self.lines(settings, world)
        #expect(
            lines == [
                "kept \(Self.id(1).short): \(reason)", "kept \(Self.id(2).short): \(reason)",
                "removed ch/a:1: no container uses it, last sign of use 1 day ago",
            ]
        )
    }
}
