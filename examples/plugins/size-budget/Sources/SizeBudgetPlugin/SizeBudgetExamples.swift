import HookKit

/// What the rule shows in `hook rules show`, and what its test runs.
enum SizeBudgetExamples {
    static let all = [
        RuleExample(
            "An image over its budget fails.",
            settings: ["images": ["shop/*"], "limit": "100MB"],
            in: ExampleWorld(
                images: [image("a", "shop/api:v1", "140MB"), image("b", "shop/web:v1", "100MB"), image("c", "other/app:v1", "900MB")]
            ),
            finds: [.init(.failed, "over-budget", "shop/api:v1"), .init(.passed, "within-budget", "shop/web:v1")]
        ),
        RuleExample(
            "A pattern that matches nothing is said.",
            settings: ["images": ["shop/*"]],
            finds: [.init(.skipped, "no-match", "shop/*")]
        ),
        RuleExample(
            "A limit needs its unit.",
            settings: ["images": ["shop/*"], "limit": "100"],
            isRefused: "'limit' must be a size such as 500MB or 1.5GiB, not '100'"
        ),
    ]

    /// An image whose ID is one letter over and over.
    static func image(_ letter: String, _ name: String?, _ size: ByteSize) -> EngineImage {
        EngineImage(
            id: identifier(letter),
            references: name.flatMap { ImageReference($0) }.map { [$0] } ?? [],
            created: ExampleWorld.now,
            size: size
        )
    }

    /// An ID of one letter over and over.
    static func identifier(_ letter: String) -> Digest {
        guard let digest = Digest("sha256:" + String(repeating: letter, count: 64)) else { preconditionFailure("'\(letter)' is no digit") }
        return digest
    }
}
