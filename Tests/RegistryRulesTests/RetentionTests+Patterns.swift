import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// Which tags a pattern names.
extension RetentionTests {
    /// Patterns, the tags of a registry, and those that are left.
    struct PatternCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var images: [ConfigValue] = ["*"]
        var delete: [ConfigValue] = ["*"]
        var keep: [ConfigValue] = []
        let tags: [String]
        let left: [String]
    }

    static let patternCases: [PatternCase] = [
        .init(
            testDescription: "a path may look like another registry's name",
            keep: ["docker.io/nginx:*"],
            tags: ["docker.io/nginx:v1", "docker.io/redis:v1"],
            left: ["docker.io/nginx:v1"]
        ),
        .init(testDescription: "such a path can be acted on", images: ["docker.io/nginx"], tags: ["docker.io/nginx:v1"], left: []),
        .init(
            testDescription: "'library/' is thought in front of nothing that goes",
            delete: ["tickets:pr-*"],
            tags: ["tickets:pr-1", "library/tickets:pr-1"],
            left: ["library/tickets:pr-1"]
        ),
        .init(
            testDescription: "nor in front of what is acted on",
            images: ["ticket*"],
            tags: ["tickets:pr-1", "library/tickets:pr-1"],
            left: ["library/tickets:pr-1"]
        ),
        .init(
            testDescription: "no star crosses from the registry's name into the path",
            delete: ["registry*:pr-*", "*.local:5000/*:pr-*", "registry.local:500?/*"],
            tags: ["prod/api:pr-1", "registry-mirror/api:pr-1"],
            left: ["prod/api:pr-1"]
        ),
        .init(
            testDescription: "the registry's name may stand in front",
            images: ["registry.local:5000/prod/*", "registry.local:5000/other/api"],
            delete: ["registry.local:5000/prod/*:pr-*"],
            tags: ["prod/api:pr-1", "prod/api:v1", "other/api:pr-1"],
            left: ["other/api:pr-1", "prod/api:v1"]
        ),
        .init(
            testDescription: "in whatever case",
            images: ["Registry.Local:5000/prod/api"],
            delete: ["REGISTRY.LOCAL:5000/prod/api:pr-1"],
            tags: ["prod/api:pr-1", "prod/api:pr-2"],
            left: ["prod/api:pr-2"]
        ),
        .init(
            testDescription: "also in front of what stays",
            keep: ["Registry.Local:5000/prod/api:pr-1"],
            tags: ["prod/api:pr-1", "prod/api:pr-2"],
            left: ["prod/api:pr-1"]
        ),
        .init(
            testDescription: "what stays is named by everything that a pattern may mean",
            keep: ["tickets:pr-*", "registry*:keep"],
            tags: ["tickets:pr-1", "library/tickets:pr-1", "prod/api:keep", "prod/api:pr-1"],
            left: ["library/tickets:pr-1", "prod/api:keep", "tickets:pr-1"]
        ),
        .init(
            testDescription: "a pattern without a tag names all",
            delete: ["prod/api"],
            tags: ["prod/api:v1", "prod/web:v1"],
            left: ["prod/web:v1"]
        ),
        .init(testDescription: "two stars are everything", images: ["*:*"], delete: ["*:*"], tags: ["a/b:v1", "c:v1"], left: []),
    ]

    @Test(arguments: patternCases) func aPatternNamesWhatTheRegistryCallsSo(pattern: PatternCase) async throws {
        let tags = Dictionary(uniqueKeysWithValues: zip(pattern.tags, "1234"))
        let settings: ConfigValue = [
            "registry": "registry.local:5000", "images": .init(.sequence(pattern.images)), "delete": .init(.sequence(pattern.delete)),
            "keep": .init(.sequence(pattern.keep)),
        ]
        let run = try await RetentionRun(settings, on: Self.registry(tags))
        #expect(run.error == nil)
        #expect(run.tags == pattern.left)
        #expect(run.findings.findings.filter { ["not-found", "no-match"].contains($0.type) } == [])
    }

    @Test func aPatternOfAnotherRegistryIsSaidToKeepNothing() async throws {
        let run = try await RetentionRun(
            [
                "registry": "registry.local:5000", "delete": ["localhost:5000/shop/*", "*:pr-*"],
                "keep": ["other.local:5000/shop/*", "registry.local:5000/shop/api:pr-2", "*:5000/none/*"],
            ],
            on: Self.registry(["shop/api:pr-1": "1", "shop/api:pr-2": "2"])
        )
        #expect(run.tags == ["shop/api:pr-2"])
        #expect(
            run.findings.findings.filter { $0.type == "no-match" }.map { "\($0.subject): \($0.message)" } == [
                "localhost:5000/shop/*: 'delete' names it on another registry than 'registry.local:5000', so it matches nothing here",
                "other.local:5000/shop/*: 'keep' names it on another registry than 'registry.local:5000', so it matches nothing here",
            ]
        )
    }

    @Test func aNameIsNotThatOfALibrary() async throws {
        let run = try await RetentionRun(
            ["registry": "registry.local:5000", "images": ["tickets", "shop/*"], "older-than": "1d"],
            on: Self.registry(["library/tickets:v1": "1", "shop/api:v1": "2"])
        )
        #expect(run.tags == ["library/tickets:v1"])
        #expect(
            run.findings.findings.filter { $0.outcome == .failed }.map(\.message) == [
                "the registry has no repository 'tickets', which 'images' names"
            ]
        )
    }
}
