import DockerEngine
import HookKit
import HookTesting
import OCI
import Testing

/// How Podman's manifest lists are found, which its Docker-compatible listing leaves out.
@Suite struct ManifestListTests {
    private static func digest(_ digit: Character) -> Digest { Digest(algorithm: .sha256, hex: String(repeating: digit, count: 64))! }

    /// An image, one without a name, a list of both and of an image that only a registry has, and one that Podman knows for an image.
    private static let listing = """
        [{"Id":"\(digest("a").hex)","RepoTags":["docker.io/library/base:latest"],"RepoDigests":["docker.io/library/base@\(digest("1"))"],
          "Digest":"\(digest("1"))"},
         {"Id":"\(digest("b").hex)","RepoTags":null,"RepoDigests":[],"Digest":"\(digest("2"))","Dangling":true},
         {"Id":"\(digest("c").hex)","RepoTags":["localhost/shop/multi:v1"],"RepoDigests":["localhost/shop/multi@\(digest("3"))"],
          "Digest":"\(digest("4"))"},
         {"Id":"\(digest("d").hex)","RepoTags":null,"RepoDigests":null,"Digest":"","IsManifestList":false}]
        """
    private static let list = """
        {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[
          {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":598,"digest":"\(digest("1"))"},
          {"digest":"\(digest("2"))"},{"digest":"\(digest("9"))"}]}
        """
    private static let images: Set = [digest("a"), digest("b")]
    private static let path = "/v4.3.1/libpod/manifests/\(digest("c").hex)"

    private static func answers(exists: ScriptedAnswer, list: ScriptedAnswer) -> ScriptedEngine.Answers {
        { request in
            switch request.path {
            case "/v4.3.1/libpod/images/json": .whole(listing)
            case "\(path)/exists": exists
            case "\(path)/json": list
            default: nil
            }
        }
    }

    private static func listed(_ content: EngineManifestList.Content) -> [EngineManifestList] {
        [EngineManifestList(id: digest("c"), references: [ImageReference("localhost/shop/multi:v1")!], content: content)]
    }

    @Test func aListNamesImagesOfTheEngine() async throws {
        try await ScriptedEngine.withOne(
            libpod: "4.3.1",
            answers: Self.answers(exists: .whole("", status: 204), list: .whole(Self.list))
        ) { engine async throws in
            #expect(try await engine.client.manifestLists(besides: Self.images) == Self.listed(.images(Self.images)))
            #expect(
                engine.asked == ["GET /v4.3.1/libpod/images/json?all=true", "GET \(Self.path)/exists", "GET \(Self.path)/json"]
            )
        }
    }

    @Test func anEmptyListNamesNothing() async throws {
        try await ScriptedEngine.withOne(
            libpod: "4.3.1",
            answers: Self.answers(exists: .whole("", status: 204), list: .whole(#"{"schemaVersion":2,"manifests":null}"#))
        ) { engine async throws in
            #expect(try await engine.client.manifestLists(besides: Self.images) == Self.listed(.images([])))
        }
    }

    /// An image that was made between the two listings is none, and what is gone is none either; neither is looked for in registries.
    @Test(arguments: [
        (500, #"{"cause":"image is not a manifest list","message":"cccc: image is not a manifest list","response":500}"#),
        (404, #"{"cause":"manifest not found","message":"manifest not found","response":404}"#),
    ])
    func whatIsNoListIsNone(status: Int, body: String) async throws {
        try await ScriptedEngine.withOne(
            libpod: "4.3.1",
            answers: Self.answers(exists: .whole(body, status: status), list: .whole("", status: 500))
        ) { engine async throws in
            #expect(try await engine.client.manifestLists(besides: Self.images) == [])
            #expect(engine.asked.count == 2)
        }
    }

    @Test(arguments: [
        (ScriptedAnswer.whole(#"{"message":"disk"}"#, status: 500), "500: disk"),
        (.whole(#"{"message":"gone"}"#, status: 404), "404: gone"), (.whole(#"{"config":{}}"#), "something that is no manifest list"),
        (.whole(#"{"manifests":[{"digest":"sha256:12"}]}"#), "'sha256:12' where a digest belongs"),
    ])
    func aListThatCannotBeReadIsSaidToBe(answer: ScriptedAnswer, problem: String) async throws {
        try await ScriptedEngine.withOne(
            libpod: "4.3.1",
            answers: Self.answers(exists: .whole("", status: 204), list: answer)
        ) { engine async throws in
            let sentence = "the engine at \(engine.endpoint) answered 'GET \(Self.path)/json' with \(problem)"
            #expect(try await engine.client.manifestLists(besides: Self.images) == Self.listed(.unknown(sentence)))
        }
    }

    @Test func aListingThatFailsIsAFailure() async throws {
        try await ScriptedEngine.withOne(libpod: "4.3.1", always: .whole(#"{"message":"disk"}"#, status: 500)) { engine async throws in
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) answered 'GET /v4.3.1/libpod/images/json' with 500: disk"
                )
            ) {
                try await engine.client.manifestLists(besides: Self.images)
            }
        }
    }

    @Test func dockerIsNotAsked() async throws {
        try await ScriptedEngine.withOne(always: .whole("[]")) { engine async throws in
            #expect(try await engine.client.manifestLists(besides: Self.images) == [])
            #expect(engine.asked == [])
        }
    }
}
