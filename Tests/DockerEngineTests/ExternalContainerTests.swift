import DockerEngine
import HookKit
import HookTesting
import OCI
import Testing

/// The containers of builds and of other programs on Podman's storage, which its Docker-compatible listing leaves out.
@Suite struct ExternalContainerTests {
    private static let image = Digest(algorithm: .sha256, hex: String(repeating: "a", count: 64))!
    private static let own = #"{"Id":"1","Names":["/web"],"Image":"base","ImageID":"\#(image)","Created":1,"State":"running"}"#

    /// As Podman 4.3.1 lists a container of its own and that of a build, and one of a build that began with nothing, as Podman 2 would.
    private static let listing = """
        [{"Id":"1","Names":["web"],"Image":"docker.io/library/base:latest","ImageID":"\(image.hex)","State":"running",
          "Created":"2026-11-22T20:31:03.213068497Z","Labels":null,"Mounts":["/mnt"]},
         {"Id":"fc42","Names":["base-working-container"],"Image":"docker.io/library/base:second","ImageID":"\(image.hex)","State":"storage",
          "Command":["buildah"],"Created":"2026-11-22T20:31:50.887925354Z","Labels":null,"Mounts":null,"Networks":null},
         {"Id":"fc43","Names":null,"ImageID":"","State":"storage","Created":1795379510}]
        """

    @Test func theContainerOfABuildHoldsItsImage() async throws {
        try await ScriptedEngine.withOne(libpod: "4.3.1") { request in
            switch request.path {
            case "/v1.41/containers/json": .whole("[\(Self.own)]")
            case "/v4.3.1/libpod/containers/json": .whole(Self.listing)
            default: nil
            }
        } body: { engine async throws in
            let containers = try await engine.client.containers()
            #expect(containers.map(\.id) == ["1", "fc42", "fc43"])
            #expect(
                containers[1]
                    == EngineContainer(
                        id: "fc42",
                        names: ["base-working-container"],
                        image: Self.image,
                        imageName: "docker.io/library/base:second",
                        state: "storage",
                        created: try #require(Timestamp(rfc3339: "2026-11-22T20:31:50.887925354Z"))
                    )
            )
            #expect(containers[2].image.hex == String(repeating: "0", count: 64))
            #expect(containers[2].created == Timestamp(seconds: 1_795_379_510))
            #expect(containers.map(\.isExternal) == [false, true, true])
            #expect(containers.map(\.isStopped) == [false, false, false])
            #expect(
                engine.asked.sorted() == [
                    "GET /v1.41/containers/json?all=true", "GET /v4.3.1/libpod/containers/json?all=true&external=true",
                ]
            )
        }
    }

    /// A listing without them would let an image go from under a build.
    @Test func aListingThatFailsIsAFailure() async throws {
        try await ScriptedEngine.withOne(libpod: "4.3.1") { request in
            request.path == "/v1.41/containers/json" ? .whole("[]") : nil
        } body: { engine async throws in
            await #expect(
                throws: EngineError(
                    .unsupported,
                    "the engine at \(engine.endpoint) answered 'GET /v4.3.1/libpod/containers/json' with 404: page not found"
                )
            ) {
                try await engine.client.containers()
            }
        }
    }

    @Test(arguments: ["image not known", "container not known"]) func podmanIsAskedAgainWhereABuildEndedMeanwhile(cause: String)
        async throws
    {
        let count = Counter()
        try await ScriptedEngine.withOne(libpod: "4.3.1") { request in
            guard request.path == "/v4.3.1/libpod/containers/json" else {
                return request.path == "/v1.41/containers/json" ? .whole("[]") : nil
            }
            if await count.next() > 0 { return .whole(Self.listing) }
            return .whole(#"{"cause":"\#(cause)","message":"fc44: \#(cause)","response":500}"#, status: 500)
        } body: { engine async throws in
            #expect(try await engine.client.containers().map(\.id) == ["fc42", "fc43"])
        }
    }
}
