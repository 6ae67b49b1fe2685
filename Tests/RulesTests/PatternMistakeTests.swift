import HookKit
import Testing

/// What each rule has against a pattern that can match nothing in the place where it stands.
@Suite struct PatternMistakeTests {
    private static let id = "sha256:5168ba5daa76"

    @Test(
        arguments: [
            ("track-tags", ["images": [.init(id)]], "'images' names tags, and '\(id)' is an image's ID; name the tag"),
            ("track-tags", ["images": ["shop/*@*"]], "'images' names tags, and 'shop/*@*' has a digest; name the tag"),
            ("detect-overwritten", ["images": [.init(id)]], "'images' names tags, and '\(id)' is an image's ID; name the tag"),
            ("detect-overwritten", ["allow": [.init(id)]], "'allow' names tags, and '\(id)' is an image's ID; name the tag"),
            ("exec", ["run": "true", "images": [.init(id)]], "'images' names tags, and '\(id)' is an image's ID; name the tag"),
            (
                "guard-tags", ["images": ["*"], "immutable": [.init(id)]],
                "'immutable' names tags, and '\(id)' is an image's ID; name the tag"
            ),
            (
                "registry-retention", ["registry": "r", "keep-last": 1, "keep": [.init(id)]],
                "'keep' names tags, and '\(id)' is an image's ID; name the tag"
            ),
            ("registry-delete", ["root": "r", "images": [.init(id)]], "'\(id)' names digests: name tags or repositories"),
            (
                "registry-delete", ["root": "r", "images": ["registry.local:5000/shop/*:v1"]],
                "'images' names repositories as the directory does, and no repository can match 'registry.local:5000/shop/*:v1'; "
                    + "leave the registry out, as in 'shop/*:v1'"
            ),
            (
                "registry-gc", ["root": "r", "repositories": ["SHOP/*"]],
                "'repositories' names repositories as the directory does, and no repository can match 'SHOP/*'; leave the registry out, as in '*'"
            ),
            ("registry-gc", ["root": "r", "repositories": ["shop/*:v1"]], "'repositories' names repositories, and 'shop/*:v1' has a tag"),
            ("registry-gc", ["root": "r", "repositories": [.init(id)]], "'repositories' names repositories, and '\(id)' has a digest"),
            (
                "prune", ["protect": ["5168ba5daa76", "shop/keep:"]],
                "'protect' must be a pattern of image references such as 'shop/*' or '*:latest', not 'shop/keep:': "
                    + "the tag after ':' is empty; 'shop/keep' names every tag"
            ),
            (
                "prune", ["protect": ["!shop/api"]],
                "'protect' must be a pattern of image references such as 'shop/*' or '*:latest', not '!shop/api': "
                    + "a pattern has no negation; what must stay, or may move, is named in 'protect', 'keep' or 'allow'"
            ),
        ] as [(String, ConfigValue, String)]
    )
    func whatCanMatchNothingIsRefused(rule: String, settings: ConfigValue, message: String) throws {
        let rule = try #require(RuleExamplesTests.rules.first { $0.name == rule })
        #expect(rule.prepare(settings, directory: "/").diagnostics.map(\.message) == [message])
    }

    @Test(
        arguments: [
            ("registry-gc", ["root": "r", "repositories": ["shop/*", "*", "docker.io/nginx", "5168ba5daa76"]]),
            ("registry-delete", ["root": "r", "images": ["shop/*:v1", "*:*", "docker.io/nginx", "a.b/c:V[1-9]"]]),
            ("registry-retention", ["registry": "r:5000", "keep-last": 1, "keep": ["*:5000/shop/*", "other:5000/shop/api", "SHOP/api:v1"]]),
            ("prune", ["protect": [.init(id), "5168ba5daa76", "5168ba5daa76*", "SHOP/*", "shop/api@sha256:*"]]),
        ] as [(String, ConfigValue)]
    )
    func whatMayMatchSomethingIsTaken(rule: String, settings: ConfigValue) throws {
        let rule = try #require(RuleExamplesTests.rules.first { $0.name == rule })
        #expect(rule.prepare(settings, directory: "/").diagnostics.map(\.message) == [])
    }
}
