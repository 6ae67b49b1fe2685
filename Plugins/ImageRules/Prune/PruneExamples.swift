import HookKit

/// The examples of `prune`.
enum PruneExamples {
    private static func id(_ digit: Character) -> Digest {
        guard let digest = Digest(algorithm: .sha256, hex: String(repeating: digit, count: 64)) else {
            preconditionFailure("'\(digit)' in an example is no lower-case hexadecimal digit")
        }
        return digest
    }

    private static func image(
        _ digit: Character,
        tags: [String] = [],
        parent: Character? = nil,
        hoursAgo: Int64 = 48,
        labels: [String: String] = [:]
    ) -> EngineImage {
        EngineImage(
            id: id(digit),
            parent: parent.map(id),
            references: tags.compactMap { ImageReference($0) },
            created: ExampleWorld.now - .seconds(3600 * hoursAgo),
            size: "80MB",
            sharedSize: "60MB",
            labels: labels
        )
    }

    private static func container(_ name: String, of image: Character, state: String) -> EngineContainer {
        EngineContainer(
            id: String(repeating: "e", count: 64),
            names: [name],
            image: id(image),
            imageName: id(image).description,
            state: state,
            created: ExampleWorld.now - .seconds(172_800)
        )
    }

    static let all: [RuleExample] = [
        RuleExample(
            "A dangling image goes, one with a tag is not looked at.",
            in: ExampleWorld(images: [image("a"), image("b", tags: ["shop/api:v1"])]),
            finds: [.init(.passed, "removed", "aaaaaaaaaaaa")]
        ),
        RuleExample(
            "A container in any state holds its image.",
            in: ExampleWorld(images: [image("a")], containers: [container("old", of: "a", state: "exited")]),
            finds: [.init(.passed, "kept", "aaaaaaaaaaaa")]
        ),
        RuleExample(
            "A fresh image stays: a build may be about to use it.",
            in: ExampleWorld(images: [image("a", hoursAgo: 0)]),
            finds: [.init(.passed, "kept", "aaaaaaaaaaaa")]
        ),
        RuleExample(
            "Parents go after their children, in the same run; the parent of a tagged image stays.",
            in: ExampleWorld(images: [image("a", parent: "b"), image("b"), image("c", tags: ["shop/api:v1"], parent: "d"), image("d")]),
            finds: [
                .init(.passed, "removed", "aaaaaaaaaaaa"), .init(.passed, "removed", "bbbbbbbbbbbb"),
                .init(.passed, "kept", "dddddddddddd"),
            ]
        ),
        RuleExample(
            "Of unused images the newest of each repository stay, counted by image.",
            settings: ["unused": true, "images": ["shop/*"], "keep-last": 1],
            in: ExampleWorld(images: [
                image("a", tags: ["shop/api:v1"], hoursAgo: 90), image("b", tags: ["shop/api:v2", "shop/api:latest"], hoursAgo: 80),
            ]),
            finds: [.init(.passed, "removed", "shop/api:v1"), .init(.passed, "kept", "shop/api:latest")]
        ),
        RuleExample(
            "What 'protect' matches stays, whatever else is said.",
            settings: ["unused": true, "protect": ["*:release-*"]],
            in: ExampleWorld(images: [image("a", tags: ["shop/api:release-1"]), image("b", tags: ["shop/api:v1"])]),
            finds: [.init(.passed, "kept", "shop/api:release-1"), .init(.passed, "removed", "shop/api:v1")]
        ),
        RuleExample(
            "Labels choose.",
            settings: ["labels": ["ci", "!keep"]],
            in: ExampleWorld(images: [
                image("a", labels: ["ci": "true"]), image("b", labels: ["ci": "true", "keep": ""]), image("c"),
            ]),
            finds: [
                .init(.passed, "removed", "aaaaaaaaaaaa"), .init(.passed, "kept", "bbbbbbbbbbbb"), .init(.passed, "kept", "cccccccccccc"),
            ]
        ),
        RuleExample(
            "Stopped containers go first, and then the image that only they held.",
            settings: ["containers": true],
            in: ExampleWorld(
                images: [image("a")],
                containers: [container("old", of: "a", state: "exited")],
                containerDetails: [
                    EngineContainerDetails(
                        id: String(repeating: "e", count: 64),
                        configuredImage: "shop/api:v1",
                        started: ExampleWorld.now - .seconds(90_000),
                        finished: ExampleWorld.now - .seconds(86_400)
                    )
                ]
            ),
            finds: [.init(.passed, "removed", "container old"), .init(.passed, "removed", "aaaaaaaaaaaa")]
        ),
        RuleExample(
            "A volume goes only when it is named.",
            settings: ["dangling": false, "volumes": ["build-*"]],
            in: ExampleWorld(volumes: [
                EngineVolume(name: "build-cache", driver: "local", created: ExampleWorld.now - .seconds(90_000), labels: [:]),
                EngineVolume(name: "database", driver: "local", created: ExampleWorld.now - .seconds(90_000), labels: [:]),
            ]),
            finds: [.init(.passed, "removed", "volume build-cache")]
        ),
        RuleExample(
            "A duration needs its unit.",
            settings: ["older-than": 24],
            isRefused: "'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '24'"
        ),
        RuleExample(
            "A stage that could remove nothing is a mistake.",
            settings: ["dangling": false],
            isRefused: "prune has nothing to remove: 'dangling' is false and nothing else is asked for"
        ),
    ]
}
