import HookKit

/// The examples of `guard-tags`.
enum GuardTagsExamples {
    private static let host = "registry.local:5000"

    private static func world(_ images: [EngineImage], _ tags: [String: Digest], _ there: [ExampleRegistry.Image]) -> ExampleWorld {
        ExampleWorld(images: images, registries: [host: ExampleRegistry(tags: tags, images: there)])
    }

    static var all: [RuleExample] {
        [
            RuleExample(
                "A version that is in the registry with other content must not be overwritten, 'latest' may.",
                settings: ["images": ["registry.local:5000/shop/*"], "allow": ["*:latest"]],
                in: world(
                    [.pushable("2", "\(host)/shop/api:v1", "\(host)/shop/api:latest", "\(host)/shop/api:v2")],
                    ["shop/api:v1": .example("1"), "shop/api:latest": .example("1")],
                    [.image("1", labels: ["org.opencontainers.image.revision": "1a2b3c4d5e6f7a8b"])]
                ),
                finds: [
                    .init(.failed, "would-overwrite", "\(host)/shop/api:v1"),
                    .init(.passed, "allowed", "\(host)/shop/api:latest"), .init(.passed, "new", "\(host)/shop/api:v2"),
                ]
            ),
            RuleExample(
                "The same image may be pushed again.",
                settings: ["images": ["registry.local:5000/shop/*"]],
                in: world([.pushable("1", "\(host)/shop/api:v1")], ["shop/api:v1": .example("1")], [.image("1")]),
                finds: [.init(.passed, "unchanged", "\(host)/shop/api:v1")]
            ),
            RuleExample(
                "One image in the place of an index is another content.",
                settings: ["images": ["shop/api"], "registry": "registry.local:5000"],
                in: world(
                    [.pushable("1", "shop/api:v1")],
                    ["shop/api:v1": .example("9")],
                    [.index("9", of: ["1", "2"]), .image("1"), .image("2")]
                ),
                finds: [.init(.failed, "would-overwrite", "\(host)/shop/api:v1")]
            ),
            RuleExample(
                "What 'immutable' does not name may be overwritten.",
                settings: ["images": ["registry.local:5000/shop/*"], "immutable": ["*:v*"]],
                in: world([.pushable("2", "\(host)/shop/api:main")], ["shop/api:main": .example("1")], [.image("1")]),
                finds: [.init(.passed, "allowed", "\(host)/shop/api:main")]
            ),
            RuleExample(
                "A pattern that names nothing to push is a failure, not a silent success.",
                settings: ["images": ["shop/apj"], "registry": "registry.local:5000"],
                in: world([.pushable("1", "shop/api:v1")], [:], []),
                finds: [.init(.failed, "not-found", "shop/apj")]
            ),
            RuleExample("What is to be pushed must be named.", settings: [:], isRefused: "guard-tags needs the setting 'images'"),
        ]
    }
}
