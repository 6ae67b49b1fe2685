import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What belongs to an image by its tag's name.
extension RetentionTests {
    private static let deletesV1: ConfigValue = ["registry": "registry.local:5000", "delete": ["*:v1"]]
    private static let hex = Digest.example("1").hex

    @Test(arguments: [RegistryDeletionSupport.tags, .manifests])
    func aTagThatOnlyLooksLikeASignatureIsSomebodysOwn(deletion: RegistryDeletionSupport) async throws {
        let own = [".backup", ".sigs", ".sig.old", ".s", ".", ".SIG", ""].map { "a:sha256-\(Self.hex)\($0)" }
        var tags: [String: Character] = ["a:v1": "1", "a:v2": "2"]
        for tag in own { tags[tag] = "3" }
        for ending in ["sig", "att", "sbom"] { tags["a:sha256-\(Self.hex).\(ending)"] = "4" }
        let run = try await RetentionRun(Self.deletesV1, on: Self.registry(tags, nil, deletion))
        #expect(run.error == nil)
        #expect(run.tags == (own + ["a:v2"]).sorted())
        for tag in own { #expect(run.finding(tag)?.message == "'delete' does not name it") }
    }

    @Test func anIndexUnderADigestsNameGoesOnlyWhereItHoldsReferrers() async throws {
        let tag = "a:sha256-\(Self.hex)"
        func left(_ images: ExampleRegistry.Image...) async throws -> Bool {
            let example = Self.registry(["a:v1": "1", "a:v2": "2", tag: "9"], [.image("1"), .image("2")] + images)
            let run = try await RetentionRun(Self.deletesV1, on: example)
            #expect(run.error == nil)
            return run.tags.contains(tag)
        }
        #expect(try await left(.index("9", of: ["3"]), .image("3", subject: .example("1"))) == false)
        #expect(try await left(.image("9", subject: .example("1"))) == false)
        #expect(try await left(.index("9", of: [])) == false)
        #expect(try await left(.index("9", of: ["3", "4"]), .image("3", subject: .example("1"))) == false)
        // Another's, somebody's images, and what nothing is known of.
        #expect(try await left(.index("9", of: ["3"]), .image("3", subject: .example("2"))))
        #expect(try await left(.index("9", of: ["3", "4"]), .image("3", subject: .example("1")), .image("4")))
        #expect(try await left(.index("9", of: ["3"])))
        #expect(try await left(.image("9", subject: .example("2"))))
    }

    @Test func outsideOfTheImagesNamedOnlySignaturesGo() async throws {
        let made = "a:sha256-\(Self.hex).att"
        let list = "a:sha256-\(Self.hex)"
        let example = Self.registry(
            ["a:pr-1": "1", "a:v2": "2", made: "3", list: "9", "a:notes": "4", "a:sha256-\(Self.hex).backup": "5"],
            [
                .image("1"), .image("2"), .image("3"), .image("4", subject: .example("1")), .image("5"),
                .index("9", of: ["4"]),
            ]
        )
        let settings: ConfigValue = ["registry": "registry.local:5000", "images": ["a:pr-*"], "delete": ["*:pr-*"]]
        let run = try await RetentionRun(settings, on: example)
        #expect(run.tags == ["a:notes", "a:sha256-\(Self.hex).backup", "a:v2"])
        #expect(run.finding(made)?.message == "it belongs to 'pr-1', which goes")
        #expect(run.finding(list)?.message == "it belongs to 'pr-1', which goes")
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

    /// An image, what belongs to it, and the index of that under the image's digest.
    private static let listed = registry(
        ["a:pr-1": "1", "a:v1": "3", "a:sha256-\(hex)": "9"],
        [.image("1"), .image("2", subject: .example("1")), .image("3"), .index("9", of: ["2"])]
    )
    private static let list = "a:sha256-\(hex)"

    @Test func whatBelongsToAnImageGoesAfterTheIndexThatListsIt() async throws {
        let whole = try await RetentionRun(Self.basic, on: Self.listed)
        #expect(whole.tags == ["a:v1"])
        #expect(whole.registry.requests.filter { $0.hasPrefix("DELETE a@") } == "192".map { "DELETE a@\(Digest.example($0))" })
        #expect(whole.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, went with it"])
        #expect(whole.finding(Self.list)?.details == [])
        struct Cut: Error {}
        for limit in 0..<3 {
            let counter = Counter()
            let cut = try await RetentionRun(Self.basic, on: Self.listed) { request, _ in
                if request.hasPrefix("DELETE a@"), counter.next() >= limit { throw Cut() }
            }
            Self.expectWhole(cut.registry.state, Self.listed, "after \(limit)")
        }
    }

    /// Whatever lists what belongs to what, and however far a run comes: no tag that is left leads to an index that lacks anything.
    @Test func noRunLeavesAnIndexWithoutWhatItLists() async throws {
        struct Cut: Error {}
        for seed in 300..<330 {
            var random = SplitMix(seed: UInt64(seed))
            var example = Self.random(&random, .manifests)
            let referrers = example.images.filter { $0.manifest.subject != nil }
            for (digit, subject) in zip("ef0", Set(referrers.compactMap(\.manifest.subject)).sorted()) {
                let listed = referrers.filter { $0.manifest.subject == subject }.compactMap { $0.manifest.digest.hex.first }
                example.images.append(.index(digit, of: listed))
                example.tags["a:sha256-\(subject.hex)"] = .example(digit)
            }
            for limit in 0..<6 {
                let counter = Counter()
                let run = try await RetentionRun(
                    ["registry": "registry.local:5000", "keep-last": 1, "keep": ["*:keep*"]],
                    on: example
                ) { request, _ in
                    guard request.hasPrefix("DELETE a@") else { return }
                    // The last of them fails once, and what comes after it goes on.
                    let number = counter.next()
                    if seed.isMultiple(of: 2) ? number >= limit : number == limit { throw Cut() }
                }
                #expect(run.error == nil)
                let left = run.registry.state
                let there = Set(left.images.map(\.manifest.digest))
                for (tag, digest) in left.tags {
                    let children = left.images.first { $0.manifest.digest == digest }?.manifest.children.map(\.digest) ?? []
                    #expect(there.isSuperset(of: children + [digest]), "seed \(seed), after \(limit): '\(tag)'")
                }
            }
        }
    }

    @Test func whatTheIndexThatStaysListsStays() async throws {
        let failing = try await RetentionRun(Self.basic, on: Self.listed) { request, _ in
            if request == "DELETE a@\(Digest.example("9"))" { throw RegistryError(.unauthorized, "no") }
        }
        #expect(failing.tags == [Self.list, "a:v1"])
        Self.expectWhole(failing.registry.state, Self.listed, "failing")
        #expect(
            failing.finding("a:pr-1")?.details == [
                "\(Digest.example("2")), which belonged to it, stays: an index that stays holds it"
            ]
        )
        // The plan that is carried out may lack the index.
        let unplanned = try await RetentionRun(
            Self.basic,
            on: Self.listed,
            permission: { changes in changes.map { $0.target != Self.indexChange.target } }
        )
        #expect(unplanned.tags == [Self.list, "a:v1"])
        Self.expectWhole(unplanned.registry.state, Self.listed, "not in the plan")
        #expect(
            unplanned.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belongs to it, stays: an index that stays holds it"]
        )
    }

    private static let indexChange = PlannedChange.deleting(
        manifest: .example("9"),
        tags: [],
        of: "a",
        in: RetentionRun.host,
        subject: ""
    )

    @Test func whatIsLeftOfAnIndexIsSaid() async throws {
        let settings: ConfigValue = ["registry": "registry.local:5000", "delete": ["*:pr-*"]]
        func details(_ images: Character..., tags: [String: Character] = [:]) async throws -> [String]? {
            let all = ["a:pr-9": "9", "a:v1": "4"].merging(tags) { $1 }
            let example = Self.registry(all, [.image("1"), .image("2"), .image("4"), .index("9", of: images)])
            let dry = try await RetentionRun(settings, on: example, isDryRun: true)
            let run = try await RetentionRun(settings, on: example)
            #expect(dry.finding("a:pr-9")?.type == "would-remove")
            #expect(dry.finding("a:pr-9")?.details == run.finding("a:pr-9")?.details)
            return run.finding("a:pr-9").map { Array($0.details) }
        }
        let end = "without a tag until the registry's storage is collected"
        #expect(try await details("1") == ["the manifest of the index stays \(end)"])
        #expect(try await details("1", "2") == ["the 2 manifests of the index stay \(end)"])
        #expect(try await details("1", "2", tags: ["a:pr-1": "1"]) == ["1 of the 2 manifests of the index stays \(end)"])
        #expect(try await details("1", "4") == ["1 of the 2 manifests of the index stays \(end)"])
        #expect(try await details("4") == [])
    }

    @Test func whetherTheRegistryCollectsWhatATagNamedIsSaid() async throws {
        let settings: ConfigValue = ["registry": "registry.local:5000", "delete": ["*:pr-*"]]
        let example = Self.registry(
            ["a:pr-1": "1", "a:pr-2": "2", "a:pr-3": "3", "a:pr-33": "3", "a:v1": "1", "a:v9": "9"],
            [.image("1"), .image("2"), .image("3"), .index("9", of: ["2"])],
            .tags
        )
        let run = try await RetentionRun(settings, on: example)
        #expect(run.finding("a:pr-1")?.details == ["'v1' names \(Digest.example("1")) too, so the registry keeps it"])
        #expect(run.finding("a:pr-2")?.details == ["the index that 'v9' names holds \(Digest.example("2")), so the registry keeps it"])
        for tag in ["a:pr-3", "a:pr-33"] {
            #expect(
                run.finding(tag)?.details == [
                    "the registry keeps \(Digest.example("3")) without this tag until it collects what no tag reaches"
                ]
            )
        }
    }
}
