import DockerEngine
import HookKit
import HookTesting
import OCI
import Testing

/// How the answers of different engines about images are read.
@Suite struct ImageReadingTests {
    private static let a = "sha256:" + String(repeating: "a", count: 64)
    private static let b = "sha256:" + String(repeating: "b", count: 64)
    private static let c = "sha256:" + String(repeating: "c", count: 64)

    private func images(_ json: String) async throws -> [EngineImage] {
        try await images(Array(json.utf8))
    }

    private func images(_ json: [UInt8]) async throws -> [EngineImage] {
        var images: [EngineImage] = []
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in images = try await engine.client.images(.current) }
        return images
    }

    private func digest(_ text: String) throws -> Digest { try #require(Digest(text)) }
    private func reference(_ text: String) throws -> ImageReference { try #require(ImageReference(text)) }

    @Test func theClassicStoreIsRead() async throws {
        let images = try await images(
            """
            [{"Containers":-1,"Created":1795293680,"Id":"\(Self.a)","Labels":{"a":"b"},"ParentId":"\(Self.b)","RepoDigests":null,
              "RepoTags":["shop/api:v1","registry.local:5000/shop/api:v2"],"SharedSize":-1,"Size":1982270,"VirtualSize":1982270},
             {"Containers":-1,"Created":1795293679,"Id":"\(Self.b)","Labels":null,"ParentId":"","RepoDigests":["<none>@<none>"],
              "RepoTags":["<none>:<none>"],"SharedSize":-1,"Size":7,"VirtualSize":7},
             {"Created":0,"Id":"\(Self.c)","RepoTags":null,"RepoDigests":["shop/api@\(Self.a)"],"Size":7}]
            """
        )
        #expect(
            images == [
                EngineImage(
                    id: try digest(Self.a),
                    parent: try digest(Self.b),
                    references: [try reference("shop/api:v1"), try reference("registry.local:5000/shop/api:v2")],
                    created: Timestamp(seconds: 1_795_293_680),
                    size: 1_982_270,
                    labels: ["a": "b"]
                ),
                EngineImage(id: try digest(Self.b), created: Timestamp(seconds: 1_795_293_679), size: 7),
                EngineImage(
                    id: try digest(Self.c),
                    repositoryDigests: [try reference("shop/api@\(Self.a)")],
                    created: Timestamp(seconds: 0),
                    size: 7
                ),
            ]
        )
    }

    /// Documented, not observed here: moby, `daemon/containerd/image_list.go`, and the API's version history for 1.43.
    @Test func theContainerdStoreIsRead() async throws {
        let images = try await images(
            """
            [{"Containers":-1,"Created":1795293680,"Id":"\(Self.a)","Labels":{},"ParentId":"","RepoDigests":["shop/api@\(Self.a)"],
              "RepoTags":["shop/api:v1"],"SharedSize":-1,"Size":7,"Descriptor":{"digest":"\(Self.a)"}},
             {"Created":1795293679,"Id":"\(Self.b)","ParentId":"","RepoDigests":[],"RepoTags":[],"Size":7},
             {"Created":1795293679,"Id":"\(Self.c)","ParentId":"","RepoDigests":["alpine@\(Self.c)"],"RepoTags":["alpine@\(Self.c)"],"Size":7}]
            """
        )
        #expect(
            images == [
                EngineImage(
                    id: try digest(Self.a),
                    references: [try reference("shop/api:v1")],
                    repositoryDigests: [try reference("shop/api@\(Self.a)")],
                    created: Timestamp(seconds: 1_795_293_680),
                    size: 7
                ),
                EngineImage(id: try digest(Self.b), created: Timestamp(seconds: 1_795_293_679), size: 7),
                EngineImage(
                    id: try digest(Self.c),
                    repositoryDigests: [try reference("alpine@\(Self.c)")],
                    created: Timestamp(seconds: 1_795_293_679),
                    size: 7
                ),
            ]
        )
    }

    /// Documented, not observed here: the containerd store of Docker 24 lists each name of an image on its own.
    @Test func anImageThatIsListedTwiceIsOneWithTheTagsOfBoth() async throws {
        let images = try await images(
            """
            [{"Created":1,"Id":"\(Self.a)","RepoTags":["shop/api:v1"],"RepoDigests":["shop/api@\(Self.a)"],"Size":7},
             {"Created":2,"Id":"\(Self.b)","RepoTags":[],"Size":7},
             {"Created":3,"Id":"\(Self.a)","RepoTags":["shop/api:v1","shop/api:v2"],"RepoDigests":["shop/api@\(Self.a)"],"Size":8}]
            """
        )
        #expect(images.map(\.id) == [try digest(Self.a), try digest(Self.b)])
        #expect(images[0].references == [try reference("shop/api:v1"), try reference("shop/api:v2")])
        #expect(images[0].repositoryDigests == [try reference("shop/api@\(Self.a)")])
        #expect(images[0].created == Timestamp(seconds: 3))
        #expect(images[0].size == 8)
    }

    @Test func podmanIsRead() async throws {
        let images = try await images(
            """
            [{"Id":"\(Self.a)","ParentId":"\(Self.b.dropFirst(7))","RepoTags":null,"RepoDigests":[],"Created":1795293680,"Size":7,"SharedSize":0,
              "VirtualSize":7,"Labels":{"io.buildah.version":"1.28.2"},"Containers":0,"Dangling":true,"History":["docker.io/shop/api:v1"]},
             {"Id":"\(Self.b.dropFirst(7))","ParentId":"","RepoTags":["docker.io/library/alpine:latest","localhost/tool:v1"],
              "RepoDigests":["docker.io/library/alpine@\(Self.c)"],"Created":1,"Size":7,"SharedSize":0,"Labels":null}]
            """
        )
        #expect(
            images == [
                EngineImage(
                    id: try digest(Self.a),
                    parent: try digest(Self.b),
                    created: Timestamp(seconds: 1_795_293_680),
                    size: 7,
                    labels: ["io.buildah.version": "1.28.2"]
                ),
                EngineImage(
                    id: try digest(Self.b),
                    references: [try reference("alpine:latest"), try reference("localhost/tool:v1")],
                    repositoryDigests: [try reference("alpine@\(Self.c)")],
                    created: Timestamp(seconds: 1),
                    size: 7
                ),
            ]
        )
    }

    @Test(arguments: ["null", "[]", " [ ] \n"]) func noImagesAreRead(_ json: String) async throws {
        #expect(try await images(json).isEmpty)
    }

    // MARK: Names and labels that hold anything

    @Test func aTagThatIsNoReferenceStillCountsAsATag() async throws {
        let images = try await images(
            #"[{"Created":1,"Id":"\#(Self.a)","RepoTags":["Shop/API:v1 ","","a:b@\#(Self.b)","shop/api","]]>\u0007"],"Size":7}]"#
        )
        #expect(images[0].references.isEmpty)
        #expect(images[0].unreadableReferences == ["Shop/API:v1 ", "", "a:b@\(Self.b)", "shop/api", "]]>\u{7}"])
        #expect(!images[0].isUntagged)
    }

    @Test func bytesThatAreNoUTF8AreRepaired() async throws {
        let json =
            Array(#"[{"Created":1,"Id":"\#(Self.a)","RepoTags":["shop/"#.utf8) + [0xFF, 0xFE] + Array(#":v1"],"Labels":{"n"#.utf8) + [0xC3]
            + Array(#"":"]]>\u0000"#.utf8) + [0xED, 0xA0, 0x80] + Array(#""},"Size":7}]"#.utf8)
        let images = try await images(json)
        #expect(images[0].unreadableReferences == ["shop/\u{FFFD}\u{FFFD}:v1"])
        #expect(images[0].labels == ["n\u{FFFD}": "]]>\u{0}\u{FFFD}\u{FFFD}\u{FFFD}"])
    }

    // MARK: What cannot be true

    static let lies: [(String, String)] = [
        (#"{"Created":1,"Id":"sha256:abc","Size":7}"#, "'sha256:abc' where the ID of an image belongs"),
        (#"{"Created":1,"Id":"sha256:../../etc\u0007","Size":7}"#, "'sha256:../../etc' where the ID of an image belongs"),
        (#"{"Created":1,"Id":"\#(a.uppercased())","Size":7}"#, "'\(a.uppercased())' where the ID of an image belongs"),
        (
            #"{"Created":1,"Id":"sha512:\#(String(repeating: "a", count: 128))","Size":7}"#,
            "'sha512:\(String(repeating: "a", count: 128))' where the ID of an image belongs"
        ),
        (#"{"Created":1,"Id":"","Size":7}"#, "an image without an ID"),
        (#"{"Created":1,"Size":7}"#, "no 'Id' at [0]"),
        (#"{"Created":1,"Id":null,"Size":7}"#, "null at [0].Id"),
        (#"{"Created":1,"Id":7,"Size":7}"#, "a value of another type at [0].Id"),
        (#"{"Created":1,"Id":"\#(a)","ParentId":"root","Size":7}"#, "'root' where the ID of an image belongs"),
        (#"{"Id":"\#(a)","Size":7}"#, "no 'Created' at [0]"),
        (#"{"Created":null,"Id":"\#(a)","Size":7}"#, "null at [0].Created"),
        (#"{"Created":"now","Id":"\#(a)","Size":7}"#, "a value of another type at [0].Created"),
        (#"{"Created":1,"Id":"\#(a)","RepoTags":"shop/api:v1","Size":7}"#, "a value of another type at [0].RepoTags"),
        (#"{"Created":1,"Id":"\#(a)","RepoTags":[null],"Size":7}"#, "null at [0].RepoTags[0]"),
    ]

    @Test(arguments: lies) func aListingThatCannotBeTrueIsRefusedAsAWhole(image: String, message: String) async throws {
        let truth = #"{"Created":1,"Id":"\#(Self.b)","Size":7}"#
        // The index says which image it is.
        let json = "[\(image),\(truth)]"
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in
            await #expect(
                throws: EngineError(.badAnswer, "the engine at \(engine.endpoint) answered 'GET /v1.41/images/json' with \(message)")
            ) {
                try await engine.client.images(.current)
            }
        }
    }

    // MARK: Details

    @Test func detailsAreReadAndWhatIsGoneIsMissing() async throws {
        let (a, b, c) = (try digest(Self.a), try digest(Self.b), try digest(Self.c))
        try await ScriptedEngine.withOne { request in
            switch request.target {
            case "/v1.41/images/\(Self.a)/json":
                .whole(
                    #"{"Id":"\#(Self.a)","Parent":"\#(Self.b.dropFirst(7))","RootFS":{"Type":"layers","Layers":["\#(Self.c)"]},"#
                        + #""Metadata":{"LastTagTime":"2026-11-21T21:41:20.24969734+01:00"}}"#
                )
            case "/v1.41/images/\(Self.b)/json":
                .whole(#"{"Id":"\#(Self.b)","RootFS":{"Type":"layers"},"Metadata":{"LastTagTime":"0001-01-01T00:00:00Z"}}"#)
            default: nil
            }
        } body: { engine async throws in
            #expect(
                try await engine.client.inspectImages([a, b, c, a]) == [
                    a: EngineImageDetails(
                        id: a,
                        lastTagged: Timestamp(rfc3339: "2026-11-21T20:41:20.24969734Z"),
                        layers: [c],
                        parent: b
                    ),
                    b: EngineImageDetails(id: b, lastTagged: nil, layers: [], parent: nil),
                ]
            )
            #expect(engine.asked.count == 3)
        }
    }

    @Test(arguments: [
        ("[\"shop/api:v1\",\"alpine:3\"]", ["shop/api:v1", "alpine:3"]), ("[\"<none>:<none>\"]", []), ("[]", []), ("null", []),
        ("[\"docker.io/shop/api:v1\",\"A b\",\"shop/api@\(a)\"]", ["shop/api:v1", "A b"]),
    ])
    func theTagsOfOneImageAreReadAsInAListing(json: String, tags: [String]) async throws {
        try await ScriptedEngine.withOne { request in
            request.target == "/v1.41/images/\(Self.a)/json" ? .whole(#"{"Id":"\#(Self.a)","RepoTags":\#(json)}"#) : nil
        } body: { engine async throws in
            #expect(try await engine.client.tags(of: try digest(Self.a)) == tags)
            #expect(try await engine.client.tags(of: try digest(Self.b)) == nil)
        }
    }

    @Test func detailsOfAnotherImageAreRefused() async throws {
        try await ScriptedEngine.withOne(always: .whole(#"{"Id":"\#(Self.b)"}"#)) { engine async throws in
            let id = try digest(Self.a)
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) answered 'GET /v1.41/images/\(Self.a)/json' with the image \(Self.b) instead"
                )
            ) {
                try await engine.client.inspectImages([id])
            }
        }
    }

    @Test func aTimeThatIsNoneIsNoZero() async throws {
        let json = #"{"Id":"\#(Self.a)","Metadata":{"LastTagTime":"yesterday"}}"#
        try await ScriptedEngine.withOne(always: .whole(json)) { engine async throws in
            let id = try digest(Self.a)
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) answered 'GET /v1.41/images/\(Self.a)/json' with 'yesterday' where a time belongs"
                )
            ) {
                try await engine.client.inspectImages([id])
            }
        }
    }
}
