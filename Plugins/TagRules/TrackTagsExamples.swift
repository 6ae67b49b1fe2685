import HookKit

/// The examples of `track-tags`.
enum TrackTagsExamples {
    static let all: [RuleExample] = [
        RuleExample(
            "A tag that the ledger does not know is new, and one that names another image than before has moved.",
            settings: ["images": ["shop/*"]],
            in: ExampleWorld(
                images: [
                    .example("b", tags: ["shop/api:v1"]), .example("c", tags: ["shop/web:v1"]), .example("d", tags: ["alpine:3"]),
                ],
                ledger: [.example("shop/api:v1", on: "a"), .example("alpine:3", on: "d")]
            ),
            finds: [.init(.passed, "moved", "shop/api:v1"), .init(.passed, "new", "shop/web:v1")]
        ),
        RuleExample(
            "A tag that names the image that it named before is unchanged, also when it was away in between.",
            in: ExampleWorld(images: [.example("a", tags: ["shop/api:v1"])], ledger: [.example("shop/api:v1", on: "a")]),
            finds: [.init(.passed, "unchanged", "shop/api:v1")]
        ),
        RuleExample(
            "A pattern that no tag matches is said to record nothing.",
            settings: ["images": ["shp/*", "shop/*"]],
            in: ExampleWorld(images: [.example("a", tags: ["shop/api:v1"])]),
            finds: [.init(.passed, "new", "shop/api:v1"), .init(.skipped, "no-match", "shp/*")]
        ),
        RuleExample(
            "A pattern must be a text.",
            settings: ["images": [1]],
            isRefused: "'images' must be a pattern of image references such as 'shop/*' or '*:latest', not '1'"
        ),
    ]
}
