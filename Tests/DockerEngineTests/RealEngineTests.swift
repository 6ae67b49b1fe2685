import DockerEngine
import HookKit
import OCI
import Testing

/// The client against the real engines that the environment names.
///
/// One test after the other: Podman 4.3 fails builds and listings of one client while another removes images.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RealEngineTests {
    private func expect(_ code: EngineError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void) async
    {
        let error = await #expect(throws: EngineError.self, sourceLocation: sourceLocation) { try await body() }
        #expect(error?.code == code, "\(error?.description ?? "")", sourceLocation: sourceLocation)
    }

    @Test(arguments: RealEngine.kinds) func theEngineSaysWhoItIs(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            let identity = try await engine.client.identity
            #expect(identity.product.hasPrefix(kind == .docker ? "Docker " : "Podman "))
            #expect(identity.endpoint == kind.host)
            #expect(!identity.name.isEmpty)
            #expect(kind == .docker ? identity.imageStore != .podman : identity.imageStore == .podman)
            // Another client knows it for the same.
            let other = try RealEngine.client(host: try #require(kind.host), access: .readOnly)
            let same = try await other.identity
            await other.shutdown()
            #expect(same == identity)
        }
    }

    @Test(arguments: RealEngine.kinds) func aDryRunAsksAndChangesNothing(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            let id = try await engine.importImage("dry:v1", content: "dry")
            await expect(.dryRun) { _ = try await engine.client.removeImage(id) }
            await expect(.dryRun) { _ = try await engine.client.removeTag(try engine.reference("dry:v1"), of: id) }
            #expect(try await engine.image(id)?.references == [try engine.reference("dry:v1")])
        }
    }

    // MARK: Images

    @Test(arguments: RealEngine.kinds) func imagesAreListedWithTheirTagsParentsAndLabels(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            let base = try await engine.importShell("base:v1")
            try await engine.docker("tag", "\(engine.name)/base:v1", "\(engine.name)/base:v2")
            let built = try await engine.build(
                "app:v1",
                "FROM \(engine.name)/base:v1\nRUN echo one > /one\nLABEL odd=\"]]> \\\"quoted\\\" é\"\n"
            )
            let listing = try await engine.client.images(.current)
            let listedBase = try #require(listing.first { $0.id == base })
            #expect(Set(listedBase.references) == [try engine.reference("base:v1"), try engine.reference("base:v2")])
            #expect(listedBase.parent == nil)
            #expect(listedBase.size.bytes > 100_000)
            #expect(listedBase.sharedSize == nil)
            let listedBuilt = try #require(listing.first { $0.id == built })
            #expect(listedBuilt.labels["odd"] == "]]> \"quoted\" é")
            // Between the two lies the intermediate image of the first step.
            let parent = try #require(listedBuilt.parent)
            let middle = try #require(listing.first { $0.id == parent })
            #expect(middle.isUntagged)
            #expect(middle.parent == base)
        }
    }

    @Test(arguments: RealEngine.kinds) func anOverwrittenImageIsListedWithoutATag(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            let old = try await engine.importImage("app:v1", content: "old")
            let new = try await engine.importImage("app:v1", content: "new")
            #expect(try await engine.image(old)?.isUntagged == true)
            #expect(try await engine.image(new)?.references == [try engine.reference("app:v1")])
        }
    }

    @Test(arguments: RealEngine.kinds) func detailsSayLayersParentAndTheLastTag(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            let base = try await engine.importShell("base:v1")
            let built = try await engine.build("app:v1", "FROM \(engine.name)/base:v1\nRUN echo one > /one\n")
            let gone = try await engine.importImage("gone:v1", content: "gone")
            _ = try await engine.client.removeImage(gone)
            let details = try await engine.client.inspectImages([base, built, gone])
            #expect(Set(details.keys) == [base, built])
            #expect(details[base]?.layers.count == 1)
            #expect(details[built]?.layers.count == 2)
            #expect(details[built]?.layers.first == details[base]?.layers.first)
            #expect(details[built]?.parent == base)
            // Podman does not remember when a tag was put on.
            #expect((details[built]?.lastTagged != nil) == (kind == .docker))
        }
    }

    @Test(arguments: RealEngine.kinds) func aTagThatNamesAnotherImageByNowStays(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            let first = try await engine.importImage("app:v1", content: "first")
            let second = try await engine.importImage("app:v1", content: "second")
            await expect(.changed) { _ = try await engine.client.removeTag(try engine.reference("app:v1"), of: first) }
            #expect(try await engine.image(second)?.references == [try engine.reference("app:v1")])
        }
    }

    @Test(arguments: RealEngine.kinds) func theLastTagTakesTheImageAndLeavesTheParents(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            try await engine.importShell("base:v1")
            let middle = try await engine.build(nil, "FROM \(engine.name)/base:v1\nRUN echo one > /one\n")
            let built = try await engine.build("app:v1", "FROM \(engine.name)/base:v1\nRUN echo one > /one\nRUN echo two > /two\n")
            #expect(try await engine.image(built)?.parent == middle)
            try await engine.docker("tag", "\(engine.name)/app:v1", "\(engine.name)/app:v2")

            // By its ID an image with two tags is not removed.
            await expect(.conflict) { _ = try await engine.client.removeImage(built) }
            let first = try await engine.client.removeTag(try engine.reference("app:v1"), of: built)
            #expect(first.untagged.count == 1)
            #expect(first.deleted.isEmpty)
            #expect(try await engine.image(built)?.references == [try engine.reference("app:v2")])
            let last = try await engine.client.removeTag(try engine.reference("app:v2"), of: built)
            #expect(last.deleted.contains(built.description))
            #expect(!last.deleted.contains(middle.description))
            #expect(try await engine.image(built) == nil)
            #expect(try await engine.image(middle)?.isUntagged == true)

            await expect(.notFound) { _ = try await engine.client.removeTag(try engine.reference("app:v2"), of: built) }
            await expect(.notFound) { _ = try await engine.client.removeImage(built) }
        }
    }

    @Test(arguments: RealEngine.kinds) func anUntaggedImageIsRemovedAndLeavesTheParents(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            try await engine.importShell("base:v1")
            let middle = try await engine.build(nil, "FROM \(engine.name)/base:v1\nRUN echo one > /one\n")
            let built = try await engine.build(nil, "FROM \(engine.name)/base:v1\nRUN echo one > /one\nRUN echo two > /two\n")
            if kind == .docker {
                // A parent does not go before its child; Podman lets it go, and the child keeps its layers.
                await expect(.conflict) { _ = try await engine.client.removeImage(middle) }
            }
            let removal = try await engine.client.removeImage(built)
            #expect(removal.untagged.isEmpty)
            #expect(removal.deleted.contains(built.description))
            #expect(try await engine.image(built) == nil)
            #expect(try await engine.image(middle) != nil)
        }
    }

    // MARK: Containers, volumes, networks

    @Test(arguments: RealEngine.kinds) func whatAContainerUsesIsNotRemoved(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            let name = engine.name
            let image = try await engine.importShell("app:v1")
            try await engine.docker("volume", "create", "--label", "a=b", name)
            try await engine.docker(
                "run",
                "--detach",
                "--name",
                name,
                "--network",
                "none",
                "--volume",
                "\(name):/data",
                "\(name)/app:v1",
                "sh",
                "-c",
                "sleep 600"
            )
            let container = try #require(try await engine.container(name))
            #expect(container.image == image)
            #expect(ImageReference(container.imageName) == (try engine.reference("app:v1")))
            #expect(container.state == "running")
            #expect(container.volumes == [name])
            let details = try #require(try await engine.client.inspectContainers([container.id, "\(name)-gone"])[container.id])
            #expect(ImageReference(details.configuredImage) == (try engine.reference("app:v1")))
            #expect(details.started != nil)
            #expect(details.finished == nil)

            await expect(.conflict) { _ = try await engine.client.removeImage(image) }
            await expect(.conflict) { _ = try await engine.client.removeTag(try engine.reference("app:v1"), of: image) }
            await expect(.conflict) { try await engine.client.removeContainer(container.id) }
            await expect(.conflict) { try await engine.client.removeVolume(name) }
            try await engine.docker("kill", name)
            try await engine.docker("wait", name)
            #expect(try await engine.container(name)?.isStopped == true)
            // A container that has stopped holds its image all the same.
            await expect(.conflict) { _ = try await engine.client.removeImage(image) }
            try await engine.client.removeContainer(container.id)
            #expect(try await engine.container(name) == nil)
            await expect(.notFound) { try await engine.client.removeContainer(container.id) }
            let volume = try #require(try await engine.client.volumes().first { $0.name == name })
            #expect(volume.labels == ["a": "b"])
            #expect(volume.created != nil)
            #expect(try await engine.client.volume(named: name) == volume)
            try await engine.client.removeVolume(name)
            #expect(try await engine.client.volume(named: name) == nil)
            #expect(try await engine.client.volumes().contains { $0.name == name } == false)
            await expect(.notFound) { try await engine.client.removeVolume(name) }
            #expect(try await engine.client.tags(of: image) == [try engine.reference("app:v1").description])
            _ = try await engine.client.removeImage(image)
            #expect(try await engine.client.tags(of: image) == nil)
        }
    }

    @Test(arguments: RealEngine.kinds) func theAnonymousVolumeOfAContainerStays(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            try await engine.importShell("app:v1")
            try await engine.docker(
                "create",
                "--name",
                engine.name,
                "--network",
                "none",
                "--volume",
                "/data",
                "\(engine.name)/app:v1",
                "sh"
            )
            let container = try #require(try await engine.container(engine.name))
            let volume = try #require(container.volumes.first)
            #expect(container.state == "created")
            try await engine.client.removeContainer(container.id)
            #expect(try await engine.client.volumes().contains { $0.name == volume })
            try await engine.client.removeVolume(volume)
        }
    }

    @Test(arguments: RealEngine.kinds) func aNetworkIsRemovedWhenNothingIsConnectedToIt(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            try await engine.importShell("app:v1")
            try await engine.docker("network", "create", "--label", "a=b", engine.name)
            let network = try #require(try await engine.client.networks().first { $0.name == engine.name })
            #expect(network.driver == "bridge")
            #expect(network.labels["a"] == "b")
            #expect(!network.isPredefined)
            try await engine.docker("create", "--name", engine.name, "--network", engine.name, "\(engine.name)/app:v1", "sh")
            let container = try #require(try await engine.container(engine.name))
            #expect(container.networks == [engine.name])
            if kind == .podman {
                // Docker keeps a network for containers that run only.
                await expect(.conflict) { try await engine.client.removeNetwork(network.id) }
            }
            try await engine.client.removeContainer(container.id)
            try await engine.client.removeNetwork(network.id)
            #expect(try await engine.client.networks().contains { $0.name == engine.name } == false)
            await expect(.notFound) { try await engine.client.removeNetwork(network.id) }
        }
    }

    @Test(arguments: RealEngine.kinds) func theEnginesOwnNetworksAreKnown(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            let own = try await engine.client.networks().filter(\.isPredefined).map(\.name)
            #expect(Set(own).isSubset(of: ["bridge", "host", "none", "podman"]))
            #expect(!own.isEmpty)
        }
    }

    @Test(arguments: RealEngine.kinds) func noServiceHoldsAnImage(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            #expect(try await engine.client.serviceImages().isEmpty)
        }
    }

    // MARK: Storage

    @Test(arguments: RealEngine.kinds) func diskUsageKnowsWhatImagesShare(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            let base = try await engine.importShell("base:v1")
            let built = try await engine.build("app:v1", "FROM \(engine.name)/base:v1\nRUN echo one > /one\n")
            let usage = try await engine.client.diskUsage()
            let size = try #require(try await engine.image(base)?.size)
            #expect(usage.layers >= size)
            #expect(try #require(usage.sharedSizes[built]) >= size)
        }
    }

    @Test(arguments: RealEngine.kinds.filter { $0 == .docker }) func oneRecordOfTheBuildCacheIsRemoved(_ kind: RealEngine.Kind) async throws
    {
        try await RealEngine.withOne(kind) { engine async throws in
            try await engine.importShell("base:v1")
            try await engine.fillBuildCache(
                "FROM \(engine.name)/base:v1\nCOPY name /name\nRUN echo one > /one\nRUN echo \(engine.name) > /two\n"
            )
            func records() async throws -> [BuildCacheRecord] { try await engine.client.diskUsage().buildCache }
            let before = try await records()
            let leaf = try #require(before.first { $0.description.contains(engine.name) })
            let parent = try #require(leaf.parents.first)
            #expect(leaf.size.bytes > 0)
            #expect(leaf.created != nil)
            #expect(leaf.lastUsed != nil)
            // What another record builds on stays.
            await expect(.conflict) { _ = try await engine.client.removeBuildCache(parent) }
            await expect(.conflict) { _ = try await engine.client.removeBuildCache(String(leaf.id.dropLast(3))) }
            #expect(try await engine.client.removeBuildCache(leaf.id) == leaf.size)
            let after = try await records()
            #expect(!after.contains { $0.id == leaf.id })
            #expect(after.contains { $0.id == parent })
            await expect(.conflict) { _ = try await engine.client.removeBuildCache(leaf.id) }
        }
    }

    // MARK: Events

    @Test(arguments: RealEngine.kinds) func whatHappenedIsRemembered(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind) { engine async throws in
            let id = try await engine.importImage("app:v1", content: "remembered")
            try await engine.docker("tag", "\(engine.name)/app:v1", "\(engine.name)/app:v2")
            _ = try await engine.client.removeTag(try engine.reference("app:v1"), of: id)
            // Podman writes an event down a moment after the fact.
            var events: [EngineEvent] = []
            while !events.contains(where: { $0.action == "untag" }) {
                events = try await engine.client.events(since: nil).filter { $0.actor == id.description }
            }
            let tag = try #require(events.last { $0.action == "tag" })
            #expect(tag.attributes["name"].flatMap { ImageReference($0) } == (try engine.reference("app:v2")))
            // Since a moment means what came from it on.
            let later = try await engine.client.events(since: tag.time).filter { $0.actor == id.description }
            #expect(later == Array(events.drop { $0.time < tag.time }))
            #expect(later.contains(tag))
            #expect(later.count < events.count)
        }
    }

    @Test(arguments: RealEngine.kinds) func aWatchSeesWhatHappens(_ kind: RealEngine.Kind) async throws {
        try await RealEngine.withOne(kind, access: .readOnly) { engine async throws in
            let id = try await engine.importImage("app:v1", content: "watched")
            let watch = try await engine.client.watch()
            #expect(try await watch.arrived().filter { $0.actor == id.description }.isEmpty)
            try await engine.docker("tag", "\(engine.name)/app:v1", "\(engine.name)/app:v2")
            var seen: [EngineEvent] = []
            while seen.isEmpty { seen = try await watch.arrived().filter { $0.actor == id.description } }
            #expect(seen.map(\.action) == ["tag"])
            #expect(seen.first?.attributes["name"].flatMap { ImageReference($0) } == (try engine.reference("app:v2")))
            try await engine.docker("volume", "create", engine.name)
            seen = []
            while seen.isEmpty { seen = try await watch.arrived().filter { $0.kind == "volume" && $0.actor == engine.name } }
            #expect(seen.map(\.action) == ["create"])
            try await engine.docker("volume", "rm", engine.name)
            await watch.stop()
        }
    }
}
