import HookKit
import HookTesting
import OCI
import RegistryAPI
import RegistryRules
import Testing

/// The rules about registries' API on a real registry, which deletes only by digest.
@Suite(.enabled(if: RealRegistry.isThere)) struct RetentionTests {
    /// Runs a rule; its findings as `outcome type subject`, sorted, without the registry's name.
    private func run(
        _ name: String,
        _ settings: ConfigValue,
        on registry: RealRegistry,
        images: [EngineImage] = [],
        isDryRun: Bool = false
    ) async throws -> [String] {
        let findings = FindingCollector()
        let type = try #require(RegistryRules.rules.first { $0.configuration.name == name })
        let preparation = RegisteredRule(type, origin: "tests").prepare(settings, directory: "/project")
        try #require(preparation.diagnostics.map(\.message) == [])
        let rule = try #require(preparation.rule)
        try await TestConnections.withOne(access: isDryRun ? .readOnly : .readWrite) { connections async throws in
            let world = ExampleWorld(images: images)
            let context = RuleContext(
                stage: name,
                directory: "/project",
                isDryRun: isDryRun,
                environment: RunEnvironment(
                    build: BuildRecord(run: "test", pipeline: "test"),
                    event: .manual,
                    variables: [:],
                    now: { TestConnections.now }
                ),
                services: FakeServices(
                    engine: FakeEngine(world),
                    ledger: FakeLedger(world),
                    commands: FakeCommandRunner(world),
                    archives: FakeImageArchives([:]),
                    registries: connections.registries
                ),
                output: findings.take
            )
            try await rule.run(in: context)
        }
        return findings.findings.map { finding in
            "\(finding.outcome.rawValue) \(finding.type) \(finding.subject.replacing("\(registry.name)/", with: ""))"
        }.sorted()
    }

    @Test func whatTheDryRunListsGoesAndTheRestIsServed() async throws {
        try await RealRegistry.withOne { registry async throws in
            let old = TestContent.image(created: "2026-01-01T00:00:00Z", layer: "old")
            let shared = TestContent.image(created: "2026-01-02T00:00:00Z", layer: "shared")
            let part = TestContent.image(created: "2026-01-03T00:00:00Z", layer: "part")
            let index = TestContent.index([("amd64", part), ("arm64", TestContent.image(created: "2026-10-31T00:00:00Z", layer: "arm"))])
            let signature = TestContent.image(created: "2026-10-31T00:00:00Z", layer: "signature")
            let attached = TestContent.image(created: "2026-10-31T00:00:00Z", layer: "attached", subject: old)
            let reproducible = TestContent.image(created: "1980-01-01T00:00:01Z", layer: "reproducible")
            for (content, tag) in [
                (old, "old"), (shared, "shared"), (shared, "stable"), (part, "part"), (index, "multi"), (reproducible, "reproducible"),
                (signature, "sha256-\(old.digest.hex).sig"), (.index([("amd64", attached)]), "sha256-\(old.digest.hex)"),
                (signature, "sha256-\(shared.digest.hex).sig"),
            ] { try await registry.push(content, to: "shop/api", tag: tag) }
            let settings: ConfigValue = [
                "registry": .init(.string(registry.name)), "images": ["shop/*"], "older-than": "30d", "keep": ["*:stable"],
            ]
            // One signature stands for two images here, so that it is needed as long as one of them is.
            let kept = ["multi", "part", "reproducible", "sha256-\(shared.digest.hex).sig", "shared", "stable"]
            let gone = ["old", "sha256-\(old.digest.hex)"]
            let spared = "sha256-\(old.digest.hex).sig"
            func expected(_ verb: String, _ end: String) -> [String] {
                ((kept + [spared]).map { "passed kept shop/api:\($0)" } + gone.map { "passed \(verb) shop/api:\($0)" } + [
                    "passed \(end) \(registry.name)"
                ]).sorted()
            }
            #expect(try await run("registry-retention", settings, on: registry, isDryRun: true) == expected("would-remove", "planned"))
            #expect(try await run("registry-retention", settings, on: registry) == expected("removed", "applied"))
            try await TestConnections.withOne { connections async throws in
                let client = try connections.client(registry.name)
                #expect(try await client.tags(of: "shop/api") == (kept + [spared]).sorted())
                #expect(try await client.manifest(.digest(attached.digest), in: "shop/api") == nil)
                for child in try #require(try await client.manifest(.tag("multi"), in: "shop/api")).children {
                    #expect(try await client.manifest(.digest(child.digest), in: "shop/api") != nil)
                }
            }
            // A second run finds nothing more.
            #expect(
                try await run("registry-retention", settings, on: registry)
                    == ((kept + [spared]).map { "passed kept shop/api:\($0)" } + ["passed applied \(registry.name)"]).sorted()
            )
        }
    }

    @Test func aTagIsGuarded() async throws {
        try await RealRegistry.withOne { registry async throws in
            let first = TestContent.image(layer: "first")
            try await registry.push(first, to: "shop/api", tag: "v1")
            try await registry.push(first, to: "shop/api", tag: "latest")
            func image(_ id: Digest, _ tags: String...) throws -> EngineImage {
                EngineImage(
                    id: id,
                    references: try tags.map { try #require(ImageReference("\(registry.name)/shop/api:\($0)")) },
                    created: TestConnections.now,
                    size: "1MB"
                )
            }
            let settings: ConfigValue = ["images": [.init(.string("\(registry.name)/shop/*"))], "allow": ["*:latest"]]
            let same = try image(TestContent.digest(first.blobs[0]), "v1", "v2")
            #expect(
                try await run("guard-tags", settings, on: registry, images: [same]) == [
                    "passed new shop/api:v2", "passed unchanged shop/api:v1",
                ]
            )
            let other = try image(TestContent.digest(first.blobs[1]), "v1", "latest")
            #expect(
                try await run("guard-tags", settings, on: registry, images: [other]) == [
                    "failed would-overwrite shop/api:v1", "passed allowed shop/api:latest",
                ]
            )
        }
    }
}
