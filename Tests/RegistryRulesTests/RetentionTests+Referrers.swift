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
}
