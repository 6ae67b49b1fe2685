import HookKit
import HookTesting
import RegistryAPI
import Synchronization
import Testing

/// Registries that cannot be reached, are none, or do not keep a secret.
@Suite struct ConnectionFaultTests: RegistryFaultSuite {
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
