import DockerEngine
import HookKit
import HookTesting
import OCI
import Testing

/// How answers about containers, storage, networks, services and the engine itself are read.
@Suite struct ReadingTests {
    private static let a = "sha256:" + String(repeating: "a", count: 64)
    private static let id = String(repeating: "1", count: 64)

    // MARK: Containers

    @Test func containersAreRead() async throws {
        let json = """
            [{"Id":"\(Self.id)","Names":["/c2","/alias"],"Image":"shop/api:v2","ImageID":"\(Self.a)","Created":1795293680,"Labels":{"a":"b"},
              "State":"created","Status":"Created","HostConfig":{"NetworkMode":"default"},
              "NetworkSettings":{"Networks":{"shop":{"NetworkID":""},"bridge":null}},
              "Mounts":[{"Type":"volume","Name":"data","Driver":"local"},{"Type":"bind","Source":"/x"},{"Type":"volume","Name":"cache"}]},
             {"Id":"2","Names":null,"Image":"\(Self.a)","ImageID":"\(Self.a.dropFirst(7))","Created":1,"Labels":null,"State":"running",
              "NetworkSettings":{"Networks":null},"Mounts":null}]
            """
        let image = try #require(Digest(Self.a))
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in
            #expect(
                try await engine.client.containers() == [
                    EngineContainer(
                        id: Self.id,
                        names: ["c2", "alias"],
                        image: image,
                        imageName: "shop/api:v2",
                        state: "created",
                        created: Timestamp(seconds: 1_795_293_680),
                        labels: ["a": "b"],
                        networks: ["bridge", "shop"],
                        volumes: ["data", "cache"]
                    ),
                    EngineContainer(id: "2", image: image, imageName: Self.a, state: "running", created: Timestamp(seconds: 1)),
                ]
            )
            #expect(engine.asked == ["GET /v1.41/containers/json?all=true"])
        }
    }

    /// Podman has the image as the source of the mount, and Docker as its name, with a directory as the source.
    @Test func theImagesThatAContainerMountsAreRead() async throws {
        let mounts = [
            #"{"Type":"image","Source":"localhost/data/set:v1","Destination":"/mnt","Mode":"","RW":false,"Propagation":""}"#,
            #"{"Type":"bind","Source":"/storage/overlay/1/merge","Destination":"/mnt","RW":true}"#,
            #"{"Type":"image","Name":"data/set:v2","Source":"/var/lib/docker/overlay2/1/merged","Destination":"/b"}"#,
            #"{"Type":"image","Name":"","Source":"3d95e858055c","Destination":"/c"}"#, #"{"Type":"volume","Name":"data"}"#,
        ]
        let json =
            #"[{"Id":"1","Image":"base","ImageID":"\#(Self.a)","Created":1,"State":"running","Mounts":[\#(mounts.joined(separator: ","))]}]"#
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in
            let container = try #require(try await engine.client.containers().first)
            #expect(container.imageMounts == ["localhost/data/set:v1", "data/set:v2", "3d95e858055c"])
            #expect(container.volumes == ["data"])
        }
    }

    /// Observed with Podman 4.3.1: a container on a directory (`--rootfs`) has no image.
    @Test(arguments: ["", "sha256:"]) func aContainerWithoutAnImageHasOneThatNoImageIs(_ image: String) async throws {
        let json = #"[{"Id":"1","Names":["/c"],"Image":"","ImageID":"\#(image)","Created":1,"State":"created"}]"#
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in
            let container = try #require(try await engine.client.containers().first)
            #expect(container.image.hex == String(repeating: "0", count: 64))
            #expect(container.imageName.isEmpty)
        }
    }

    @Test(arguments: [
        (#"{"Id":"1","ImageID":"latest","Created":1,"State":"exited"}"#, "'latest' where the ID of an image belongs"),
        (#"{"Id":"","ImageID":"","Created":1,"State":"exited"}"#, "a container without an ID"),
        (#"{"Id":"1","Created":1,"State":"exited"}"#, "no 'ImageID' at [0]"),
        (#"{"Id":"1","ImageID":"","Created":1}"#, "no 'State' at [0]"),
    ])
    func aContainerThatCannotBeIsRefused(json: String, message: String) async throws {
        try await ScriptedEngine.withOne(always: .whole("[\(json)]")) { engine async throws in
            await #expect(
                throws: EngineError(.badAnswer, "the engine at \(engine.endpoint) answered 'GET /v1.41/containers/json' with \(message)")
            ) {
                try await engine.client.containers()
            }
        }
    }

    @Test func detailsOfContainersAreReadAndWhatIsGoneIsMissing() async throws {
        try await ScriptedEngine.withOne { request in
            guard request.target == "/v1.41/containers/one/json" else { return nil }
            return .whole(
                #"{"Id":"one","Config":{"Image":"shop/api:v1"},"#
                    + #""State":{"StartedAt":"2026-11-21T20:41:20.602944199Z","FinishedAt":"0001-01-01T00:00:00Z"}}"#
            )
        } body: { engine async throws in
            #expect(
                try await engine.client.inspectContainers(["one", "two"]) == [
                    "one": EngineContainerDetails(
                        id: "one",
                        configuredImage: "shop/api:v1",
                        started: Timestamp(rfc3339: "2026-11-21T20:41:20.602944199Z"),
                        finished: nil
                    )
                ]
            )
        }
    }

    // MARK: Storage

    private static let usage = """
        {"LayersSize":500,"Images":[{"Id":"\(a)","Size":300,"SharedSize":100},{"Id":"\(a.dropFirst(7).dropLast())b","Size":300,"SharedSize":-1}],
         "Containers":[],"Volumes":[{"Name":"data","Driver":"local","UsageData":{"RefCount":1,"Size":40}},
          {"Name":"remote","Driver":"nfs","UsageData":{"RefCount":1,"Size":-1}},{"Name":"unknown","UsageData":null}],
         "BuildCache":[
          {"ID":"one","Parent":"","Type":"regular","Description":"from local","InUse":false,"Shared":true,"Size":3,
           "CreatedAt":"2026-11-21T20:44:08.022135561Z","LastUsedAt":"2026-11-21T20:44:09.572686246Z","UsageCount":2},
          {"ID":"two","Parent":"one","InUse":true,"Shared":false,"Size":4,"CreatedAt":"2026-11-21T20:44:08Z","LastUsedAt":null},
          {"ID":"three","Parents":["one","two"],"InUse":false,"Shared":false,"Size":5,"CreatedAt":"0001-01-01T00:00:00Z"}]}
        """

    @Test func diskUsageIsRead() async throws {
        let a = try #require(Digest(Self.a))
        try await ScriptedEngine.withOne(always: .whole(Self.usage)) { engine async throws in
            let usage = try await engine.client.diskUsage()
            #expect(usage.layers == 500)
            #expect(usage.sharedSizes == [a: 100])
            #expect(usage.volumeSizes == ["data": 40])
            #expect(
                usage.buildCache == [
                    BuildCacheRecord(
                        id: "one",
                        parents: [],
                        description: "from local",
                        isInUse: false,
                        isShared: true,
                        size: 3,
                        created: Timestamp(rfc3339: "2026-11-21T20:44:08.022135561Z"),
                        lastUsed: Timestamp(rfc3339: "2026-11-21T20:44:09.572686246Z")
                    ),
                    BuildCacheRecord(
                        id: "two",
                        parents: ["one"],
                        description: "",
                        isInUse: true,
                        isShared: false,
                        size: 4,
                        created: Timestamp(rfc3339: "2026-11-21T20:44:08Z"),
                        lastUsed: nil
                    ),
                    BuildCacheRecord(
                        id: "three",
                        parents: ["one", "two"],
                        description: "",
                        isInUse: false,
                        isShared: false,
                        size: 5,
                        created: nil,
                        lastUsed: nil
                    ),
                ]
            )
            #expect(engine.asked == ["GET /v1.41/system/df"])
        }
    }

    @Test func onlyImagesAndTheCacheAreMeasuredWhereThatCanBeChosen() async throws {
        try await ScriptedEngine.withOne(version: "1.47", always: .whole(#"{"LayersSize":1,"Images":null,"BuildCache":null}"#)) {
            engine async throws in
            #expect(try await engine.client.diskUsage() == EngineDiskUsage(layers: 1, sharedSizes: [:], buildCache: [], volumeSizes: [:]))
            #expect(engine.asked == ["GET /v1.47/system/df?type=image&type=build-cache"])
        }
    }

    @Test func aDiskUsageThatWasPreparedIsHandedOutOnce() async throws {
        let count = Counter()
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/system/df" else { return nil }
            return .whole(#"{"LayersSize":\#(await count.next())}"#)
        } body: { engine async throws in
            engine.client.prepareDiskUsage()
            engine.client.prepareDiskUsage()
            #expect(try await engine.client.diskUsage().layers == 0)
            #expect(try await engine.client.diskUsage().layers == 1)
            #expect(engine.asked.count == 2)
        }
    }

    @Test func aDiskUsageThatWasPreparedBeforeAChangeIsNotHandedOut() async throws {
        let (arrival, release) = (Signal(), Signal())
        let count = Counter()
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/system/df" else { return nil }
            let number = await count.next()
            if number == 0 {
                await arrival.send()
                await release.wait()
            }
            return .whole(#"{"LayersSize":\#(number)}"#)
        } body: { engine async throws in
            engine.client.prepareDiskUsage()
            await arrival.wait()
            engine.client.forgetListing()
            #expect(try await engine.client.diskUsage().layers == 1)
            await release.send()
        }
    }

    @Test func anEngineThatMeasuresForSomebodyElseIsAskedAgain() async throws {
        var limits = EngineLimits()
        limits.pauseWhileBusy = .nanoseconds(1)
        let count = Counter()
        try await ScriptedEngine.withOne(limits: limits) { request in
            guard request.path == "/v1.41/system/df" else { return nil }
            return await count.next() < 3
                ? .whole(#"{"message":"a disk usage operation is already running"}"#, status: 500) : .whole(#"{"LayersSize":1}"#)
        } body: { engine async throws in
            #expect(try await engine.client.diskUsage().layers == 1)
            #expect(engine.asked == Array(repeating: "GET /v1.41/system/df", count: 4))
        }
    }

    @Test func anEngineThatMeasuresForSomebodyElseForTooLongIsGivenUp() async throws {
        var limits = EngineLimits()
        limits.pauseWhileBusy = .seconds(6)
        limits.diskUsage = .seconds(5)
        let busy = ScriptedAnswer.whole(#"{"message":"a disk usage operation is already running"}"#, status: 500)
        try await ScriptedEngine.withOne(limits: limits, always: busy) { engine async throws in
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) answered 'GET /v1.41/system/df' with 500: a disk usage operation is already running"
                )
            ) {
                try await engine.client.diskUsage()
            }
        }
    }

    @Test func podmansDiskUsageIsAtLeastWhatItsImagesHave() async throws {
        let hex = Self.a.dropFirst(7)
        let json = """
            {"LayersSize":0,"Images":[{"Id":"\(hex)","RepoTags":["v1"],"Size":300,"SharedSize":100},
             {"Id":"\(hex)","RepoTags":["v2"],"Size":300,"SharedSize":100},{"Id":"\(hex.dropLast())b","Size":100,"SharedSize":100}],
             "Containers":[],"Volumes":[{"Driver":"","Name":"vol1","UsageData":{"RefCount":1,"Size":0}}],"BuildCache":[]}
            """
        let (a, b) = (try #require(Digest(Self.a)), try #require(Digest(String(Self.a.dropLast()) + "b")))
        try await ScriptedEngine.withOne(libpod: "4.3.1", always: .whole(json)) { engine async throws in
            #expect(
                try await engine.client.diskUsage()
                    == EngineDiskUsage(layers: 300, sharedSizes: [a: 100, b: 100], buildCache: [], volumeSizes: ["vol1": 0])
            )
        }
    }

    @Test func volumesAreRead() async throws {
        let json = """
            {"Volumes":[{"CreatedAt":"2026-11-21T20:41:20Z","Driver":"local","Labels":{"a":"b"},"Name":"vol1","Options":{},"Scope":"local"},
             {"Driver":"plugin","Labels":null,"Name":"vol2","CreatedAt":"some day"}],"Warnings":null}
            """
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in
            #expect(
                try await engine.client.volumes() == [
                    EngineVolume(name: "vol1", driver: "local", created: Timestamp(rfc3339: "2026-11-21T20:41:20Z"), labels: ["a": "b"]),
                    EngineVolume(name: "vol2", driver: "plugin", created: nil, labels: [:]),
                ]
            )
        }
    }

    @Test func oneVolumeIsAskedForByItsName() async throws {
        try await ScriptedEngine.withOne { request in
            request.target == "/v1.41/volumes/a%2Fb"
                ? .whole(#"{"Name":"a/b","Driver":"local","Labels":null,"CreatedAt":"2026-11-21T20:41:20Z"}"#) : nil
        } body: { engine async throws in
            let volume = EngineVolume(name: "a/b", driver: "local", created: Timestamp(rfc3339: "2026-11-21T20:41:20Z"), labels: [:])
            #expect(try await engine.client.volume(named: "a/b") == volume)
            #expect(try await engine.client.volume(named: "gone") == nil)
        }
    }

    @Test func networksAreReadAndTheEnginesOwnAreKnown() async throws {
        func network(_ name: String, _ more: String = "") -> String {
            #"{"Name":"\#(name)","Id":"id-\#(name)","Created":"2026-11-21T20:39:42Z","Scope":"local","Driver":"bridge","Labels":null\#(more)}"#
        }
        let own = ["bridge", "host", "none", "docker_gwbridge", "podman"].map { network($0) }
        let more = [
            network("ingress", #","Ingress":true"#), network("template", #","ConfigOnly":true"#), network("shop", #","Ingress":false"#),
        ]
        try await ScriptedEngine.withOne(always: .whole("[\((own + more).joined(separator: ","))]")) { engine async throws in
            let networks = try await engine.client.networks()
            #expect(networks.filter { !$0.isPredefined }.map(\.name) == ["shop"])
            #expect(
                networks.first
                    == EngineNetwork(
                        id: "id-bridge",
                        name: "bridge",
                        driver: "bridge",
                        scope: "local",
                        created: Timestamp(rfc3339: "2026-11-21T20:39:42Z"),
                        labels: [:],
                        isPredefined: true
                    )
            )
        }
    }

    // MARK: Swarm

    @Test func servicesHoldTheImagesOfTheirRollbackToo() async throws {
        let json = """
            [{"ID":"1","Spec":{"Name":"web","TaskTemplate":{"ContainerSpec":{"Image":"nginx:1@\(Self.a)"}}},
              "PreviousSpec":{"TaskTemplate":{"ContainerSpec":{"Image":"nginx:0"}}}},
             {"ID":"2","Spec":{"TaskTemplate":{"ContainerSpec":{"Image":"nginx:0"}}},"PreviousSpec":null},
             {"ID":"3","Spec":{"TaskTemplate":{"PluginSpec":{}}}}]
            """
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in
            #expect(try await engine.client.serviceImages() == ["nginx:0", "nginx:1@\(Self.a)"])
        }
    }

    @Test(arguments: [
        (503, #"{"message":"This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state."}"#),
        (404, "Not Found"), (406, ""), (405, ""), (501, ""),
    ])
    func whereNoSwarmIsManagedNoServiceHoldsAnImage(status: Int, body: String) async throws {
        try await ScriptedEngine.withOne(always: .whole(body, status: status)) { engine async throws in
            #expect(try await engine.client.serviceImages().isEmpty)
        }
    }

    @Test func aSwarmThatCannotAnswerIsAnError() async throws {
        let answer = ScriptedAnswer.whole(#"{"message":"Swarm is encrypted and needs to be unlocked before it can be used."}"#, status: 503)
        try await ScriptedEngine.withOne(always: answer) { engine async throws in
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) answered 'GET /v1.41/services' with 503: "
                        + "Swarm is encrypted and needs to be unlocked before it can be used"
                )
            ) {
                try await engine.client.serviceImages()
            }
        }
    }

    // MARK: Identity

    private func identity(
        version: String = "1.41",
        libpod: String? = nil,
        information: String,
        versionDocument: String?
    ) async throws -> EngineIdentity {
        var identity: EngineIdentity?
        try await ScriptedEngine.withOne(version: version, libpod: libpod) { request in
            switch request.path {
            case "/v\(version)/info": .whole(information)
            case "/v\(version)/version": versionDocument.map { .whole($0) }
            default: nil
            }
        } body: { engine async throws in
            identity = try await engine.client.identity
            // It is asked for once.
            #expect(try await engine.client.identity == identity)
            #expect(engine.asked.sorted() == ["GET /v\(version)/info"] + (versionDocument == nil ? [] : ["GET /v\(version)/version"]))
            #expect(identity?.endpoint == engine.endpoint.description)
        }
        return try #require(identity)
    }

    @Test func dockerSaysWhoItIs() async throws {
        let identity = try await identity(
            information:
                #"{"ID":"HAK7:GLPM","Name":"build1","DriverStatus":[["Backing Filesystem","extfs"]],"DockerRootDir":"/var/lib/docker"}"#,
            versionDocument: #"{"Version":"20.10.24+dfsg1","Components":[{"Name":"Engine","Version":"20.10.24+dfsg1"}]}"#
        )
        // Engines of one host may share an ID, but not a directory.
        #expect(identity.identifier == "HAK7:GLPM:/var/lib/docker")
        #expect(identity.name == "build1")
        #expect(identity.product == "Docker 20.10.24")
        #expect(identity.apiVersion == "1.41")
        #expect(identity.imageStore == .classic)
    }

    /// Docker 20.10 starts two programs to answer `/version`.
    @Test func dockerThatHasSaidItsVersionIsNotAskedForIt() async throws {
        let identity = try await identity(
            information: #"{"ID":"HAK7:GLPM","Name":"build1","DockerRootDir":"/var/lib/docker","ServerVersion":"20.10.24+dfsg1"}"#,
            versionDocument: nil
        )
        #expect(identity.product == "Docker 20.10.24")
    }

    /// A proxy may take away the field by which Podman is known.
    @Test func podmanIsKnownWithoutItsOwnVersionOnPing() async throws {
        let identity = try await identity(
            information:
                #"{"ID":"499c24c9","Name":"build1","DockerRootDir":"/home/ci/storage","ServerVersion":"4.3.1","BuildahVersion":"1.28.0"}"#,
            versionDocument: #"{"Version":"4.3.1","Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}"#
        )
        #expect(identity.identifier == "podman:build1:/home/ci/storage")
        #expect(identity.product == "Podman 4.3.1")
    }

    /// Documented, not observed here: the containerd store shows in `DriverStatus`.
    @Test func dockersContainerdStoreIsKnown() async throws {
        let identity = try await identity(
            version: "1.51",
            information:
                #"{"ID":"5f0c","Name":"build1","Driver":"overlayfs","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}"#,
            versionDocument: #"{"Version":"29.0.1"}"#
        )
        #expect(identity.product == "Docker 29.0.1")
        #expect(identity.imageStore == .containerd)
    }

    @Test func podmanIsItsStorageOnItsHost() async throws {
        let identity = try await identity(
            libpod: "4.3.1",
            information:
                #"{"ID":"499c24c9-ef9e-48ea-81a2-76da1f8e093d","Name":"build1","DockerRootDir":"/home/ci/storage","DriverStatus":[]}"#,
            versionDocument: #"{"Version":"4.3.1","Components":[{"Name":"Podman Engine","Version":"4.3.1"},{"Name":"Conmon"}]}"#
        )
        #expect(identity.identifier == "podman:build1:/home/ci/storage")
        #expect(identity.product == "Podman 4.3.1")
        #expect(identity.imageStore == .podman)
    }

    @Test func anEngineWithoutAnIDCannotBeToldFromOthers() async throws {
        try await ScriptedEngine.withOne(always: .whole("{}")) { engine async throws in
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) does not say its ID, so what it does cannot be told from what others do"
                )
            ) {
                try await engine.client.identity
            }
        }
    }
}
