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
        files: [String: [DeployedImage]] = [:],
        isDryRun: Bool = false,
        beforeDeletion: (@Sendable (Digest) async throws -> Void)? = nil
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
                    registries: beforeDeletion.map { WatchedRegistries(base: connections.registries, beforeDeletion: $0) }
                        ?? connections.registries,
                    deploymentFiles: FakeDeploymentFiles(files)
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

    /// An index lost its tag to a newer one, and a deployment names it by its digest.
    @Test func whatIsUsedByDigestCanBePulledWhole() async throws {
        try await RealRegistry.withOne { registry async throws in
            let parts = ["amd64", "arm64"].map { ($0, TestContent.image(layer: $0)) }
            let index = TestContent.index(parts)
            try await registry.push(index, to: "shop/app", tag: "latest")
            try await registry.push(parts[0].1, to: "shop/app", tag: "1.0-amd64")
            try await registry.push(TestContent.image(layer: "next"), to: "shop/app", tag: "latest")
            try await registry.push(TestContent.image(layer: "other"), to: "shop/app", tag: "1.0-other")
            let findings = try await run(
                "registry-retention",
                ["registry": .init(.string(registry.name)), "delete": ["*:1.*"], "protect-used-in": ["compose.yml"]],
                on: registry,
                files: ["compose.yml": [DeployedImage("registry.example.com/shop/app@\(index.digest)", line: 1)]]
            )
            #expect(
                findings == [
                    "passed applied \(registry.name)", "passed kept shop/app:1.0-amd64", "passed kept shop/app:latest",
                    "passed removed shop/app:1.0-other",
                ]
            )
            try await TestConnections.withOne { connections async throws in
                let client = try connections.client(registry.name)
                for child in try #require(try await client.manifest(.digest(index.digest), in: "shop/app")).children {
                    #expect(try await client.manifest(.digest(child.digest), in: "shop/app") != nil)
                }
            }
        }
    }

    @Test func aTagThatOnlyLooksLikeASignatureStays() async throws {
        try await RealRegistry.withOne { registry async throws in
            let first = TestContent.image(layer: "first")
            try await registry.push(first, to: "shop/app", tag: "v1")
            for name in [".backup", ".sig", ""] {
                try await registry.push(TestContent.image(layer: "own\(name)"), to: "shop/app", tag: "sha256-\(first.digest.hex)\(name)")
            }
            _ = try await run("registry-retention", ["registry": .init(.string(registry.name)), "delete": ["*:v1"]], on: registry)
            try await TestConnections.withOne { connections async throws in
                let left = try await connections.client(registry.name).tags(of: "shop/app")
                #expect(left == ["sha256-\(first.digest.hex)", "sha256-\(first.digest.hex).backup"])
            }
        }
    }

    /// While the first of two goes, the second is promoted.
    @Test func anImageThatGetsANewTagDuringTheDeletionsStays() async throws {
        try await RealRegistry.withOne { registry async throws in
            let images = ["1", "2"].map { TestContent.image(layer: $0) }
            for (number, image) in images.enumerated() { try await registry.push(image, to: "shop/app", tag: "pr-\(number)") }
            try await registry.push(TestContent.image(layer: "main"), to: "shop/app", tag: "main")
            let findings = try await run(
                "registry-retention",
                ["registry": .init(.string(registry.name)), "delete": ["*:pr-*"]],
                on: registry,
                beforeDeletion: { digest in
                    if digest == images[0].digest { try await registry.push(images[1], to: "shop/app", tag: "prod") }
                }
            )
            #expect(findings.filter { $0.contains("pr-") } == ["passed kept shop/app:pr-1", "passed removed shop/app:pr-0"])
            try await TestConnections.withOne { connections async throws in
                let client = try connections.client(registry.name)
                #expect(try await client.tags(of: "shop/app") == ["main", "pr-1", "prod"])
                #expect(try await client.manifest(.tag("prod"), in: "shop/app")?.digest == images[1].digest)
            }
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
