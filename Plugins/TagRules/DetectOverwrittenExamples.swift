import HookKit

/// The examples of `detect-overwritten`: one for each cause.
enum DetectOverwrittenExamples {
    static let all: [RuleExample] = [
        RuleExample(
            "A rebuild took the tag: the ledger saw it on the image before.",
            in: ExampleWorld(
                images: [.example("a"), .example("b", tags: ["shop/api:v1"])],
                ledger: [.example("shop/api:v1", on: "a")]
            ),
            finds: [.init(.failed, "overwritten", "shop/api:v1")]
        ),
        RuleExample(
            "A tag that may move passes.",
            settings: ["allow": ["*:latest"]],
            in: ExampleWorld(
                images: [.example("a"), .example("b", tags: ["shop/api:latest"])],
                ledger: [.example("shop/api:latest", on: "a")]
            ),
            finds: [.init(.passed, "overwritten", "shop/api:latest")]
        ),
        RuleExample(
            "A pattern that nothing matches judges nothing; one that only the ledger knows a tag for has nothing to say.",
            settings: ["images": ["shp/*", "team/*"]],
            in: ExampleWorld(images: [.example("b", tags: ["shop/api:v1"])], ledger: [.example("team/web:v1", on: "a")]),
            finds: [.init(.skipped, "no-match", "shp/*")]
        ),
        RuleExample(
            "Of two tags that an image lost, each is judged by itself.",
            settings: ["allow": ["*:latest"]],
            in: ExampleWorld(
                images: [.example("a"), .example("b", tags: ["shop/api:latest", "shop/api:v1"])],
                ledger: [.example("shop/api:latest", on: "a"), .example("shop/api:v1", on: "a")]
            ),
            finds: [.init(.failed, "overwritten", "shop/api:v1"), .init(.passed, "overwritten", "shop/api:latest")]
        ),
        RuleExample(
            "The engine's events are evidence too, without a ledger.",
            in: ExampleWorld(
                images: [.example("a"), .example("b", tags: ["shop/api:v1"])],
                events: [
                    .example("tag", "a", name: "shop/api:v1", hoursAgo: 2), .example("tag", "b", name: "shop/api:v1", hoursAgo: 1),
                ]
            ),
            finds: [.init(.failed, "overwritten", "shop/api:v1")]
        ),
        RuleExample(
            "A pull moved the tag.",
            in: ExampleWorld(
                images: [
                    .example("a", digests: ["alpine@sha256:" + String(repeating: "1", count: 64)]),
                    .example("b", tags: ["alpine:3"], digests: ["alpine@sha256:" + String(repeating: "2", count: 64)]),
                ],
                imageDetails: [.example("b")],
                ledger: [.example("alpine:3", on: "a")]
            ),
            finds: [.init(.failed, "pulled-over", "alpine:3")]
        ),
        RuleExample(
            "An image that was only pushed from here and then rebuilt over was not pulled over.",
            in: ExampleWorld(
                images: [
                    .example("a", digests: ["shop/api@sha256:" + String(repeating: "1", count: 64)]), .example("b", tags: ["shop/api:v1"]),
                ],
                ledger: [.example("shop/api:v1", on: "a")]
            ),
            finds: [.init(.failed, "overwritten", "shop/api:v1")]
        ),
        RuleExample(
            "The tag was forced off under a running container.",
            in: ExampleWorld(
                images: [.example("a")],
                containers: [
                    EngineContainer(
                        id: String(repeating: "c", count: 64),
                        names: ["web"],
                        image: .example("a"),
                        imageName: Digest.example("a").description,
                        state: "running",
                        created: ExampleWorld.now - .seconds(60)
                    )
                ],
                containerDetails: [
                    EngineContainerDetails(
                        id: String(repeating: "c", count: 64),
                        configuredImage: "alpine4:v1.0",
                        started: ExampleWorld.now - .seconds(60),
                        finished: nil
                    )
                ]
            ),
            finds: [.init(.failed, "untagged-in-use", "alpine4:v1.0")]
        ),
        RuleExample(
            "An image that was saved by its ID and loaded came back without its name.",
            in: ExampleWorld(
                images: [.example("a")],
                imageDetails: [.example("a")],
                events: [.example("load", "a", hoursAgo: 1)],
                ledger: [.example("shop/web:v1", on: "a")]
            ),
            finds: [.init(.failed, "loaded-by-id", "shop/web:v1")]
        ),
        RuleExample(
            "The parents of a build of several steps are harmless.",
            in: ExampleWorld(images: [.example("a"), .example("b", tags: ["shop/api:v1"], parent: "a")]),
            finds: [.init(.passed, "intermediate", "aaaaaaaaaaaa")]
        ),
        RuleExample(
            "A parent of another image is harmless; that its tag moved is reported all the same.",
            in: ExampleWorld(
                images: [.example("a"), .example("b", tags: ["shop/api:v1"], parent: "a"), .example("c", tags: ["shop/base:v1"])],
                ledger: [.example("shop/base:v1", on: "a")]
            ),
            finds: [.init(.passed, "intermediate", "shop/base:v1"), .init(.failed, "overwritten", "shop/base:v1")]
        ),
        RuleExample(
            "So it is where the engine's events alone tell of it.",
            in: ExampleWorld(
                images: [.example("a"), .example("b", tags: ["shop/api:v1"], parent: "a"), .example("c", tags: ["shop/base:v1"])],
                events: [
                    .example("tag", "a", name: "shop/base:v1", hoursAgo: 2), .example("tag", "c", name: "shop/base:v1", hoursAgo: 1),
                ]
            ),
            finds: [.init(.passed, "intermediate", "shop/base:v1"), .init(.failed, "overwritten", "shop/base:v1")]
        ),
        RuleExample(
            "A build without a name.",
            in: ExampleWorld(
                images: [.example("a", parent: "b"), .example("b", tags: ["alpine:3"])],
                imageDetails: [.example("a")]
            ),
            finds: [.init(.failed, "built-untagged", "aaaaaaaaaaaa")]
        ),
        RuleExample(
            "A tag that was taken off and names nothing now.",
            in: ExampleWorld(
                images: [.example("a")],
                imageDetails: [.example("a", lastTagged: ExampleWorld.now - .seconds(9000))],
                ledger: [.example("shop/api:v1", on: "a")]
            ),
            finds: [.init(.failed, "untagged", "shop/api:v1")]
        ),
        RuleExample(
            "Where nothing tells, that is what the finding says.",
            in: ExampleWorld(
                images: [.example("a")],
                imageDetails: [.example("a", lastTagged: ExampleWorld.now - .seconds(9000))]
            ),
            finds: [.init(.failed, "unknown", "aaaaaaaaaaaa")]
        ),
        RuleExample(
            "A tag that moved while its image has another name is overwritten, although nothing is lost.",
            in: ExampleWorld(
                images: [.example("a", tags: ["shop/api:old"]), .example("b", tags: ["shop/api:v1"])],
                ledger: [.example("shop/api:v1", on: "a")]
            ),
            finds: [.init(.failed, "overwritten", "shop/api:v1")]
        ),
        RuleExample(
            "Nothing moved and nothing is untagged: no finding.",
            in: ExampleWorld(images: [.example("a", tags: ["shop/api:v1"])], ledger: [.example("shop/api:v1", on: "a")]),
            finds: []
        ),
        RuleExample(
            "A cause must be one of the known ones.",
            settings: ["fail-on": ["overwriten"]],
            isRefused:
                "'fail-on' must be one of intermediate, untagged-in-use, overwritten, pulled-over, loaded-by-id, built-untagged, untagged, unknown, not 'overwriten'; did you mean 'overwritten'?"
        ),
    ]
}
