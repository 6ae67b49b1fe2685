import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What is used by its digest, under no tag any more.
extension RetentionTests {
    private static let files: ConfigValue = [
        "registry": "registry.local:5000", "delete": ["*:1.*"], "protect-used-in": ["deploy/compose.yml"],
    ]
    private static let engines: ConfigValue = [
        "registry": "registry.local:5000", "delete": ["*:1.*"], "protect-running": ["default"],
    ]

    /// An index that lost its tag, and a tag on one of its images.
    private static let orphaned = registry(
        ["app:1.0-amd64": "1", "app:1.0-other": "4", "app:latest": "8", "b:1.0": "5"],
        [.image("1"), .image("2"), .image("3"), .image("4"), .image("5"), .index("8", of: ["3"]), .index("9", of: ["1", "2"])]
    )

    private static func world(_ images: String...) -> ExampleWorld {
        ExampleWorld(deploymentFiles: ["deploy/compose.yml": images.map { DeployedImage($0, line: 3) }])
    }

    private static func container(_ image: Digest, _ name: String) -> EngineContainer {
        EngineContainer(id: "4711", names: ["web"], image: image, imageName: name, state: "running", created: ExampleWorld.now)
    }

    private static func engine(_ world: ExampleWorld, _ store: EngineIdentity.ImageStore, services: [String] = []) -> FakeEngine {
        let identity = EngineIdentity(
            identifier: "one",
            name: "one",
            product: "Docker 29.0.0",
            apiVersion: "1.52",
            imageStore: store,
            endpoint: "unix:///run/docker.sock"
        )
        return FakeEngine(FakeEngineState(world, serviceImages: services), identity: identity)
    }

    @Test func whatAnIndexHoldsThatAFileNamesByDigestStays() async throws {
        let run = try await RetentionRun(Self.files, on: Self.orphaned, world: Self.world("hub.local/app@\(Digest.example("9"))"))
        #expect(run.error == nil)
        #expect(run.tags == ["app:1.0-amd64", "app:latest"])
        #expect(run.finding("app:1.0-amd64")?.message == "'deploy/compose.yml:3' uses 999999999999, which needs it")
        #expect(run.finding("app:1.0-other")?.type == "removed")
        // It is sought where its name says that it is, and nowhere else.
        #expect(run.registry.requests.filter { $0.hasSuffix("@\(Digest.example("9"))") } == ["GET app@\(Digest.example("9"))"])
    }

    @Test func whatIsUsedByDigestIsSoughtEverywhereWhereItsNameDoesNotTell() async throws {
        let run = try await RetentionRun(Self.files, on: Self.orphaned, world: Self.world("proxy/moved@\(Digest.example("9"))")) {
            request,
            _ in
            // This one has it no more.
            if request == "GET app@\(Digest.example("9"))" { throw RegistryError(.badAnswer, "it is damaged") }
        }
        #expect(run.tags == ["app:1.0-amd64", "app:latest"])
        #expect(run.finding("app:1.0-amd64")?.message == "'deploy/compose.yml:3' uses 999999999999, which needs it")
        let nowhere = try await RetentionRun(Self.files, on: Self.orphaned, world: Self.world("app@\(Digest.example("7"))"))
        #expect(nowhere.error == nil)
        #expect(nowhere.tags == ["app:latest"])
        #expect(nowhere.registry.requests.filter { $0.hasSuffix("@\(Digest.example("7"))") }.count == 2)
    }

    @Test func whatContainersAndServicesRunByDigestStaysWhole() async throws {
        let index = Digest.example("9")
        let image = EngineImage(
            id: .exampleConfiguration("1"),
            repositoryDigests: [.example("registry.local:5000/app@\(index)")],
            created: ExampleWorld.now,
            size: "1MB"
        )
        // The ID is the index itself; the ID is a configuration, and the index stands beside it; the service names it.
        let engines = [
            Self.engine(ExampleWorld(containers: [Self.container(index, "app:1.0")]), .containerd),
            Self.engine(ExampleWorld(images: [image], containers: [Self.container(image.id, "web")]), .classic),
            Self.engine(ExampleWorld(), .classic, services: ["registry.local:5000/app:9.9@\(index)"]),
        ]
        for (engine, user) in zip(engines, ["container 'web'", "container 'web'", "a service of the swarm"]) {
            // Of the image itself nothing is known here: only its index leads to it.
            let example = Self.registry(
                ["app:1.0-arm64": "2", "app:1.0-other": "4", "app:latest": "8"],
                [.image("2"), .image("3"), .image("4"), .index("8", of: ["3"]), .index("9", of: ["1", "2"])]
            )
            let run = try await RetentionRun(Self.engines, on: example, engine: .success(engine))
            #expect(run.error == nil)
            #expect(run.tags == ["app:1.0-arm64", "app:latest"])
            #expect(run.finding("app:1.0-arm64")?.message == "\(user) uses 999999999999, which needs it")
        }
        // The digest of a configuration is no manifest's, and not sought.
        let classic = Self.engine(ExampleWorld(containers: [Self.container(.example("7"), "web")]), .classic)
        let run = try await RetentionRun(Self.engines, on: Self.orphaned, engine: .success(classic))
        #expect(run.tags == ["app:latest"])
        #expect(!run.registry.requests.contains { $0.hasSuffix("@\(Digest.example("7"))") })
    }

    @Test func whatAContainerMountsStays() async throws {
        let image = EngineImage(
            id: .exampleConfiguration("1"),
            repositoryDigests: [.example("registry.local:5000/app@\(Digest.example("9"))")],
            created: ExampleWorld.now,
            size: "1MB"
        )
        // By its ID, of which the engine knows where it came from; by a name, which the engine has no image for.
        for mount in [image.id.short, "registry.local:5000/app@\(Digest.example("9"))"] {
            let container = EngineContainer(
                id: "4711",
                names: ["web"],
                image: .example("7"),
                imageName: "other:v1",
                state: "running",
                created: ExampleWorld.now,
                imageMounts: [mount]
            )
            let engine = Self.engine(ExampleWorld(images: mount.contains("/") ? [] : [image], containers: [container]), .podman)
            let run = try await RetentionRun(Self.engines, on: Self.orphaned, engine: .success(engine))
            #expect(run.error == nil)
            #expect(run.tags == ["app:1.0-amd64", "app:latest"])
            let used = mount.contains("/") ? "999999999999, which needs it" : "it"
            #expect(run.finding("app:1.0-amd64")?.message == "container 'web' uses \(used)")
        }
    }

    @Test func whatIsNestedAndWhatASignatureBelongsToStays() async throws {
        let outer = ExampleRegistry.Image(
            RegistryManifest(
                descriptor: RegistryDescriptor(digest: .example("a"), mediaType: MediaType.ociIndex),
                content: .index([RegistryDescriptor(digest: .example("9"), mediaType: MediaType.ociIndex)])
            )
        )
        var nested = Self.orphaned
        nested.images.append(outer)
        let run = try await RetentionRun(Self.files, on: nested, world: Self.world("app@\(Digest.example("a"))"))
        #expect(run.tags == ["app:1.0-amd64", "app:latest"])
        var signed = Self.orphaned
        signed.images.append(.image("b", subject: .example("9")))
        let other = try await RetentionRun(Self.files, on: signed, world: Self.world("app@\(Digest.example("b"))"))
        #expect(other.tags == ["app:1.0-amd64", "app:latest"])
        #expect(other.finding("app:1.0-amd64")?.message == "'deploy/compose.yml:3' uses bbbbbbbbbbbb, which needs it")
    }

    /// The signature of an image that a doomed index holds, and one that is used.
    @Test func aSignatureOfWhatIsUsedByDigestStays() async throws {
        let signature = "app:sha256-\(Digest.example("1").hex).sig"
        let example = Self.registry(
            ["app:1.0": "8", "app:main": "3", signature: "c"],
            [.image("1"), .image("2"), .image("3"), .image("c"), .index("8", of: ["1"]), .index("9", of: ["1", "2"])]
        )
        let run = try await RetentionRun(Self.files, on: example, world: Self.world("app@\(Digest.example("9"))"))
        #expect(run.tags == ["app:main", signature])
        #expect(run.finding(signature)?.message == "it belongs to what 'deploy/compose.yml:3' uses")
        let unused = try await RetentionRun(Self.files, on: example, world: Self.world("app@\(Digest.example("7"))"))
        #expect(unused.tags == ["app:main"])
    }

    @Test func aRepositoryIsKeptWholeWhereWhatIsUsedCannotBeRead() async throws {
        let run = try await RetentionRun(Self.files, on: Self.orphaned, world: Self.world("app@\(Digest.example("9"))")) {
            request,
            registry in
            guard request.hasSuffix("@\(Digest.example("9"))") else { return }
            if request.hasPrefix("GET app@") { throw RegistryError(.wrongDigest, "the content is another") }
            registry.images.removeAll { $0.manifest.digest == .example("9") }
        }
        #expect(run.error == nil)
        #expect(
            run.verdicts == [
                "kept app:1.0-amd64: 'app' is kept whole, because what 'deploy/compose.yml:3' uses cannot be read",
                "kept app:1.0-other: 'app' is kept whole, because what 'deploy/compose.yml:3' uses cannot be read",
                "kept app:latest: 'app' is kept whole, because what 'deploy/compose.yml:3' uses cannot be read",
                "removed b:1.0: 'delete' names it by '*:1.*'",
                "unreadable app@\(Digest.example("9")): 'deploy/compose.yml:3' uses it, and it cannot be read, so 'app' is kept whole",
            ]
        )
        let finding = run.findings.findings.first { $0.type == "unreadable" }
        #expect(finding?.outcome == .failed)
        #expect(finding?.details == ["the content is another"])
    }

    @Test func onlyContainersWhoseImagesTheListingDoesNotNameAreInspected() async throws {
        let containers = [("1", "app:1.0"), ("2", Digest.example("9").description), ("3", ""), ("4", "0123456789ab")].map { id, name in
            EngineContainer(id: id, names: [id], image: .example("7"), imageName: name, state: "exited", created: ExampleWorld.now)
        }
        let engine = FakeEngine(ExampleWorld(containers: containers))
        let run = try await RetentionRun(Self.engines, on: Self.orphaned, engine: .success(engine))
        #expect(run.error == nil)
        let inspections = engine.requests.filter { if case .inspectContainers = $0 { true } else { false } }
        #expect(inspections == [.inspectContainers(["2", "3", "4"])])
    }

    @Test func whatBelongsToAnImageAndIsUsedStays() async throws {
        let images: [ExampleRegistry.Image] = [
            .image("1", daysOld: 9), .image("2", subject: .example("1")), .image("3"), .image("4", subject: .example("1")), .image("5"),
            .image("6", subject: .example("1")), .index("9", of: ["4", "3"]), .index("8", of: ["5", "6"]),
        ]
        // The tag that stands for an API for referrers names one that belongs to nothing.
        let example = Self.registry(["a:pr-1": "1", "a:v1": "9", "a:sha256-\(Digest.example("1").hex)": "8"], images)
        let container = EngineContainer(
            id: "4711",
            names: ["web"],
            image: .exampleConfiguration("6"),
            imageName: "web:v1",
            state: "running",
            created: ExampleWorld.now
        )
        let running = try await RetentionRun(
            ["registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-running": ["default"]],
            on: example,
            world: ExampleWorld(containers: [container])
        )
        #expect(running.finding("a:pr-1")?.type == "removed")
        let left = Set(running.registry.state.images.map(\.manifest.digest))
        #expect(left == Set("345689".map { .example($0) }))
        #expect(running.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, went with it"])
        // What a file names by its digest needs what it belongs to.
        let named = try await RetentionRun(
            ["registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-used-in": ["a.yml"]],
            on: example,
            world: ExampleWorld(deploymentFiles: ["a.yml": [DeployedImage("any/thing@\(Digest.example("2"))", line: 1)]])
        )
        #expect(named.registry.state == example)
        #expect(named.finding("a:pr-1")?.message == "'a.yml:1' uses 222222222222, which needs it")
    }

    /// One repository of the registry, whichever it is, has lost an image; the others have it.
    private static func lacking(
        _ digit: Character,
        in repository: String
    ) -> @Sendable (_ request: String, _ registry: inout ExampleRegistry) throws -> Void {
        { request, registry in
            registry.images.removeAll { $0.manifest.digest == .example(digit) }
            if !request.hasPrefix("GET \(repository)@") { registry.images.append(.image(digit, daysOld: 9)) }
        }
    }

    /// Two repositories have one index; the copy of one lacks an image that is used.
    @Test(arguments: ["a", "b"]) func aCopyThatLacksAnImageSaysNothingOfAnother(repository: String) async throws {
        let images: [ExampleRegistry.Image] = [.image("1", daysOld: 9), .image("2", daysOld: 9), .image("3"), .index("9", of: ["1", "2"])]
        let engine = Self.engine(ExampleWorld(containers: [Self.container(.exampleConfiguration("1"), "web")]), .classic)
        let run = try await RetentionRun(
            Self.engines,
            on: Self.registry(["a:1.0": "9", "a:1.1": "3", "b:1.0": "9"], images),
            engine: .success(engine),
            before: Self.lacking("1", in: repository)
        )
        #expect(run.error == nil)
        #expect(run.tags == ["a:1.0", "b:1.0"])
        #expect(run.finding("a:1.0")?.message == "container 'web' uses it")
        #expect(run.finding("b:1.0")?.message == "container 'web' uses it")
        // Each is asked at most once, and only until one has it.
        let requests = run.registry.requests.filter { $0.hasSuffix("@\(Digest.example("1"))") && $0.hasPrefix("GET") }
        #expect(requests == (repository == "a" ? ["a", "b"] : ["a"]).map { "GET \($0)@\(Digest.example("1"))" })
    }

    /// A repository has the index only inside of another, and is the only one that has its image.
    @Test func aCopyInsideOfAnotherIndexIsLookedInToo() async throws {
        let outer = ExampleRegistry.Image(
            RegistryManifest(
                descriptor: RegistryDescriptor(digest: .example("a"), mediaType: MediaType.ociIndex),
                content: .index([RegistryDescriptor(digest: .example("9"), mediaType: MediaType.ociIndex)])
            )
        )
        let engine = Self.engine(ExampleWorld(containers: [Self.container(.exampleConfiguration("1"), "web")]), .classic)
        let run = try await RetentionRun(
            Self.engines,
            on: Self.registry(["a:1.0": "9", "c:1.0": "a"], [.image("1"), .image("2"), .index("9", of: ["1", "2"]), outer]),
            engine: .success(engine),
            before: Self.lacking("1", in: "a")
        )
        #expect(run.error == nil)
        #expect(run.tags == ["a:1.0", "c:1.0"])
        #expect(run.finding("c:1.0")?.message == "container 'web' uses it")
    }

    /// The age of an image is in its configuration, which one of two repositories has lost.
    @Test(arguments: ["a", "b"]) func aConfigurationThatOneRepositoryLacksIsReadInAnother(repository: String) async throws {
        let full: [ExampleRegistry.Image] = [.image("1", daysOld: 9)]
        let run = try await RetentionRun(
            ["registry": "registry.local:5000", "older-than": "1d"],
            on: Self.registry(["a:1.0": "1", "b:1.0": "1"], full),
            isDryRun: true
        ) { request, registry in
            registry.images = request.hasPrefix("GET \(repository)/blobs/") ? full.map { .init($0.manifest) } : full
        }
        #expect(run.error == nil)
        #expect(run.finding("a:1.0")?.message == "created 9 days ago, which is older than 1d")
        #expect(run.finding("b:1.0")?.message == "created 9 days ago, which is older than 1d")
    }
}
