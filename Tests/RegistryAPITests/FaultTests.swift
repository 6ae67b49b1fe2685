import Foundation
import HookKit
import HookTesting
import OCI
import RegistryAPI
import Synchronization
import Testing

/// Registries that are broken, or mean harm: every one ends in one sentence, in bounded time and memory.
@Suite struct FaultTests {
    private typealias Answers = @Sendable (_ request: ScriptedRequest) async -> ScriptedAnswer?

    private static let image = TestContent.image()

    private static var limits: RegistryLimits {
        var limits = RegistryLimits()
        limits.documentSize = 100_000
        limits.pageSize = 100_000
        limits.noteSize = 50_000
        return limits
    }

    private static func manifest(_ content: TestContent, digest: Digest? = nil) -> ScriptedAnswer {
        .whole(
            Array(content.manifest),
            fields: [("Content-Type", content.mediaType), ("Docker-Content-Digest", "\(digest ?? content.digest)")]
        )
    }

    /// Hands over a client of a registry that answers as it is told, and to everything else that it is one.
    private func withRegistry(
        configuration: String? = nil,
        limits: RegistryLimits = limits,
        _ answers: @escaping Answers,
        body: (RegistryClient, ScriptedServer, TestConnections) async throws -> Void
    ) async throws {
        try await ScriptedServer.withOne(on: .loopback) { request in
            await answers(request) ?? .whole("{}")
        } body: { server async throws in
            let text = configuration?.replacing("REGISTRY", with: "127.0.0.1:\(server.port)")
            try await TestConnections.withOne(configuration: text, limits: limits) { connections async throws in
                try await body(connections.client("http://127.0.0.1:\(server.port)"), server, connections)
            }
        }
    }

    /// Expects an error of a question; `@` in the message stands for the registry as a subject.
    private func expect(
        _ code: RegistryError.Code,
        _ message: String,
        configuration: String? = nil,
        limits: RegistryLimits = limits,
        requests: Int? = nil,
        from answers: @escaping Answers,
        _ ask: (RegistryClient) async throws -> Void
    ) async throws {
        try await withRegistry(configuration: configuration, limits: limits, answers) { client, server, _ async throws in
            let error = await #expect(throws: RegistryError.self) { try await ask(client) }
            #expect(error?.code == code)
            #expect(
                error?.description
                    == message.replacing("@", with: "the registry '\(client.name)'").replacing("PORT", with: "\(server.port)")
            )
            if let requests { #expect(server.requests.count == requests) }
        }
    }

    @Test func aRegistryThatIsDownIsNamed() async throws {
        var port = 0
        try await ScriptedServer.withOne(on: .loopback, answer: { _ in .hangUp }) { port = $0.port }
        try await TestConnections.withOne { connections async throws in
            await #expect(
                throws: RegistryError(
                    .refused,
                    "the registry '127.0.0.1:\(port)' cannot be reached for 'GET /v2/': connection refused; see whether it runs, and check the address"
                )
            ) {
                try await connections.client("127.0.0.1:\(port)").repositories()
            }
            await #expect(
                throws: RegistryError(
                    .unreachable,
                    "the registry 'registry.invalid' cannot be reached for 'GET /v2/': the name 'registry.invalid' cannot be resolved; check it"
                )
            ) {
                try await connections.client("registry.invalid").repositories()
            }
        }
    }

    @Test func aRegistryWithoutTLSIsNotTrustedUnlessItIsNamedInsecure() async throws {
        try await ScriptedServer.withOne(on: .loopback, answer: { _ in .whole(#"{"tags":["v1"]}"#) }) { server async throws in
            try await TestConnections.withOne { connections async throws in
                let name = "127.0.0.1:\(server.port)"
                #expect(try await connections.client(name).tags(of: "a") == ["v1"])
                await #expect(
                    throws: RegistryError(
                        .configuration,
                        "the registry '\(name)' cannot be reached for 'GET /v2/': it does not speak TLS on this port; where plain HTTP is meant, "
                            + "write 'http://\(name)' or set 'insecure'"
                    )
                ) {
                    try await connections.client("https://\(name)").tags(of: "a")
                }
            }
        }
    }

    @Test func somethingThatIsNoRegistryIsNamed() async throws {
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/' with 404, so it is no registry of this API; check the address",
            from: { _ in .whole("not found", status: 404) }
        ) {
            _ = try await $0.repositories()
        }
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/' with something that is not HTTP, or only half of it",
            from: { _ in .text("SSH-2.0-OpenSSH_9.2\r\n") }
        ) {
            _ = try await $0.repositories()
        }
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/_catalog' with something that is not the document expected (23B)",
            from: { $0.path == "/v2/" ? nil : .whole("<html>captive</html>\n\n\n") }
        ) {
            _ = try await $0.repositories()
        }
    }

    @Test func refusingForEverEndsAfterOneRenewal() async throws {
        let basic = ScriptedAnswer.whole(
            #"{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}"#,
            status: 401,
            fields: [("WWW-Authenticate", #"Basic realm="x""#)]
        )
        try await expect(
            .unauthorized,
            "@ answered 'GET /v2/a/tags/list' with 401: UNAUTHORIZED: no; the password of 'ann' was not enough; run: docker login 127.0.0.1:PORT",
            configuration: #"{"auths":{"REGISTRY":{"username":"ann","password":"secret-4711"}}}"#,
            requests: 2,
            from: { _ in basic }
        ) {
            _ = try await $0.tags(of: "a")
        }
        // Whatever token it gets: two requests of the ping and the list, one token, one more of each.
        let count = Mutex(0)
        try await expect(
            .unauthorized,
            "@ answered 'GET /v2/a/tags/list' with 401: UNAUTHORIZED: no; no credentials for it were found; run: docker login 127.0.0.1:PORT",
            requests: 5,
            from: { request in
                if request.path == "/token" {
                    return .whole(#"{"token":"t\#(count.withLock { $0 += 1; return $0 })"}"#)
                }
                let port = request.header("Host")?.split(separator: ":").last ?? ""
                return .whole(
                    #"{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}"#,
                    status: 401,
                    fields: [("WWW-Authenticate", #"Bearer realm="http://127.0.0.1:\#(port)/token",service="s",scope="repository:a:pull""#)]
                )
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func secretsThatAreSaidBackAreNotShown() async throws {
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with 418: you sent *** and I know ***",
            configuration: #"{"auths":{"REGISTRY":{"username":"ann","password":"secret-4711"}}}"#,
            from: { request in
                guard let shown = request.header("Authorization") else {
                    return .whole("", status: 401, fields: [("WWW-Authenticate", "Basic")])
                }
                return .whole("you sent \(shown.dropFirst(6)) and I know secret-4711", status: 418)
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    // MARK: Lists

    @Test func pagesThatLeadInACircleEnd() async throws {
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with a page that leads back to an earlier one, so that the list has no end",
            requests: 3,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                return .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"</v2/a/tags/list?last=v1&n=1>; rel="next""#)])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aListThatBreaksOffIsNoList() async throws {
        try await expect(
            .unsupported,
            "@ answered 'GET /v2/a/tags/list' with 404: NAME_UNKNOWN: repository name not known to registry",
            requests: 3,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                guard request.target.contains("last=") else {
                    return .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"</v2/a/tags/list?last=v1&n=1>; rel="next""#)])
                }
                return .whole(#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#, status: 404)
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aFullPageIsNotTakenForTheLast() async throws {
        var limits = Self.limits
        limits.pageLength = 2
        for ignoresLast in [false, true] {
            try await withRegistry(limits: limits) { request in
                switch request.target {
                case "/v2/a/tags/list?n=2": .whole(#"{"tags":["v1","v2"]}"#)
                case "/v2/a/tags/list?n=2&last=v2": .whole(ignoresLast ? #"{"tags":["v1","v2"]}"# : #"{"tags":["v3","v_4"]}"#)
                case "/v2/a/tags/list?n=2&last=v_4": .whole(#"{"tags":null}"#)
                default: nil
                }
            } body: { client, server, _ async throws in
                #expect(try await client.tags(of: "a") == (ignoresLast ? ["v1", "v2"] : ["v1", "v2", "v3", "v_4"]))
                #expect(server.requests.count == (ignoresLast ? 3 : 4))
            }
        }
    }

    @Test func pagesWithoutEndAndWithoutNewsEnd() async throws {
        let count = Mutex(0)
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with a page that leads back to an earlier one, so that the list has no end",
            requests: 23,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                let number = count.withLock {
                    $0 += 1; return $0
                }
                return .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"</v2/a/tags/list?last=\#(number)>; rel="next""#)])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aListThatGrowsForEverEnds() async throws {
        var limits = Self.limits
        limits.listLength = 100
        let count = Mutex(0)
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with more than 100 entries, which is more than hook reads",
            limits: limits,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                let number = count.withLock {
                    $0 += 1; return $0
                }
                let tags = (0..<10).map { "\"v\(number)-\($0)\"" }.joined(separator: ",")
                return .whole(#"{"tags":[\#(tags)]}"#, fields: [("Link", #"</v2/a/tags/list?last=\#(number)>; rel="next""#)])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aNextPageOnAnotherServerIsAskedOfThisOne() async throws {
        try await withRegistry { request in
            switch request.target {
            case "/v2/a/tags/list?n=1000":
                .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"<http://evil.invalid/v2/a/tags/list?last=v1>; rel="next""#)])
            case "/v2/a/tags/list?last=v1": .whole(#"{"tags":["v2"]}"#)
            default: nil
            }
        } body: { client, _, _ async throws in
            #expect(try await client.tags(of: "a") == ["v1", "v2"])
        }
    }

    @Test(arguments: ["/v2/b/tags/list?last=v1", "https://evil.invalid/", "ftp://evil.invalid/v2/a/tags/list"])
    func aNextPageOfSomethingElseIsRefused(_ link: String) async throws {
        let message =
            link.hasPrefix("/") ? "a link to the next page of another list" : "a link to the next page that is no address of its API"
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with \(message)",
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                return .whole(#"{"tags":["v1"]}"#, fields: [("Link", "<\(link)>; rel=next")])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func namesThatAreNoneAreRefused() async throws {
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with '../../etc/passwd' where a tag belongs",
            from: { $0.path == "/v2/" ? nil : .whole(#"{"tags":["../../etc/passwd"]}"#) }
        ) {
            _ = try await $0.tags(of: "a")
        }
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/_catalog' with 'a/../b' where the name of a repository belongs",
            from: { $0.path == "/v2/" ? nil : .whole(#"{"repositories":["a/../b"]}"#) }
        ) {
            _ = try await $0.repositories()
        }
        try await withRegistry({ _ in nil }) { client, server, _ async throws in
            await #expect(throws: RegistryError(.configuration, "'a/../b' is no name of a repository")) {
                try await client.tags(of: "a/../b")
            }
            await #expect(throws: RegistryError(.configuration, "'x/y' is no tag")) {
                try await client.deleteTag("x/y", in: "a")
            }
            #expect(server.requests == [])
        }
    }

    // MARK: Content

    @Test func contentThatIsNotWhatItsDigestSaysIsRefused() async throws {
        let other = TestContent.image(layer: "other")
        let said = other.digest
        let own = Self.image.digest
        try await expect(
            .wrongDigest,
            "@ answered 'GET /v2/a/manifests/v1' with content whose digest is \(own), not \(said): it is damaged or was exchanged",
            from: { $0.path == "/v2/" ? nil : Self.manifest(Self.image, digest: said) }
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
        try await expect(
            .wrongDigest,
            "@ answered 'GET /v2/a/manifests/\(said)' with content whose digest is \(own), not \(said): it is damaged or was exchanged",
            from: { $0.path == "/v2/" ? nil : Self.manifest(Self.image) }
        ) {
            _ = try await $0.manifest(.digest(said), in: "a")
        }
        try await expect(
            .wrongDigest,
            "@ answered 'HEAD /v2/a/manifests/\(said)' with \(own), which is not what was asked for",
            from: { $0.path == "/v2/" ? nil : ScriptedAnswer([.send(ScriptedAnswer.head(200, [("Docker-Content-Digest", "\(own)")]))]) }
        ) {
            _ = try await $0.descriptor(of: .digest(said), in: "a")
        }
        let configuration = RegistryDescriptor(digest: said, mediaType: "application/vnd.oci.image.config.v1+json")
        try await expect(
            .wrongDigest,
            "@ answered 'GET /v2/a/blobs/\(said)' with content whose digest is \(TestContent.digest(Data("{}".utf8))), not \(said): "
                + "it is damaged or was exchanged",
            from: { _ in nil }
        ) {
            _ = try await $0.configuration(configuration, in: "a")
        }
    }

    @Test func aBodyWithoutEndIsNotReadToItsEnd() async throws {
        let chunk = [UInt8](repeating: 0x20, count: 4096)
        for path in ["/v2/a/manifests/v1", "/v2/"] {
            try await expect(
                .badAnswer,
                "@ answered 'GET \(path)' with more than \(path == "/v2/" ? "50kB" : "100kB"), which is more than hook reads",
                from: { $0.path == path ? .endless(chunk) : nil }
            ) {
                _ = try await $0.manifest(.tag("v1"), in: "a")
            }
        }
        // A body that is announced is not even begun.
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/manifests/v1' with more than 100kB, which is more than hook reads",
            from: { request in
                guard request.path == "/v2/a/manifests/v1" else { return nil }
                return ScriptedAnswer([.send(ScriptedAnswer.head(200, [("Content-Length", "1000000000000")])), .fallSilent])
            }
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
    }

    @Test func silenceEndsInTime() async throws {
        var limits = Self.limits
        limits.question = .milliseconds(50)
        try await expect(
            .timeout,
            "@ did not answer 'GET /v2/' within 0 seconds; see whether it is overloaded",
            limits: limits,
            from: { _ in .silence }
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
    }

    @Test func manifestsThatMakeNoSenseAreRefused() async throws {
        func document(_ text: String) -> Answers {
            { $0.path == "/v2/" ? nil : .whole(text, fields: [("Content-Type", MediaType.ociIndex)]) }
        }
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/manifests/v1' with 'sha256:../x' where a digest belongs",
            from: document(#"{"manifests":[{"digest":"sha256:../x"}]}"#)
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
        let deep = String(repeating: "[", count: 40_000)
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/manifests/v1' with something that is not the document expected (40kB)",
            from: document(deep)
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
    }

    // MARK: Redirections

    @Test func credentialsDoNotFollowToAnotherHost() async throws {
        let blob = Self.image.blobs[0]
        try await ScriptedServer.withOne(on: .loopback, answer: { _ in .whole(Array(blob)) }) { elsewhere async throws in
            let port = elsewhere.port
            try await withRegistry(configuration: #"{"auths":{"REGISTRY":{"username":"ann","password":"secret-4711"}}}"#) { request in
                guard request.header("Authorization") != nil else {
                    return .whole("", status: 401, fields: [("WWW-Authenticate", "Basic")])
                }
                if request.path == "/v2/a/blobs/here" { return nil }
                return .whole("", status: 307, fields: [("Location", "http://127.0.0.1:\(port)/store?signature=secret")])
            } body: { client, server, _ async throws in
                let descriptor = RegistryDescriptor(
                    digest: TestContent.digest(blob),
                    mediaType: "application/vnd.oci.image.config.v1+json"
                )
                #expect(try await client.configuration(descriptor, in: "a")?.created == Timestamp(rfc3339: "2026-01-02T03:04:05Z"))
                #expect(server.requests.last?.header("Authorization") != nil)
                #expect(elsewhere.requests.map(\.target) == ["/store?signature=secret"])
                #expect(elsewhere.requests.map { $0.header("Authorization") } == [nil])
            }
        }
    }

    /// Another server may not say where credentials go, neither for this request nor for those after it.
    @Test func anotherHostDoesNotSayHowToAsk() async throws {
        let realm: @Sendable (ScriptedRequest) -> ScriptedAnswer = { request in
            guard request.path != "/token" else { return .whole(#"{"token":"t"}"#) }
            let here = request.header("Host") ?? ""
            return .whole("", status: 401, fields: [("WWW-Authenticate", #"Bearer realm="http://\#(here)/token",service="s""#)])
        }
        for wantsPassword in [true, false] {
            try await ScriptedServer.withOne(on: .loopback, answer: realm) { elsewhere async throws in
                let port = elsewhere.port
                let secret = wantsPassword ? #""username":"ann","password":"secret-4711""# : #""identitytoken":"identity-4711""#
                try await withRegistry(configuration: #"{"auths":{"REGISTRY":{\#(secret)}}}"#) { request in
                    if wantsPassword, request.header("Authorization") == nil {
                        return .whole("", status: 401, fields: [("WWW-Authenticate", "Basic")])
                    }
                    if request.path == "/v2/a/tags/list" { return .whole(#"{"tags":["v1"]}"#) }
                    guard request.path != "/v2/" else { return nil }
                    return .whole("", status: 307, fields: [("Location", "http://127.0.0.1:\(port)/store")])
                } body: { client, server, _ async throws in
                    let error = await #expect(throws: RegistryError.self) { try await client.manifest(.tag("v1"), in: "a") }
                    #expect(error?.code == .unauthorized)
                    // What it said is not remembered either.
                    if !wantsPassword { #expect(try await client.tags(of: "a") == ["v1"]) }
                    #expect(!elsewhere.requests.isEmpty)
                    #expect(elsewhere.requests.allSatisfy { $0.target == "/store" && $0.header("Authorization") == nil && $0.body.isEmpty })
                    #expect(server.requests.allSatisfy { $0.header("Authorization")?.hasPrefix("Bearer") != true })
                }
            }
        }
    }

    @Test func redirectionsInACircleEnd() async throws {
        try await expect(
            .badAnswer,
            "@ redirected 'GET /v2/a/manifests/v1' more than 5 times",
            requests: 7,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 302, fields: [("Location", $0.target)]) }
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
    }

    @Test func aDeletionIsNotRedirected() async throws {
        try await expect(
            .badAnswer,
            "@ answered 'DELETE /v2/a/manifests/v1' with a redirection (307), which is not followed; use the address it leads to",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 307, fields: [("Location", "/v2/b/manifests/v1")]) }
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
    }

    // MARK: Patience

    @Test func aBusyRegistryIsAskedAgain() async throws {
        let count = Mutex(0)
        try await withRegistry { request in
            guard request.path != "/v2/" else { return nil }
            switch count.withLock({
                $0 += 1; return $0
            }) {
            case 1: return .whole("", status: 429, fields: [("Retry-After", "7")])
            case 2: return .whole("", status: 503, fields: [("Retry-After", "Sun, 01 Nov 2026 08:00:09 GMT")])
            case 3: return .whole("", status: 502)
            default: return .whole(#"{"tags":["v1"]}"#)
            }
        } body: { client, _, connections async throws in
            #expect(try await client.tags(of: "a") == ["v1"])
            let pauses = connections.pauses
            #expect(pauses.count == 3)
            #expect(pauses.prefix(2) == [.seconds(7), .seconds(9)])
            #expect(pauses.last.map { (.milliseconds(1000)...(.milliseconds(2000))).contains($0) } == true)
        }
    }

    @Test func patienceEnds() async throws {
        try await expect(
            .busy,
            "@ was too busy for 'GET /v2/a/tags/list' (429); try again later, or ask it less at a time",
            requests: 6,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 429) }
        ) {
            _ = try await $0.tags(of: "a")
        }
        try await expect(
            .busy,
            "@ was too busy for 'GET /v2/a/tags/list' (503) and asked for 1h of patience; try again later, or ask it less at a time",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 503, fields: [("Retry-After", "3600")]) }
        ) {
            _ = try await $0.tags(of: "a")
        }
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with 500: the disk is gone",
            requests: 6,
            from: { $0.path == "/v2/" ? nil : .whole("the disk is gone", status: 500) }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    /// What it was decided on is old after a pause, so whoever decides looks again.
    @Test func aDeletionThatIsTurnedAwayIsNotSentAgain() async throws {
        for status in [429, 503] {
            try await withRegistry { request in
                request.method == "DELETE" ? .whole("", status: status, fields: [("Retry-After", "7")]) : nil
            } body: { client, server, connections async throws in
                await #expect(
                    throws: RegistryError(
                        .turnedAway,
                        "the registry '\(client.name)' was too busy for 'DELETE /v2/a/manifests/v1' (\(status)); try again later, or ask it less at a time"
                    )
                ) {
                    try await client.deleteTag("v1", in: "a")
                }
                #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
                #expect(connections.pauses == [.seconds(7)])
            }
        }
        try await expect(
            .busy,
            "@ was too busy for 'DELETE /v2/a/manifests/v1' (429) and asked for 1h of patience; try again later, or ask it less at a time",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 429, fields: [("Retry-After", "3600")]) }
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
    }

    @Test func whatIsNotThereMayBeDeletedAgain() async throws {
        let count = Mutex(0)
        try await withRegistry { request in
            guard request.method == "DELETE" else { return nil }
            let number = count.withLock {
                $0 += 1; return $0
            }
            return .whole("", status: number == 1 ? 429 : 404)
        } body: { client, _, connections async throws in
            #expect(try await client.deletionSupport(in: "a") == .tags)
            #expect(connections.pauses.count == 1)
        }
    }

    /// A proxy that lets no deletion through may say that nothing is there.
    @Test func aDeletionIsNotBelievedToHaveFoundNothing() async throws {
        let digest = Self.image.digest
        let answers: Answers = { request in
            switch request.method {
            case "DELETE": .whole("404 page not found", status: 404)
            case "HEAD": ScriptedAnswer([.send(ScriptedAnswer.head(200, [("Docker-Content-Digest", "\(digest)")]))])
            default: nil
            }
        }
        try await expect(
            .unsupported,
            "@ answered 'DELETE /v2/a/manifests/v1' with 404, and has it all the same",
            requests: 3,
            from: answers
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
        try await expect(
            .unsupported,
            "@ answered 'DELETE /v2/a/manifests/\(digest)' with 404, and has it all the same",
            requests: 3,
            from: answers
        ) {
            try await $0.deleteManifest(digest, in: "a")
        }
        try await withRegistry { request in
            request.path == "/v2/" ? nil : ScriptedAnswer([.send(ScriptedAnswer.head(404, [("Content-Length", "0")]))])
        } body: { client, _, _ async throws in
            #expect(try await client.deleteTag("v1", in: "a") == .absent)
        }
    }

    @Test func aDeletionOfUnknownOutcomeIsNotSentAgain() async throws {
        try await expect(
            .badAnswer,
            "@ closed the connection before its answer to 'DELETE /v2/a/manifests/v1' was whole; whether it was carried out is not known",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .hangUp }
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
        try await expect(
            .badAnswer,
            "@ answered 'DELETE /v2/a/manifests/v1' with 502: no reason given",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 502) }
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
    }

    @Test func onlySoManyRequestsRunAtATime() async throws {
        var limits = Self.limits
        limits.parallelRequests = 3
        let running = Mutex((now: 0, most: 0))
        try await withRegistry(limits: limits) { request in
            guard request.path != "/v2/" else { return nil }
            running.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            await Task.yield()
            running.withLock { $0.now -= 1 }
            return .whole(#"{"tags":["v1"]}"#)
        } body: { client, server, _ async throws in
            try await withThrowingTaskGroup { group in
                for number in 0..<60 { group.addTask { _ = try await client.tags(of: "a\(number)") } }
                try await group.waitForAll()
            }
            #expect(running.withLock { $0.most } <= 3)
            #expect(server.requests.count == 61)
        }
    }

    // MARK: What is deleted

    @Test func aRegistryWithoutAnAPIForReferrersIsAskedForItOnce() async throws {
        let absent = Self.image.digest
        try await withRegistry { request in
            request.path.contains("/referrers/") || request.path.contains("/manifests/") ? .whole("404 page not found", status: 404) : nil
        } body: { client, server, _ async throws in
            let tag = "sha256-\(absent.hex)"
            #expect(try await client.referrers(of: absent, in: "a") == [])
            #expect(try await client.referrers(of: absent, in: "a", knowing: ["v1"]) == [])
            #expect(try await client.referrers(of: absent, in: "a", knowing: ["v1", tag]) == [])
            #expect(
                server.requests.map(\.target) == [
                    "/v2/", "/v2/a/referrers/\(absent)", "/v2/a/manifests/\(tag)", "/v2/a/manifests/\(tag)",
                ]
            )
        }
    }

    @Test(arguments: [(404, RegistryDeletionSupport.tags), (202, .tags), (400, .manifests), (405, .manifests)])
    func whatIsDeletedIsToldByWhatIsNotThere(_ status: Int, _ expected: RegistryDeletionSupport) async throws {
        try await withRegistry { request in
            guard request.method == "DELETE" else { return nil }
            return .whole("", status: request.path.contains("sha256:") ? 404 : status)
        } body: { client, server, _ async throws in
            #expect(try await client.deletionSupport(in: "a") == expected)
            #expect(
                server.requests.filter { $0.method == "DELETE" }.allSatisfy { $0.path.contains("hook-asks-") || $0.path.hasSuffix("0000") }
            )
        }
    }

    @Test func aTokenServerWithoutTLSGetsNoCredentials() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        let authority = try await certificates.makeAuthority("ca")
        let pair = try await certificates.makeCertificate("server", authority: "ca", names: "IP:127.0.0.1")
        let files = ScriptedServer.Certificates(certificate: pair.certificate, key: pair.key)
        try await ScriptedServer.withOne(on: .loopback, certificates: files) { _ in
            .whole("", status: 401, fields: [("WWW-Authenticate", #"Bearer realm="http://tokens.invalid/token",service="s""#)])
        } body: { server async throws in
            try await TestConnections.withOne { connections async throws in
                await #expect(
                    throws: RegistryError(
                        .configuration,
                        "the registry '127.0.0.1:\(server.port)' names the token server 'tokens.invalid' without TLS, so no credentials are sent there"
                    )
                ) {
                    try await connections.client("https://127.0.0.1:\(server.port)", authority: authority).ping()
                }
            }
        }
    }
}
