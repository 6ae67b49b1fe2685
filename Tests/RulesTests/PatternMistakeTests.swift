import HookKit
import Testing

/// What each rule has against a pattern that can match nothing in the place where it stands.
@Suite struct PatternMistakeTests {
    /// A rule with settings, and what is said about them.
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: String
        let settings: ConfigValue
        let messages: [String]
        var testDescription: String { "\(rule) \(settings.yaml)" }

        init(_ rule: String, _ settings: ConfigValue, _ messages: String...) {
            self.rule = rule
            self.settings = settings
            self.messages = messages
        }
    }

    private static let id: ConfigValue = "sha256:5168ba5daa76"
    private static let pattern = "must be a pattern of image references such as 'shop/*' or '*:latest', not"

    private static let refused: [Case] = [
        Case("track-tags", ["images": [id]], "'images' names tags, and 'sha256:5168ba5daa76' is an image's ID; name the tag"),
        Case("track-tags", ["images": ["shop/*@*"]], "'images' names tags, and 'shop/*@*' has a digest; name the tag"),
        Case("detect-overwritten", ["images": [id]], "'images' names tags, and 'sha256:5168ba5daa76' is an image's ID; name the tag"),
        Case("detect-overwritten", ["allow": [id]], "'allow' names tags, and 'sha256:5168ba5daa76' is an image's ID; name the tag"),
        Case("exec", ["run": "true", "images": [id]], "'images' names tags, and 'sha256:5168ba5daa76' is an image's ID; name the tag"),
        Case(
            "guard-tags",
            ["images": ["*"], "immutable": [id]],
            "'immutable' names tags, and 'sha256:5168ba5daa76' is an image's ID; name the tag"
        ),
        Case(
            "registry-retention",
            ["registry": "r", "keep-last": 1, "keep": [id]],
            "'keep' names tags, and 'sha256:5168ba5daa76' is an image's ID; name the tag"
        ),
        Case("registry-delete", ["root": "r", "images": [id]], "'sha256:5168ba5daa76' names digests: name tags or repositories"),
        Case(
            "registry-delete",
            ["root": "r", "images": ["registry.local:5000/shop/*:v1"]],
            "'images' names repositories as the directory does, and no repository can match 'registry.local:5000/shop/*:v1'; leave the registry out, as in 'shop/*:v1'"
        ),
        Case(
            "registry-gc",
            ["root": "r", "repositories": ["SHOP/*"]],
            "'repositories' names repositories as the directory does, and no repository can match 'SHOP/*'; leave the registry out, as in '*'"
        ),
        Case(
            "registry-gc",
            ["root": "r", "repositories": ["shop/*:v1"]],
            "'repositories' names repositories, and 'shop/*:v1' has a tag"
        ),
        Case(
            "registry-gc",
            ["root": "r", "repositories": [id]],
            "'repositories' names repositories, and 'sha256:5168ba5daa76' has a digest"
        ),
        Case(
            "prune",
            ["protect": ["5168ba5daa76", "shop/keep:", "!shop/api"]],
            "'protect' \(pattern) 'shop/keep:': the tag after ':' is empty; 'shop/keep' names every tag",
            "'protect' \(pattern) '!shop/api': a pattern has no negation; what must stay, or may move, is named in 'protect', 'keep' or 'allow'"
        ),
    ]

    private static let taken: [Case] = [
        Case("registry-gc", ["root": "r", "repositories": ["shop/*", "*", "docker.io/nginx", "5168ba5daa76"]]),
        Case("registry-delete", ["root": "r", "images": ["shop/*:v1", "*:*", "docker.io/nginx", "a.b/c:V[1-9]"]]),
        Case(
            "registry-retention",
            ["registry": "r:5000", "keep-last": 1, "keep": ["*:5000/shop/*", "other:5000/shop/api", "SHOP/api:v1"]]
        ),
        Case("prune", ["protect": [id, "5168ba5daa76", "5168ba5daa76*", "SHOP/*", "shop/api@sha256:*"]]),
    ]

    @Test(arguments: refused + taken)
    func whatCanMatchNothingIsRefusedAndNothingElse(example: Case) throws {
        let rule = try #require(RuleExamplesTests.rules.first { $0.name == example.rule })
        #expect(rule.prepare(example.settings, directory: "/").diagnostics.map(\.message) == example.messages)
    }
}
