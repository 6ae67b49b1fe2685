import HookKit
import HookTesting
import OCI
import Testing

@testable import RegistryAPI

/// Registries behind a forward proxy, named as docker takes it from the environment.
@Suite struct ProxyTests {
    private static let credentials = "ann:p@ss word"
    /// `ann:p@ss word` in base 64.
    private static let authorization = "Basic YW5uOnBAc3Mgd29yZA=="

    @Test(.enabled(if: RealRegistry.isThere)) func aRegistryWithTLSIsReadAndChangedThroughATunnel() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        let authority = try await certificates.makeAuthority("ca")
        let pair = try await certificates.makeCertificate("server", authority: "ca", names: "DNS:registry.invalid")
        try await RealRegistry.withOne(RealRegistry.Setup(certificate: pair)) { registry async throws in
            let content = TestContent.image()
            try await registry.push(content, to: "shop/api", tag: "v1")
            try await ForwardProxy.withOne(to: registry.port, authorization: Self.authorization) { proxy async throws in
                let environment = ["HTTPS_PROXY": "http://ann:p%40ss%20word@127.0.0.1:\(proxy.port)/"]
                try await TestConnections.withOne(environment: environment) { connections async throws in
                    let client = try connections.client("registry.invalid:\(registry.port)", authority: authority)
                    #expect(try await client.tags(of: "shop/api") == ["v1"])
                    #expect(try await client.manifest(.tag("v1"), in: "shop/api")?.digest == content.digest)
                    #expect(try await client.deleteManifest(content.digest, in: "shop/api") == .deleted)
                    #expect(try await client.tags(of: "shop/api") == [])
                }
                let tunnel = "CONNECT registry.invalid:\(registry.port) HTTP/1.1 \(Self.authorization)"
                #expect(Set(proxy.requests) == [tunnel])
            }
        }
    }

    @Test(.enabled(if: RealRegistry.isThere)) func aRegistryWithoutTLSIsReadThroughATunnelOfItsOwnVariable() async throws {
        try await RealRegistry.withOne { registry async throws in
            try await registry.push(TestContent.image(), to: "shop/api", tag: "v1")
            try await ForwardProxy.withOne(to: registry.port) { proxy async throws in
                let environment = ["http_proxy": "127.0.0.1:\(proxy.port)", "HTTPS_PROXY": "http://127.0.0.1:1"]
                try await TestConnections.withOne(environment: environment) { connections async throws in
                    let client = try connections.client("http://registry.invalid:5000")
                    #expect(try await client.tags(of: "shop/api") == ["v1"])
                    // Loopback is never asked through a proxy, and neither is what is excepted.
                    let straight = try connections.client("http://\(registry.name)")
                    #expect(try await straight.tags(of: "shop/api") == ["v1"])
                }
                #expect(Set(proxy.requests) == ["CONNECT registry.invalid:5000 HTTP/1.1"])
            }
        }
    }

    /// Expects an error of a registry that is asked through a proxy; `PORT` in the message stands for the proxy's.
    private func expect(
        _ code: RegistryError.Code,
        _ message: String,
        proxy: String = "http://127.0.0.1:PORT",
        from answer: ScriptedAnswer? = nil
    ) async throws {
        func check(_ port: Int) async throws {
            let environment = ["HTTPS_PROXY": proxy.replacing("PORT", with: "\(port)")]
            try await TestConnections.withOne(environment: environment) { connections async throws in
                let error = await #expect(throws: RegistryError.self) {
                    try await connections.client("registry.invalid").repositories()
                }
                #expect(error?.code == code)
                #expect(error?.description == message.replacing("PORT", with: "\(port)"))
            }
        }
        var port = 0
        try await ScriptedServer.withOne(on: .loopback, answer: { _ in answer ?? .hangUp }) { server async throws in
            port = server.port
            if answer != nil { try await check(port) }
        }
        // It listens no more.
        if answer == nil { try await check(port) }
    }

    /// That the proxy does not run says nothing of the registry: `refused` would mean that nobody pushes to it.
    @Test func aProxyThatIsDownSaysNothingOfTheRegistry() async throws {
        try await expect(
            .unreachable,
            "the registry 'registry.invalid' cannot be reached for 'GET /v2/' through the proxy '127.0.0.1:PORT': "
                + "the proxy refused the connection; see whether it runs, and check 'HTTPS_PROXY'"
        )
    }

    @Test func aProxyThatRefusesIsNamed() async throws {
        let reach = "the registry 'registry.invalid' cannot be reached for 'GET /v2/' through the proxy '127.0.0.1:PORT': "
        try await expect(
            .unreachable,
            "\(reach)it makes no connection to 'registry.invalid:443'; see whether it may, or put the host into 'NO_PROXY'",
            from: .whole("no", status: 403)
        )
        try await expect(
            .configuration,
            "\(reach)it wants a name and a password; write them into 'HTTPS_PROXY' (http://name:password@127.0.0.1:PORT)",
            from: .whole("", status: 407)
        )
        try await expect(
            .configuration,
            "\(reach)it wants another name or password; write them into 'HTTPS_PROXY' (http://name:password@127.0.0.1:PORT)",
            proxy: "http://ann:secret-4711@127.0.0.1:PORT",
            from: .whole("", status: 407)
        )
    }

    @Test(arguments: [
        "https://ann:secret-4711@proxy.invalid", "socks5://proxy.invalid:1080", "http://", "http://ann:%zz@proxy.invalid", "a b",
        "http://proxy.invalid:99999",
    ])
    func aProxyThatCannotBeUsedIsRefusedWithoutItsPassword(_ proxy: String) async throws {
        try await expect(
            .configuration,
            "the proxy in 'HTTPS_PROXY' cannot be used: write it as 'http://proxy.local:3128', with 'name:password@' before the host where it wants them",
            proxy: proxy
        )
        // Where it is not needed it does not matter.
        let surroundings = RegistrySurroundings(environment: ["HTTPS_PROXY": proxy, "NO_PROXY": "*"], homeDirectory: "/")
        let address = try #require(WebAddress("https://registry.invalid/"))
        #expect(try RegistryProxies(surroundings).proxy(for: address) == nil)
    }

    @Test(arguments: [
        ("", "registry.local:5000", false), (" , ", "registry.local:5000", false), ("*", "registry.local:5000", true),
        ("registry.local", "registry.local:5000", true), ("LOCAL", "registry.local:5000", true), ("local", "mylocal:5000", false),
        (".local", "registry.local:5000", true), (".registry.local", "registry.local:5000", false),
        ("*.local", "registry.local:5000", true), ("*.local", "local:5000", false), ("a, registry.local", "registry.local:5000", true),
        ("registry.local:5000", "registry.local:5000", true), ("registry.local:443", "registry.local:5000", false),
        ("registry.local:x", "registry.local:5000", false), (".local:5000", "registry.local:5000", true),
        ("10.1.2.3", "10.1.2.3:5000", true), ("10.1.2.3", "10.1.2.33:5000", false), ("10.1.2.3:80", "10.1.2.3:5000", false),
        ("10.0.0.0/8", "10.1.2.3:5000", true), ("10.0.0.0/8", "11.1.2.3:5000", false), ("10.1.2.0/23", "10.1.3.3:5000", true),
        ("10.1.2.0/23", "10.1.4.3:5000", false), ("0.0.0.0/0", "9.9.9.9:5000", true), ("0.0.0.0/0", "registry.local:5000", false),
        ("10.0.0.0/33", "10.1.2.3:5000", false), ("2.3", "10.1.2.3:5000", false), ("fd00::/8", "[fd00::1]:5000", true),
        ("fd00::1", "[fd00::1]:5000", true), ("[fd00::1]:5000", "[fd00::1]:5000", true), ("[fd00::1]:80", "[fd00::1]:5000", false),
        ("fe80::/10", "[fd00::1]:5000", false), ("", "127.0.0.1:5000", true), ("", "localhost:5000", true), ("", "[::1]:5000", true),
    ]) func exceptionsAreReadAsDockerReadsThem(_ list: String, _ host: String, _ isStraight: Bool) throws {
        let address = try #require(WebAddress("https://\(host)/"))
        for name in ["NO_PROXY", "no_proxy"] {
            let surroundings = RegistrySurroundings(environment: ["https_proxy": "proxy.local", name: list], homeDirectory: "/")
            let proxy = try RegistryProxies(surroundings).proxy(for: address)
            #expect((proxy == nil) == isStraight)
            if let proxy { #expect(proxy.place == "proxy.local:80") }
        }
    }
}
