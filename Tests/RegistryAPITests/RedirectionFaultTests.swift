import HookKit
import HookTesting
import RegistryAPI
import Testing

/// Answers that send hook elsewhere.
@Suite struct RedirectionFaultTests: RegistryFaultSuite {
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
}
