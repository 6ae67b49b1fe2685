import HookKit
import HookTesting
import OCI
import Testing

struct RuleExampleSuiteTests {
    /// A rule that removes every image, well or badly behaved.
    private struct RemoveAll: Rule {
        static let configuration = RuleConfiguration(
            name: "remove-all",
            abstract: "Remove every image.",
            examples: [
                RuleExample("nothing is there", finds: []),
                RuleExample("an image is there", in: world, finds: [.init(.passed, "removed", "aaaaaaaaaaaa")]),
                RuleExample(
                    "a wrong setting",
                    settings: ["colour": "red"],
                    isRefused: "remove-all has no setting 'colour'; valid: careless"
                ),
            ]
        )

        private static let world = ExampleWorld(
            images: [EngineImage(id: RuleExampleSuiteTests.image, created: ExampleWorld.now, size: 1)],
            commands: ["true": 0]
        )

        @Setting(help: "Forget that it is a dry run.") var careless: Bool = false

        func run(in context: RuleContext) async throws {
            for image in try await context.engine.images(.current) {
                if !context.isDryRun || careless { _ = try await context.engine.removeImage(image.id) }
                context.report(.passed(subject: image.id.short, type: "removed", message: "removed"))
            }
        }
    }

    private static let image: Digest = {
        guard let digest = Digest("sha256:" + String(repeating: "a", count: 64)) else { preconditionFailure("a digest") }
        return digest
    }()

    private func problems(_ examples: [RuleExample], effect: RuleConfiguration.Effect = .changes) async -> [String] {
        let registered = RegisteredRule(RemoveAll.self, origin: "tests")
        let rule = RegisteredRule(
            name: registered.name,
            abstract: registered.abstract,
            effect: effect,
            origin: "tests",
            settings: registered.settings,
            examples: examples
        ) { settings, directory in registered.prepare(ConfigValue(.mapping(settings)), directory: directory) }
        return await RuleExampleSuite(rule).problems()
    }

    private let world = ExampleWorld(images: [EngineImage(id: image, created: ExampleWorld.now, size: 1)])
    private let refusal = RuleExample("r", settings: ["careless": 1], isRefused: "'careless' must be true or false, not '1'")

    @Test func rightExamplesHaveNoProblems() async {
        #expect(await RuleExampleSuite(RegisteredRule(RemoveAll.self, origin: "tests")).problems() == [])
    }

    @Test func missingAndUnexpectedFindingsAreProblems() async {
        let example = RuleExample("e", in: world, finds: [.init(.failed, "removed", "aaaaaaaaaaaa")])
        #expect(
            await problems([example, refusal]) == [
                "remove-all, 'e': it found what is not expected: passed removed: aaaaaaaaaaaa (removed)",
                "remove-all, 'e': it did not find: failed removed: aaaaaaaaaaaa",
            ]
        )
    }

    @Test func changeInADryRunIsAProblem() async {
        let example = RuleExample("e", settings: ["careless": true], in: world, finds: [.init(.passed, "removed", "aaaaaaaaaaaa")])
        #expect(
            await problems([example, refusal]) == [
                "remove-all, 'e': its dry run could not be carried out: "
                    + "a dry run asked unix:///var/run/docker.sock for a change: remove image aaaaaaaaaaaa",
                "remove-all, 'e': its dry run asked the engine to remove image aaaaaaaaaaaa",
            ]
        )
    }

    @Test func changeByARuleThatOnlyObservesIsAProblem() async {
        let example = RuleExample("e", in: world, finds: [.init(.passed, "removed", "aaaaaaaaaaaa")])
        #expect(
            await problems([example, refusal], effect: .observes) == [
                "remove-all, 'e': it only observes, and asked the engine to remove image aaaaaaaaaaaa"
            ]
        )
    }

    @Test func refusalIsComparedWhole() async {
        let accepted = RuleExample("accepted", settings: ["careless": true], isRefused: "no")
        let other = RuleExample("other", settings: ["careles": true], isRefused: "no")
        #expect(
            await problems([accepted, other, RuleExample("e", in: world, finds: [.init(.passed, "removed", "aaaaaaaaaaaa")])]) == [
                "remove-all, 'accepted': the settings are accepted instead of refused with: no",
                "remove-all, 'other': the settings are refused with: remove-all has no setting 'careles'; did you mean 'careless'?; instead of: no",
            ]
        )
    }

    @Test func examplesOfEachKindAreAskedFor() async {
        #expect(
            await problems([]) == [
                "remove-all: no example shows what it finds", "remove-all: no example shows settings that are refused",
            ]
        )
        #expect(await problems([RuleExample("e", finds: []), refusal]) == ["remove-all: no example shows what it changes"])
    }
}
