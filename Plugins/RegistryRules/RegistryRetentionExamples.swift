import HookKit

/// The examples of `registry-retention`.
enum RegistryRetentionExamples {
    private static let host = "registry.local:5000"

    private static func world(
        _ tags: [String: Digest],
        _ images: [ExampleRegistry.Image],
        deletion: RegistryDeletionSupport = .manifests,
        files: [String: [DeployedImage]] = [:],
        containers: [EngineContainer] = [],
        ledger: [TagGeneration] = []
    ) -> ExampleWorld {
        ExampleWorld(
            containers: containers,
            ledger: ledger,
            registries: [host: ExampleRegistry(tags: tags, images: images, deletion: deletion)],
            deploymentFiles: files
        )
    }

    private static func removed(_ tag: String) -> RuleExample.ExpectedFinding { .init(.passed, "removed", "\(host)/\(tag)") }
    private static func kept(_ tag: String) -> RuleExample.ExpectedFinding { .init(.passed, "kept", "\(host)/\(tag)") }
    private static let applied = RuleExample.ExpectedFinding(.passed, "applied", host)

    static var all: [RuleExample] { counting + sharing + using + refused }

    private static var counting: [RuleExample] {
        [
            RuleExample(
                "The newest two images stay, whatever their number of tags, and what 'keep' names is not counted.",
                settings: ["registry": "registry.local:5000", "keep-last": 2, "keep": ["*:latest"]],
                in: world(
                    [
                        "shop/api:v1": .example("1"), "shop/api:v2": .example("2"), "shop/api:v2-again": .example("2"),
                        "shop/api:v3": .example("3"), "shop/api:latest": .example("4"),
                    ],
                    [.image("1", daysOld: 30), .image("2", daysOld: 20), .image("3", daysOld: 10), .image("4", daysOld: 1)]
                ),
                finds: [
                    removed("shop/api:v1"), kept("shop/api:v2"), kept("shop/api:v2-again"), kept("shop/api:v3"), kept("shop/api:latest"),
                    applied,
                ]
            ),
            RuleExample(
                "A build that is reproducible says 1980, which does not make it old.",
                settings: ["registry": "registry.local:5000", "images": ["shop/*"], "older-than": "30d"],
                in: world(
                    ["shop/api:old": .example("1"), "shop/api:reproducible": .example("2"), "shop/web:new": .example("3")],
                    [.image("1", daysOld: 31), .image("2", created: Timestamp(seconds: 315_532_801)), .image("3", daysOld: 29)]
                ),
                finds: [removed("shop/api:old"), kept("shop/api:reproducible"), kept("shop/web:new"), applied]
            ),
            RuleExample(
                "Of each minor line the newest version stays; variants are lines of their own, and what is no version stays.",
                settings: ["registry": "registry.local:5000", "images": ["shop/api"], "semver": 1],
                in: world(
                    [
                        "shop/api:v1.2.9": .example("1"), "shop/api:v1.2.10": .example("2"), "shop/api:v1.3.0-rc.1": .example("3"),
                        "shop/api:v1.2.9-alpine": .example("4"), "shop/api:main": .example("5"),
                    ],
                    ["1", "2", "3", "4", "5"].map { .image($0) }
                ),
                finds: [
                    removed("shop/api:v1.2.9"), kept("shop/api:v1.2.10"), kept("shop/api:v1.3.0-rc.1"), kept("shop/api:v1.2.9-alpine"),
                    kept("shop/api:main"), applied,
                ]
            ),
        ]
    }

    private static var sharing: [RuleExample] {
        [
            RuleExample(
                "A registry that deletes only by digest would take 'stable' with 'pr-7', so both stay.",
                settings: ["registry": "registry.local:5000", "delete": ["*:pr-*"]],
                in: world(
                    ["shop/api:pr-7": .example("1"), "shop/api:stable": .example("1"), "shop/api:pr-8": .example("2")],
                    [.image("1"), .image("2")]
                ),
                finds: [kept("shop/api:pr-7"), kept("shop/api:stable"), removed("shop/api:pr-8"), applied]
            ),
            RuleExample(
                "A registry that deletes tags takes only the one that is named.",
                settings: ["registry": "registry.local:5000", "delete": ["*:pr-*"]],
                in: world(["shop/api:pr-7": .example("1"), "shop/api:stable": .example("1")], [.image("1")], deletion: .tags),
                finds: [removed("shop/api:pr-7"), kept("shop/api:stable"), applied]
            ),
            RuleExample(
                "What an index holds that stays, stays.",
                settings: ["registry": "registry.local:5000", "delete": ["*:pr-*"]],
                in: world(
                    ["shop/api:pr-7-amd64": .example("1"), "shop/api:v1": .example("9")],
                    [.image("1"), .image("2"), .index("9", of: ["1", "2"])]
                ),
                finds: [kept("shop/api:pr-7-amd64"), kept("shop/api:v1"), applied]
            ),
            RuleExample(
                "A signature goes with its image, and is not counted.",
                settings: ["registry": "registry.local:5000", "keep-last": 1],
                in: world(
                    [
                        "shop/api:v1": .example("1"), "shop/api:sha256-\(Digest.example("1").hex).sig": .example("a"),
                        "shop/api:v1-sbom": .example("b"), "shop/api:v2": .example("2"),
                        "shop/api:sha256-\(Digest.example("2").hex).sig": .example("d"),
                    ],
                    [
                        .image("1", daysOld: 9), .image("2", daysOld: 8), .image("a", daysOld: 1),
                        .image("b", daysOld: 1, subject: .example("1")), .image("d", daysOld: 9),
                    ]
                ),
                finds: [
                    removed("shop/api:v1"), removed("shop/api:sha256-\(Digest.example("1").hex).sig"), removed("shop/api:v1-sbom"),
                    kept("shop/api:v2"), kept("shop/api:sha256-\(Digest.example("2").hex).sig"), applied,
                ]
            ),
        ]
    }

    private static var using: [RuleExample] {
        [
            RuleExample(
                "What a deployment names stays; a variable may be any tag.",
                settings: ["registry": "registry.local:5000", "older-than": "1d", "protect-used-in": ["deploy/*.yml"]],
                in: world(
                    ["shop/api:v1": .example("1"), "shop/api:v2": .example("2"), "shop/web:v1": .example("3")],
                    [.image("1", daysOld: 9), .image("2", daysOld: 9), .image("3", daysOld: 9)],
                    files: ["deploy/compose.yml": [.init("registry.internal/shop/api:v1", line: 4), .init("shop/web:${TAG:-v9}", line: 9)]]
                ),
                finds: [kept("shop/api:v1"), removed("shop/api:v2"), kept("shop/web:v1"), applied]
            ),
            RuleExample(
                "What a container uses stays, even under another tag.",
                settings: ["registry": "registry.local:5000", "older-than": "1d", "protect-running": ["default"]],
                in: world(
                    ["shop/api:v1": .example("1"), "shop/api:v2": .example("2")],
                    [.image("1", daysOld: 9), .image("2", daysOld: 9)],
                    containers: [
                        EngineContainer(
                            id: "4711",
                            names: ["web"],
                            image: .exampleConfiguration("1"),
                            imageName: "api:test",
                            state: "running",
                            created: ExampleWorld.now - .seconds(3600)
                        )
                    ]
                ),
                finds: [kept("shop/api:v1"), removed("shop/api:v2"), applied]
            ),
        ]
    }

    private static var refused: [RuleExample] {
        [
            RuleExample(
                "Something must say what goes.",
                settings: ["registry": "registry.local:5000"],
                isRefused: "registry-retention needs 'delete', 'keep-last', 'older-than' or 'semver' to know what may go"
            ),
            RuleExample(
                "Keeping none is said by 'delete', not by a number.",
                settings: ["registry": "registry.local:5000", "keep-last": 0],
                isRefused: "'keep-last: 0' alone would delete everything; name what may go in 'delete' or 'older-than'"
            ),
            RuleExample(
                "A tag is kept by its name, not by a digest.",
                settings: ["registry": "registry.local:5000", "keep-last": 5, "keep": ["shop/api@sha256:*"]],
                isRefused: "'keep' names tags, and 'shop/api@sha256:*' has a digest; name the tag"
            ),
            RuleExample(
                "Versions are counted by one of two lines.",
                settings: ["registry": "registry.local:5000", "semver": 1, "semver-line": "patch"],
                isRefused: "'semver-line' must be one of major, minor, not 'patch'"
            ),
        ]
    }
}
