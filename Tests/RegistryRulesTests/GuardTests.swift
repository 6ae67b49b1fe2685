import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What `guard-tags` says on engines that keep images in different ways.
@Suite struct GuardTests {
    private static let host = "registry.local:5000"

    private func run(
        _ images: [EngineImage],
        _ example: ExampleRegistry,
        store: EngineIdentity.ImageStore = .classic,
        ledger: [TagGeneration] = [],
        settings: ConfigValue = ["images": ["registry.local:5000/*"]]
    ) async throws -> [Finding] {
        let identity = EngineIdentity(
            identifier: FakeEngine.exampleIdentity.identifier,
            name: "host",
            product: "Docker",
            apiVersion: "1.41",
            imageStore: store,
            endpoint: "unix:///x"
        )
        let world = ExampleWorld(images: images, ledger: ledger)
        let findings = FindingCollector()
        let rule = try #require(RegisteredRule(GuardTags.self, origin: "tests").prepare(settings, directory: "/project").rule)
        let context = RuleContext(
            stage: "guard",
            isDryRun: false,
            environment: RunEnvironment(
                build: BuildRecord(run: "test", pipeline: "test", commit: "0123456789abcdef"),
                event: .manual,
                variables: [:],
                now: { ExampleWorld.now }
            ),
            services: FakeServices(
                engine: FakeEngine(FakeEngineState(world), identity: identity),
                ledger: FakeLedger(world, engine: identity),
                commands: FakeCommandRunner(world),
                archives: FakeImageArchives([:]),
                registries: FakeRegistries([Self.host: example, "registry": example])
            ),
            output: findings.take
        )
        try await rule.run(in: context)
        return findings.findings
    }

    private func image(_ id: Digest, _ tag: String = "shop/api:v1", digests: [Digest] = []) -> EngineImage {
        EngineImage(
            id: id,
            references: [.example("\(Self.host)/\(tag)")],
            repositoryDigests: digests.map { .example("\(Self.host)/shop/api@\($0)") },
            created: ExampleWorld.now,
            size: "1MB"
        )
    }

    private let one = ExampleRegistry(
        tags: ["shop/api:v1": .example("1")],
        images: [.image("1", labels: ["org.opencontainers.image.revision": "1a2b3c4d5e6f7a8b"])]
    )

    @Test func aPushThatWouldOverwriteSaysWhatIsThereAndWhoMadeIt() async throws {
        let generation = TagGeneration(
            reference: .example("\(Self.host)/shop/api:v1"),
            image: .exampleConfiguration("1"),
            firstSeen: ExampleWorld.now - .seconds(7200),
            firstBuild: BuildRecord(run: "x", pipeline: "x", commit: "1a2b3c", branch: "main", system: "gitlab", buildNumber: "4711"),
            lastSeen: ExampleWorld.now,
            lastBuild: BuildRecord(run: "x", pipeline: "x"),
            sightings: 3
        )
        let findings = try await run([image(.exampleConfiguration("2"))], one, ledger: [generation])
        #expect(
            findings == [
                .failed(
                    subject: "\(Self.host)/shop/api:v1",
                    type: "would-overwrite",
                    message: "the registry has other content under this tag (manifest 111111111111); here it is the image c02222222222",
                    details: [
                        "the ledger saw it first at \(generation.firstSeen), by gitlab build 4711 on main at 1a2b3c",
                        "by its own word, it was made at \(ExampleWorld.now - .seconds(86_400)) from commit 1a2b3c4d5e6f",
                        "the command below gives the image the tag '\(Self.host)/shop/api:v1-c02222222222' in place of this one, and changes nothing "
                            + "in the registry",
                        "is it meant to be overwritten: allow: [\"\(Self.host)/shop/api:v1\"]",
                    ],
                    remedy:
                        "docker tag \(Self.host)/shop/api:v1 \(Self.host)/shop/api:v1-c02222222222 && docker rmi \(Self.host)/shop/api:v1",
                    evidence: [
                        "reference": .string("\(Self.host)/shop/api:v1"),
                        "image": .string("\(Digest.exampleConfiguration("2"))"), "registryDigest": .string("\(Digest.example("1"))"),
                    ]
                )
            ]
        )
    }

    @Test func anotherTagIsOfferedThatThePatternsStillName() async throws {
        let registry: ConfigValue = ["images": ["shop/api"], "registry": "registry.local:5000"]
        func details(_ tag: String, _ settings: ConfigValue) async throws -> (details: ArraySlice<String>, remedy: String?) {
            let image = EngineImage(id: .exampleConfiguration("2"), references: [.example(tag)], created: ExampleWorld.now, size: "1MB")
            let there = ExampleRegistry(
                tags: ["shop/api:v1": .example("1"), "shop/api:\(String(repeating: "v", count: 128))": .example("1")],
                images: [.image("1")]
            )
            let finding = try #require(try await run([image], there, settings: settings).first)
            return (Array(finding.details).dropFirst(), finding.remedy)
        }
        // The tag without its registry is renamed as what it is called here.
        let local = try await details("shop/api:v1", registry)
        #expect(local.remedy == "docker tag shop/api:v1 shop/api:v1-c02222222222 && docker rmi shop/api:v1")
        #expect(local.details.last == "is it meant to be overwritten: allow: [\"registry.local:5000/shop/api:v1\"]")
        #expect(local.details.count == 2, "\(local.details)")
        let single = try await details("\(Self.host)/shop/api:v1", ["images": ["registry.local:5000/shop/api:v1"]])
        #expect(
            single.details.contains(
                "'images' names no other tag than this: '\(Self.host)/shop/api:v1-c02222222222' has to be named there as well"
            )
        )
        let long = "\(Self.host)/shop/api:\(String(repeating: "v", count: 128))"
        let cut = String(repeating: "v", count: 115)
        #expect(
            try await details(long, ["images": ["registry.local:5000/*"]]).remedy
                == "docker tag \(long) \(Self.host)/shop/api:\(cut)-c02222222222 && docker rmi \(long)"
        )
    }

    /// Podman names what it builds `localhost/NAME`, with no registry meant; Docker only does so where somebody asked for it.
    @Test(arguments: [EngineIdentity.ImageStore.podman, .classic]) func whatPodmanBuildsCountsAsTheRegistrys(
        store: EngineIdentity.ImageStore
    ) async throws {
        let built = EngineImage(
            id: .exampleConfiguration("2"),
            references: ["localhost/shop/api:v1", "localhost:5000/shop/api:v1", "other.example/shop/api:v1"].map { .example($0) },
            created: ExampleWorld.now,
            size: "1MB"
        )
        let settings: ConfigValue = ["images": ["*/shop/*"], "registry": ConfigValue(.string(Self.host))]
        let findings = try await run([built], one, store: store, settings: settings)
        func skipped(_ registry: String) -> Finding {
            .skipped(
                subject: "\(registry)/shop/api:v1",
                type: "other-registry",
                message: "names the registry '\(registry)', so it is not pushed to '\(Self.host)'"
            )
        }
        let others = [skipped("localhost:5000"), skipped("other.example")]
        guard store == .podman else {
            let missing = Finding.failed(
                subject: "*/shop/*",
                type: "not-found",
                message: "no tag on the engine that would be pushed there matches '*/shop/*'",
                remedy: "docker images"
            )
            #expect(findings == [missing, skipped("localhost")] + others)
            return
        }
        #expect(findings.prefix(2) == others[...])
        #expect(findings.dropFirst(2).map(\.subject) == ["\(Self.host)/shop/api:v1"])
        #expect(findings.dropFirst(2).map(\.type) == ["would-overwrite"])
        #expect(
            findings.last?.remedy
                == "docker tag localhost/shop/api:v1 localhost/shop/api:v1-c02222222222 && docker rmi localhost/shop/api:v1"
        )
    }

    @Test func theContainerdStoreIsComparedByTheManifest() async throws {
        #expect(try await run([image(.example("1"))], one, store: .containerd).map(\.type) == ["unchanged"])
        // There an ID that is the configuration's digest is something else.
        #expect(try await run([image(.exampleConfiguration("1"))], one, store: .containerd).map(\.type) == ["would-overwrite"])
        let index = ExampleRegistry(
            tags: ["shop/api:v1": .example("9")],
            images: [.index("9", of: ["1", "2"]), .image("1"), .image("2")]
        )
        #expect(try await run([image(.example("9"))], index, store: .containerd).map(\.type) == ["unchanged"])
        #expect(try await run([image(.example("1"))], index, store: .containerd).map(\.type) == ["would-overwrite"])
    }

    @Test func theClassicStoreIsComparedByTheConfigurationOrByWhatItPushed() async throws {
        #expect(try await run([image(.exampleConfiguration("1"))], one).map(\.type) == ["unchanged"])
        #expect(try await run([image(.exampleConfiguration("2"), digests: [.example("1")])], one).map(\.type) == ["unchanged"])
        #expect(try await run([image(.exampleConfiguration("2"), digests: [.example("3")])], one).map(\.type) == ["would-overwrite"])
    }

    /// An engine that pulled an index has one image of it, and pushes that one.
    @Test func anImageThatWasPulledFromAnIndexWouldOverwriteIt() async throws {
        let index = ExampleRegistry(
            tags: ["shop/api:v1": .example("9")],
            images: [.index("9", of: ["1", "2"]), .image("1"), .image("2")]
        )
        let findings = try await run([image(.exampleConfiguration("1"), digests: [.example("9")])], index)
        #expect(findings.map(\.type) == ["would-overwrite"])
        #expect(findings.first?.details.first == "it is an index of linux/amd64, linux/arm64; a push puts one image in its place")
    }

    @Test func aTagOfAnotherRegistryIsSkipped() async throws {
        let images = [
            image(.exampleConfiguration("2"), "shop/api:v1"),
            EngineImage(
                id: .exampleConfiguration("3"),
                references: [.example("other.local/shop/api:v1"), .example("api:v1")],
                created: ExampleWorld.now,
                size: "1MB"
            ),
        ]
        let findings = try await run(images, one, settings: ["images": ["*"], "registry": "http://registry.local:5000"])
        #expect(
            findings.map { "\($0.type) \($0.subject)" } == [
                "other-registry other.local/shop/api:v1", "new registry.local:5000/api:v1",
                "would-overwrite registry.local:5000/shop/api:v1",
            ]
        )
    }

    @Test(arguments: [("http://registry", "registry:80"), ("https://registry", "registry:443"), ("registry", "registry:443")])
    func aRegistryThatNoTagCanNameIsRefused(_ name: String, _ better: String) async throws {
        let image = EngineImage(
            id: .exampleConfiguration("2"),
            references: [.example("shop/api:v1")],
            created: ExampleWorld.now,
            size: "1MB"
        )
        await #expect(throws: RegistryError(.configuration, "'registry' cannot stand in a tag; name its port, as in '\(better)'")) {
            try await run([image], one, settings: ["images": ["*"], "registry": .init(.string(name))])
        }
    }

    @Test func aRegistryThatIsDownEndsTheStage() async throws {
        await #expect(
            throws: RegistryError(.refused, "the registry 'down.local' cannot be reached for 'GET /v2/': connection refused")
        ) {
            try await run(
                [EngineImage(id: .example("1"), references: [.example("down.local/a:v1")], created: ExampleWorld.now, size: "1MB")],
                one,
                settings: ["images": ["down.local/*"]]
            )
        }
    }
}
