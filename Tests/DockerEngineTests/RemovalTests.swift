import DockerEngine
import HookKit
import HookTesting
import OCI
import Testing

/// What is sent when something is to be removed, and how the answers are read.
@Suite struct RemovalTests {
    private static let a = "sha256:" + String(repeating: "a", count: 64)
    private static let b = "sha256:" + String(repeating: "b", count: 64)
    private let id: Digest
    private let tag: ImageReference

    /// An engine where every name means an image, and every removal is answered alike.
    private static func script(_ removal: ScriptedAnswer, naming image: String = a) -> ScriptedEngine.Answers {
        { request in
            if request.method == "DELETE" { return removal }
            return request.path.hasSuffix("/json") ? .whole(#"{"Id":"\#(image)"}"#) : nil
        }
    }

    init() throws {
        id = try #require(Digest(Self.a))
        tag = try #require(ImageReference("shop/api:v1"))
    }

    // MARK: Docker

    @Test func anImageIsRemovedWithoutForceAndWithoutItsParents() async throws {
        let answer = #"[{"Untagged":"shop/api:v1"},{"Deleted":"\#(Self.a)"},{"Deleted":"\#(Self.b)"}]"#
        try await ScriptedEngine.withOne(always: .whole(answer)) { engine async throws in
            #expect(try await engine.client.removeImage(id) == ImageRemoval(untagged: ["shop/api:v1"], deleted: [Self.a, Self.b]))
            #expect(engine.asked == ["DELETE /v1.41/images/\(Self.a)?force=false&noprune=true"])
        }
    }

    @Test(arguments: [
        ("shop/api:v1", "docker.io/shop/api:v1"), ("alpine:3", "docker.io/library/alpine:3"),
        ("registry.local:5000/a/b/c:V_1.0-x", "registry.local:5000/a/b/c:V_1.0-x"), ("[::1]:5000/a:b", "%5B::1%5D:5000/a:b"),
    ])
    func aTagIsNamedInFull(reference: String, path: String) async throws {
        try await ScriptedEngine.withOne(answers: Self.script(.whole("[]"))) { engine async throws in
            let reference = try #require(ImageReference(reference))
            #expect(try await engine.client.removeTag(reference, of: id) == ImageRemoval(untagged: [], deleted: []))
            #expect(engine.asked == ["GET /v1.41/images/\(path)/json", "DELETE /v1.41/images/\(path)?force=false&noprune=true"])
        }
    }

    @Test func aTagThatNamesAnotherImageByNowIsNotRemoved() async throws {
        try await ScriptedEngine.withOne(answers: Self.script(.whole("[]"), naming: Self.b)) { engine async throws in
            await #expect(throws: EngineError(.changed, "'shop/api:v1' names bbbbbbbbbbbb by now, and not aaaaaaaaaaaa, so it stays")) {
                try await engine.client.removeTag(tag, of: id)
            }
            #expect(engine.asked == ["GET /v1.41/images/docker.io/shop/api:v1/json"])
        }
    }

    @Test func aReferenceThatSaysTooLittleOrTooMuchIsNotRemoved() async throws {
        try await ScriptedEngine.withOne(always: .whole("[]")) { engine async throws in
            for text in ["shop/api", "shop/api:v1@\(Self.a)"] {
                let reference = try #require(ImageReference(text))
                await #expect(
                    throws: EngineError(.unsupported, "'\(text)' is not removed: it has to be named by a tag, or by a digest alone")
                ) {
                    try await engine.client.removeTag(reference, of: id)
                }
            }
            #expect(engine.asked.isEmpty)
        }
    }

    @Test(arguments: [false, true]) func aDigestIsRemovedByItselfOnlyFromTheClassicStore(isContainerd: Bool) async throws {
        let status = isContainerd ? #"[["driver-type","io.containerd.snapshotter.v1"]]"# : "[]"
        let reference = try #require(ImageReference("shop/api@\(Self.a)"))
        try await ScriptedEngine.withOne { request in
            switch request.path {
            case "/v1.41/info": .whole(#"{"ID":"1","DriverStatus":\#(status)}"#)
            case "/v1.41/version": .whole("{}")
            case _ where request.method == "DELETE": .whole(#"[{"Untagged":"shop/api@\#(Self.a)"}]"#)
            case _ where request.path.hasPrefix("/v1.41/images/"): .whole(#"{"Id":"\#(Self.a)"}"#)
            default: nil
            }
        } body: { engine async throws in
            guard isContainerd else {
                #expect(try await engine.client.removeTag(reference, of: id).untagged == ["shop/api@\(Self.a)"])
                #expect(engine.asked.last == "DELETE /v1.41/images/docker.io/shop/api@\(Self.a)?force=false&noprune=true")
                return
            }
            await #expect(
                throws: EngineError(
                    .unsupported,
                    "'shop/api@\(Self.a)' is not removed by its digest: the containerd store would take every tag of the repository with it"
                )
            ) {
                try await engine.client.removeTag(reference, of: id)
            }
            #expect(!engine.asked.contains { $0.hasPrefix("DELETE") })
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let status: Int
        let body: String
        let code: EngineError.Code
        var testDescription: String { "\(status) \(body)" }
    }

    @Test(arguments: [
        Refusal(status: 404, body: "No such image", code: .notFound),
        Refusal(status: 409, body: "conflict: unable to delete", code: .conflict),
        Refusal(status: 403, body: "host is a pre-defined network and cannot be removed", code: .conflict),
        Refusal(status: 500, body: "driver failed to remove root filesystem", code: .badAnswer),
        // Somebody else removed the image while the engine worked on it.
        Refusal(status: 500, body: "unrecognized image ID sha256:aaaa", code: .notFound),
        Refusal(status: 405, body: "not here", code: .unsupported),
    ])
    func aRefusalKeepsItsKindAndItsWords(_ refusal: Refusal) async throws {
        let script = Self.script(.whole(#"{"message":"\#(refusal.body)"}"#, status: refusal.status))
        try await ScriptedEngine.withOne(answers: script) { engine async throws in
            func expect(_ target: String, _ remove: () async throws -> Void) async {
                await #expect(
                    throws: EngineError(
                        refusal.code,
                        "the engine at \(engine.endpoint) answered 'DELETE /v1.41/\(target)' with \(refusal.status): \(refusal.body)"
                    )
                ) {
                    try await remove()
                }
            }
            await expect("images/\(Self.a)") { _ = try await engine.client.removeImage(id) }
            await expect("images/docker.io/shop/api:v1") { _ = try await engine.client.removeTag(tag, of: id) }
            await expect("containers/c1") { try await engine.client.removeContainer("c1") }
            await expect("networks/n1") { try await engine.client.removeNetwork("n1") }
            await expect("volumes/v1") { try await engine.client.removeVolume("v1") }
        }
    }

    @Test func otherThingsAreRemovedWithoutForce() async throws {
        try await ScriptedEngine.withOne(always: .whole("", status: 204)) { engine async throws in
            try await engine.client.removeContainer("c1")
            try await engine.client.removeNetwork("n 1/é")
            try await engine.client.removeVolume("../etc?force=1")
            #expect(
                engine.asked == [
                    "DELETE /v1.41/containers/c1?v=false&force=false", "DELETE /v1.41/networks/n%201%2F%C3%A9",
                    "DELETE /v1.41/volumes/..%2Fetc%3Fforce%3D1?force=false",
                ]
            )
        }
    }

    @Test(arguments: ["", ".", ".."]) func aNameThatAPathTakesForSomethingElseIsNotSent(_ name: String) async throws {
        try await ScriptedEngine.withOne(always: .whole("", status: 204)) { engine async throws in
            await #expect(
                throws: EngineError(
                    .notFound,
                    "there is no volume with the name '\(name)' that the engine at \(engine.endpoint) could be asked for"
                )
            ) {
                try await engine.client.removeVolume(name)
            }
            #expect(engine.asked.isEmpty)
        }
    }

    // MARK: Podman

    @Test func podmanRemovesByItsOwnAPIWhichLeavesTheParentsAlone() async throws {
        let hex = Self.a.dropFirst(7)
        let answer = #"{"Deleted":["\#(hex)"],"Untagged":["docker.io/shop/api:v1"],"ExitCode":0,"Errors":null}"#
        try await ScriptedEngine.withOne(libpod: "4.3.1", answers: Self.script(.whole(answer))) { engine async throws in
            let removal = ImageRemoval(untagged: ["docker.io/shop/api:v1"], deleted: [Self.a])
            #expect(try await engine.client.removeImage(id) == removal)
            #expect(try await engine.client.removeTag(tag, of: id) == removal)
            #expect(
                engine.asked == [
                    "DELETE /v4.3.1/libpod/images/remove?images=\(hex)&force=false&noprune=true",
                    "GET /v1.41/images/docker.io/shop/api:v1/json",
                    "DELETE /v4.3.1/libpod/images/remove?images=docker.io%2Fshop%2Fapi%3Av1&force=false&noprune=true",
                ]
            )
        }
    }

    @Test(arguments: [
        (
            #"{"ExitCode":1,"Errors":["docker.io/shop/api:v1: image not known"]}"#, EngineError.Code.notFound,
            "docker.io/shop/api:v1: image not known"
        ),
        (#"{"ExitCode":2,"Errors":["image used by 6a55: image is in use"]}"#, .conflict, "image used by 6a55: image is in use"),
        (
            #"{"ExitCode":125,"Errors":["unable to delete by ID with more than one tag"]}"#, .conflict,
            "unable to delete by ID with more than one tag"
        ),
        (#"{"ExitCode":125,"Errors":["disk I/O error"]}"#, .badAnswer, "disk I/O error"),
        (#"{"ExitCode":0,"Errors":["something"]}"#, .badAnswer, "something"),
        (#"{"ExitCode":125,"Errors":null}"#, .badAnswer, "no reason given"),
        (
            #"{"ExitCode":125,"Untagged":["docker.io/shop/api:v1"],"Errors":["disk I/O error"]}"#, .unknownOutcome,
            "disk I/O error; whether it was carried out is not known"
        ),
    ])
    func podmansRefusalIsReadFromItsAnswer(json: String, code: EngineError.Code, reason: String) async throws {
        try await ScriptedEngine.withOne(libpod: "5.2.0", answers: Self.script(.whole(json))) { engine async throws in
            await #expect(
                throws: EngineError(
                    code,
                    "the engine at \(engine.endpoint) answered 'DELETE /v5.2.0/libpod/images/remove?images=docker.io/shop/api:v1' with: \(reason)"
                )
            ) {
                try await engine.client.removeTag(tag, of: id)
            }
        }
    }

    @Test(arguments: ["4.2.0", "3.4.4", "4", "4.x"]) func aPodmanThatTakesTheParentsTooIsNotAsked(_ version: String) async throws {
        try await ScriptedEngine.withOne(libpod: version, always: .whole("{}")) { engine async throws in
            await #expect(throws: EngineError.self) { try await engine.client.removeImage(id) }
            #expect(engine.asked.isEmpty)
        }
    }

    @Test func aPodmanThatIsTooOldIsNamed() async throws {
        try await ScriptedEngine.withOne(libpod: "4.2.0", always: .whole("{}")) { engine async throws in
            await #expect(
                throws: EngineError(
                    .unsupported,
                    "the engine at \(engine.endpoint) is Podman 4.2.0, which cannot remove an image without its untagged parents; "
                        + "update it to 4.3 or later"
                )
            ) {
                try await engine.client.removeImage(id)
            }
        }
    }

    @Test(arguments: ["container state improper", "network is being used"]) func podmansOwnWordsForAConflictAreKnown(_ cause: String)
        async throws
    {
        let answer = ScriptedAnswer.whole(#"{"cause":"\#(cause)","message":"cannot: \#(cause)","response":500}"#, status: 500)
        try await ScriptedEngine.withOne(libpod: "4.3.1", always: answer) { engine async throws in
            await #expect(
                throws: EngineError(
                    .conflict,
                    "the engine at \(engine.endpoint) answered 'DELETE /v1.41/containers/c1' with 500: cannot: \(cause)"
                )
            ) {
                try await engine.client.removeContainer("c1")
            }
        }
    }

    @Test func podmansNetworkIsNamedByItsName() async throws {
        try await ScriptedEngine.withOne(libpod: "4.3.1") { request in
            switch request.method {
            case "DELETE": .whole("", status: 204)
            case _ where request.path == "/v1.41/networks": .whole(#"[{"Id":"9663","Name":"shop"}]"#)
            default: nil
            }
        } body: { engine async throws in
            try await engine.client.removeNetwork("9663")
            try await engine.client.removeNetwork("other")
            #expect(
                engine.asked == [
                    "GET /v1.41/networks", "DELETE /v1.41/networks/shop", "GET /v1.41/networks", "DELETE /v1.41/networks/other",
                ]
            )
        }
    }

    // MARK: Build cache

    @Test func exactlyOneRecordOfTheBuildCacheIsNamed() async throws {
        try await ScriptedEngine.withOne(always: .whole(#"{"CachesDeleted":["lwcif"],"SpaceReclaimed":3}"#)) { engine async throws in
            #expect(try await engine.client.removeBuildCache("lwcif") == 3)
            // {"id":{"^lwcif$":true}}: the engine reads the ID as a regular expression.
            #expect(engine.asked == ["POST /v1.41/build/prune?all=true&filters=%7B%22id%22%3A%7B%22%5Elwcif%24%22%3Atrue%7D%7D"])
        }
    }

    @Test(arguments: ["", ".*", "a|b", "a\"", "^", "~"]) func anIDThatIsAPatternIsNotSent(_ identifier: String) async throws {
        try await ScriptedEngine.withOne(always: .whole("{}")) { engine async throws in
            await #expect(
                throws: EngineError(
                    .unsupported,
                    "'\(identifier)' is no ID of a build cache record that the engine at \(engine.endpoint) could be asked to remove alone"
                )
            ) {
                try await engine.client.removeBuildCache(identifier)
            }
            #expect(engine.asked.isEmpty)
        }
    }

    @Test func aRecordThatTheEngineKeepsIsAConflict() async throws {
        try await ScriptedEngine.withOne(always: .whole(#"{"CachesDeleted":null,"SpaceReclaimed":0}"#)) { engine async throws in
            await #expect(
                throws: EngineError(
                    .conflict,
                    "the engine at \(engine.endpoint) kept the build cache record lwcif: "
                        + "a build uses it, another record builds on it, or it is gone"
                )
            ) {
                try await engine.client.removeBuildCache("lwcif")
            }
        }
    }

    @Test func anEngineThatRemovesMoreThanItWasAskedIsReported() async throws {
        try await ScriptedEngine.withOne(always: .whole(#"{"CachesDeleted":["lwcif","other"],"SpaceReclaimed":9}"#)) {
            engine async throws in
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) was asked to remove the build cache record lwcif and removed lwcif, other"
                )
            ) {
                try await engine.client.removeBuildCache("lwcif")
            }
        }
    }

    // MARK: Dry run

    @Test func aDryRunSendsNothing() async throws {
        try await ScriptedEngine.withOne(access: .readOnly, always: .whole("[]")) { engine async throws in
            func expect(_ action: String, _ change: () async throws -> Void) async {
                await #expect(
                    throws: EngineError(.dryRun, "a dry run changes nothing, so the engine at \(engine.endpoint) is not asked to \(action)")
                ) {
                    try await change()
                }
            }
            await expect("remove the image aaaaaaaaaaaa") { _ = try await engine.client.removeImage(id) }
            await expect("remove the tag 'shop/api:v1'") { _ = try await engine.client.removeTag(tag, of: id) }
            await expect("remove the container 'c1'") { try await engine.client.removeContainer("c1") }
            await expect("remove the network 'n1'") { try await engine.client.removeNetwork("n1") }
            await expect("remove the volume 'v1'") { try await engine.client.removeVolume("v1") }
            await expect("remove the build cache record 'lwcif'") { _ = try await engine.client.removeBuildCache("lwcif") }
            #expect(engine.server.requests.isEmpty)
            #expect(try await engine.client.images(.current).isEmpty)
        }
    }
}
