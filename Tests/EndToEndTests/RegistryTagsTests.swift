import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

/// What `registry-retention` and `guard-tags` do with real registries.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct RegistryTagsTests {
    /// Pushes versions, an index, two tags on one image, and a signature; the versions' digests.
    private func push(to registry: inout TestRegistry) async throws -> [String: BlobKey] {
        var digests: [String: BlobKey] = [:]
        for version in ["v1.0.0", "v1.0.1", "v1.1.0", "v2.0.0", "pr-1", "pr-2", "web"] {
            digests[version] = registry.layout.image(version, layers: [TestRegistry.layer("base"), TestRegistry.layer(version)])
        }
        guard let signed = digests["pr-1"], let first = digests["pr-2"], let web = digests["web"] else { return digests }
        registry.layout.image("signature", layers: [TestRegistry.layer("signature")])
        digests["multi"] = registry.layout.index("multi", of: [first, web])
        for version in ["v1.0.0", "v1.0.1", "v1.1.0", "v2.0.0", "pr-1"] { try await registry.push(version, to: "shop/api:\(version)") }
        try await registry.push("v2.0.0", to: "shop/api:latest")
        try await registry.push("multi", to: "shop/api:multi")
        try await registry.push("pr-2", to: "shop/api:pr-2")
        try await registry.push("signature", to: "shop/api:sha256-\(signed.hex).sig")
        return digests
    }

    private func tags(_ run: HookRun, _ type: String, of registry: TestRegistry) -> [String] {
        run.findings("registry-retention", type).map { $0.subject.replacing("\(registry.server.address)/shop/api:", with: "") }.sorted()
    }

    @Test(arguments: TestRegistry.Access.allCases)
    func aDryRunListsWhatARunDeletesHoweverTheRegistryLetsIn(access: TestRegistry.Access) async throws {
        try await TestRegistry.withOne(access) { registry in
            let digests = try await push(to: &registry)
            let signature = "sha256-\(try #require(digests["pr-1"]).hex).sig"
            let settings = ["images": "[\"shop/*\"]", "delete": "[\"*:pr-*\", \"*:v2.0.0\"]"]
            let before = try await registry.listing()
            let dry = try await registry.retain(settings, ["--dry-run"])
            #expect(dry.exitCode == 0, "\(dry)")
            #expect(!dry.description.contains(RegistryServer.password))
            #expect(try await registry.listing() == before, "a dry run changes nothing")
            #expect(tags(dry, "would-remove", of: registry) == ["pr-1", signature], "\(dry)")
            // An index needs pr-2, and this registry, which deletes by digest alone, would delete 'latest' with v2.0.0.
            #expect(tags(dry, "kept", of: registry) == ["latest", "multi", "pr-2", "v1.0.0", "v1.0.1", "v1.1.0", "v2.0.0"], "\(dry)")
            let run = try await registry.retain(settings)
            #expect(run.exitCode == 0, "\(run)")
            #expect(tags(run, "removed", of: registry) == ["pr-1", signature], "\(run)")
            let again = try await registry.retain(settings)
            #expect(tags(again, "removed", of: registry) == [], "\(again)")
            #expect(tags(again, "kept", of: registry) == ["latest", "multi", "pr-2", "v1.0.0", "v1.0.1", "v1.1.0", "v2.0.0"], "\(again)")
            guard access == .open else { return }
            for tag in ["latest", "multi", "pr-2", "v1.0.0", "v1.0.1", "v1.1.0", "v2.0.0"] {
                #expect(try await registry.canPull("shop/api:\(tag)"), "\(tag)")
            }
            #expect(try await registry.canPull("shop/api:pr-1") == false)
        }
    }

    @Test func numbersVersionsAndFilesKeepTags() async throws {
        try await TestRegistry.withOne { registry in
            _ = try await push(to: &registry)
            let versions = try await registry.retain(["images": "[\"shop/api:v*\"]", "semver": "1"], ["--dry-run"])
            #expect(tags(versions, "would-remove", of: registry) == ["v1.0.0"], "\(versions)")
            let lines = try await registry.retain(["images": "[\"shop/api:v*\"]", "semver": "1", "semver-line": "major"], ["--dry-run"])
            #expect(tags(lines, "would-remove", of: registry) == ["v1.0.0", "v1.0.1"], "\(lines)")
            try registry.directory.write("services: {api: {image: registry.example.com/shop/api:v1.0.0}}\n", to: "deploy/compose.yml")
            let used = try await registry.retain(
                ["images": "[\"shop/api:v*\"]", "semver": "1", "semver-line": "major", "protect-used-in": "[\"deploy/*.yml\"]"],
                ["--dry-run"]
            )
            #expect(tags(used, "would-remove", of: registry) == ["v1.0.1"], "\(used)")
        }
    }

    /// An index lost its tag, a deployment names it by its digest, and one of its images has a tag that goes; so has what looks like a signature.
    @Test func whatIsUsedByDigestAndWhatOnlyLooksLikeASignatureCanBePulledWhole() async throws {
        try await TestRegistry.withOne { registry in
            let part = registry.layout.image("amd64", layers: [TestRegistry.layer("amd64")])
            let other = registry.layout.image("arm64", layers: [TestRegistry.layer("arm64")])
            let index = registry.layout.index("index", of: [part, other])
            let old = registry.layout.image("old", layers: [TestRegistry.layer("old")])
            registry.layout.image("next", layers: [TestRegistry.layer("next")])
            try await registry.push("index", to: "shop/app:latest")
            try await registry.push("amd64", to: "shop/app:1.0-amd64")
            try await registry.push("old", to: "shop/app:1.0-old")
            try await registry.push("next", to: "shop/app:sha256-\(old.hex).backup")
            try await registry.push("next", to: "shop/app:latest")
            try registry.directory.write("services: {app: {image: registry.example.com/shop/app@sha256:\(index.hex)}}\n", to: "compose.yml")
            let run = try await registry.retain(["delete": "[\"*:1.*\"]", "protect-used-in": "[\"compose.yml\"]"])
            #expect(run.exitCode == 0, "\(run)")
            let removed = run.findings("registry-retention", "removed").map(\.subject)
            #expect(removed == ["\(registry.server.address)/shop/app:1.0-old"], "\(run)")
            for name in ["@sha256:\(index.hex)", ":1.0-amd64", ":latest", ":sha256-\(old.hex).backup"] {
                #expect(try await registry.canPull("shop/app\(name)"), "\(name): \(run)")
            }
        }
    }

    @Test func aRegistryThatIsDownAndOneThatRefusesAreErrors() async throws {
        try await TestRegistry.withOne(.password) { registry in
            _ = try await push(to: &registry)
            try registry.directory.write("{}", to: "docker/config.json")
            let refused = try await registry.retain(["delete": "[\"*:pr-*\"]"])
            #expect(refused.exitCode == 69, "\(refused)")
            #expect(refused.outcome.standardOutput.contains("registry-unauthorized"), "\(refused)")
            try await registry.server.stop()
            let down = try await registry.retain(["delete": "[\"*:pr-*\"]"])
            #expect(down.exitCode == 69, "\(down)")
        }
    }

    @Test func anOverwriteIsRefusedAndLatestMayMove() async throws {
        try await TestEngine.withOne(registry: true) { engine in
            let shop = "\(try #require(engine.registry))/shop"
            let pipeline = """
                stages:
                  - rule: guard-tags
                    on-failure: continue
                    with: {images: ["\(shop)/*"], allow: ["*:latest"]}
                  - rule: track-tags
                """
            try await engine.build("\(shop)/api:v1", content: "a")
            try await engine.docker("tag", "\(shop)/api:v1", "\(shop)/api:latest")
            let new = try await engine.run(pipeline)
            #expect(new.exitCode == 0, "\(new)")
            #expect(new.findings("guard-tags", "new").map(\.subject) == ["\(shop)/api:latest", "\(shop)/api:v1"], "\(new)")
            for tag in ["v1", "latest"] { try await engine.docker("push", "\(shop)/api:\(tag)") }
            let same = try await engine.run(pipeline)
            #expect(same.exitCode == 0, "\(same)")
            #expect(same.findings("guard-tags", "unchanged").count == 2, "\(same)")
            try await engine.build("\(shop)/api:v1", content: "b")
            try await engine.docker("tag", "\(shop)/api:v1", "\(shop)/api:latest")
            let other = try await engine.run(pipeline)
            #expect(other.exitCode == 1, "\(other)")
            let refused = other.findings("guard-tags", "would-overwrite")
            #expect(refused.map(\.subject) == ["\(shop)/api:v1"], "\(other)")
            #expect(refused.first?.details.contains { $0.hasPrefix("the ledger saw it first at ") } == true, "\(other)")
            #expect(other.findings("guard-tags", "allowed").map(\.subject) == ["\(shop)/api:latest"], "\(other)")
            // What is offered leads out, and takes no image away.
            let images = try await engine.docker("images", "--all", "--quiet")
            let id = try await engine.short("\(shop)/api:v1")
            let remedy = try #require(refused.first?.remedy)
            #expect(remedy == "docker tag \(shop)/api:v1 \(shop)/api:v1-\(id) && docker rmi \(shop)/api:v1")
            try await engine.shell(remedy)
            #expect(Set(try await engine.docker("images", "--all", "--quiet").split(separator: "\n")) == Set(images.split(separator: "\n")))
            let renamed = try await engine.run(pipeline)
            #expect(renamed.exitCode == 0, "\(renamed)")
            #expect(renamed.findings("guard-tags", "new").map(\.subject) == ["\(shop)/api:v1-\(id)"], "\(renamed)")
            try await engine.docker("push", "\(shop)/api:v1-\(id)")
            let pushed = try await engine.run(pipeline)
            #expect(pushed.exitCode == 0, "\(pushed)")
        }
    }

    /// Podman names what it builds `localhost/NAME`, and pushes it to the registry that the push names.
    @Test(.enabled(if: Repository.podmanIsAvailable)) func whatPodmanBuildsIsGuarded() async throws {
        try await TestEngine.withOne(.podman, registry: true) { engine in
            let address = try #require(engine.registry)
            func build(_ content: String) async throws {
                try engine.directory.write("FROM alpine:latest\nLABEL content=\(content)\n", to: "\(content)/Dockerfile")
                try await engine.podman("build", "--tag", "shop/api:v1", engine.directory[content])
            }
            try await build("a")
            try await engine.podman("tag", "localhost/shop/api:v1", "other.example:5000/shop/api:v1")
            let pipeline = "stages: [{rule: guard-tags, with: {images: ['*/shop/*'], registry: \(address)}}]"
            let new = try await engine.run(pipeline)
            #expect(new.exitCode == 0, "\(new)")
            #expect(new.findings("guard-tags", "new").map(\.subject) == ["\(address)/shop/api:v1"], "\(new)")
            let skipped = new.findings("guard-tags", "other-registry")
            #expect(skipped.map(\.subject) == ["other.example:5000/shop/api:v1"], "\(new)")
            #expect(skipped.map(\.outcome) == ["skipped"])
            #expect(skipped.map(\.message) == ["names the registry 'other.example:5000', so it is not pushed to '\(address)'"])
            try await engine.podman("push", "--tls-verify=false", "localhost/shop/api:v1", "\(address)/shop/api:v1")
            let same = try await engine.run(pipeline)
            #expect(same.findings("guard-tags", "unchanged").map(\.subject) == ["\(address)/shop/api:v1"], "\(same)")
            try await build("b")
            let other = try await engine.run(pipeline)
            #expect(other.exitCode == 1, "\(other)")
            let refused = other.findings("guard-tags", "would-overwrite")
            #expect(refused.map(\.subject) == ["\(address)/shop/api:v1"], "\(other)")
        }
    }
}
