import Foundation
import HookKit
import HookTesting
import OCI
import RegistryAPI
import Testing

/// Who asks, shown to a real registry in every way that docker knows.
@Suite(.enabled(if: RealRegistry.isThere)) struct AuthenticationTests {
    private static func basic(_ user: String = RealRegistry.user, _ password: String = RealRegistry.password) -> String {
        Data("\(user):\(password)".utf8).base64EncodedString()
    }

    private func withUser(_ body: (RealRegistry) async throws -> Void) async throws {
        try await RealRegistry.withOne(RealRegistry.Setup(hasUser: true)) { registry async throws in
            try await registry.push(.image(), to: "shop/api", tag: "v1")
            try await body(registry)
        }
    }

    private func expectTags(
        of registry: RealRegistry,
        configuration: String? = nil,
        environment: [String: String] = [:],
        fails message: String? = nil,
        code: RegistryError.Code = .unauthorized
    ) async throws {
        try await TestConnections.withOne(configuration: configuration, environment: environment) { connections async throws in
            let client = try connections.client(registry.name)
            if let message {
                await #expect(throws: RegistryError(code, message)) { try await client.tags(of: "shop/api") }
            } else {
                #expect(try await client.tags(of: "shop/api") == ["v1"])
            }
        }
    }

    @Test func aUserIsFoundInDockersConfiguration() async throws {
        try await withUser { registry async throws in
            try await expectTags(of: registry, configuration: #"{"auths":{"\#(registry.name)":{"auth":"\#(Self.basic())"}}}"#)
            // As old versions wrote it.
            try await expectTags(of: registry, configuration: #"{"auths":{"https://\#(registry.name)/v1/":{"auth":"\#(Self.basic())"}}}"#)
            try await expectTags(
                of: registry,
                configuration: #"{"auths":{"\#(registry.name)":{"username":"ann","password":"\#(RealRegistry.password)"}}}"#
            )
        }
    }

    @Test func aUserIsFoundInTheEnvironment() async throws {
        try await withUser { registry async throws in
            let text = #"{"auths":{"\#(registry.name)":{"auth":"\#(Self.basic())"}}}"#
            try await expectTags(of: registry, environment: ["DOCKER_AUTH_CONFIG": text])
            let gitlab = ["CI_REGISTRY": registry.name, "CI_REGISTRY_USER": "ann", "CI_REGISTRY_PASSWORD": RealRegistry.password]
            try await expectTags(of: registry, environment: gitlab)
            // They are for one registry, and go to no other.
            try await expectTags(
                of: registry,
                environment: gitlab.merging(["CI_REGISTRY": "registry.gitlab.com"]) { $1 },
                fails: "the registry '\(registry.name)' wants credentials, and none for it were found; run: docker login \(registry.name)"
            )
        }
    }

    @Test func aHelperIsAskedAndWinsOverTheFile() async throws {
        try await withUser { registry async throws in
            let directory = try TemporaryDirectory()
            let script = """
                #!/bin/sh
                [ "$1" = get ] && [ "$(cat)" = "\(registry.name)" ] || { echo "credentials not found in native keychain"; exit 1; }
                echo '{"ServerURL":"\(registry.name)","Username":"ann","Secret":"\(RealRegistry.password)"}'
                """
            try directory.write(script, to: "docker-credential-safe", mode: 0o755)
            try directory.write("#!/bin/sh\necho 'the keychain is locked'\nexit 1\n", to: "docker-credential-locked", mode: 0o755)
            try directory.write("#!/bin/sh\necho 'not JSON: \(RealRegistry.password)'\n", to: "docker-credential-strange", mode: 0o755)
            let path = ["PATH": "\(directory.path):/usr/bin:/bin"]
            let wrong = #""auths":{"\#(registry.name)":{"auth":"\#(Self.basic("ann", "wrong"))"}}"#
            try await expectTags(of: registry, configuration: #"{"credsStore":"safe",\#(wrong)}"#, environment: path)
            try await expectTags(
                of: registry,
                configuration: #"{"credsStore":"locked","credHelpers":{"\#(registry.name)":"safe"},\#(wrong)}"#,
                environment: path
            )
            // A helper that keeps nothing for this registry leaves the word to the file.
            try await expectTags(
                of: registry,
                configuration: #"{"credHelpers":{"other.local":"locked"},"auths":{"\#(registry.name)":{"auth":"\#(Self.basic())"}}}"#,
                environment: path
            )
            try await expectTags(
                of: registry,
                configuration: #"{"credsStore":"locked"}"#,
                environment: path,
                fails: "'docker-credential-locked get' failed for '\(registry.name)': the keychain is locked; "
                    + "repair it, or remove it from docker's configuration",
                code: .configuration
            )
            try await expectTags(
                of: registry,
                configuration: #"{"credsStore":"strange"}"#,
                environment: path,
                fails: "'docker-credential-strange get' answered for '\(registry.name)' with something that is no credential",
                code: .configuration
            )
            try await expectTags(
                of: registry,
                configuration: #"{"credsStore":"missing"}"#,
                environment: path,
                fails:
                    "docker's configuration names a credential helper: cannot run 'docker-credential-missing': there is no such program in PATH",
                code: .configuration
            )
            try await expectTags(
                of: registry,
                configuration: #"{"credsStore":"../evil"}"#,
                environment: path,
                fails: "docker's configuration names the credential helper '../evil', which is no name of a program",
                code: .configuration
            )
        }
    }

    @Test func aWrongPasswordIsSaidAndNotShown() async throws {
        try await withUser { registry async throws in
            let start = "the registry '\(registry.name)' "
            try await expectTags(
                of: registry,
                configuration: #"{"auths":{"\#(registry.name)":{"auth":"\#(Self.basic("ann", "not-the-password"))"}}}"#,
                fails: start + "answered 'GET /v2/shop/api/tags/list' with 401: UNAUTHORIZED: authentication required; "
                    + "the password of 'ann' was not enough; run: docker login \(registry.name)"
            )
            try await expectTags(
                of: registry,
                fails: start + "wants credentials, and none for it were found; run: docker login \(registry.name)"
            )
        }
    }

    @Test func aConfigurationThatDockerDidNotWriteIsNamed() async throws {
        try await withUser { registry async throws in
            try await TestConnections.withOne(configuration: #"{"auths": "secret"}"#) { connections async throws in
                let file = connections.directory[".docker/config.json"]
                await #expect(throws: RegistryError(.configuration, "'\(file)' is not what `docker login` writes; repair it")) {
                    try await connections.client(registry.name).tags(of: "shop/api")
                }
            }
            try await TestConnections.withOne(configuration: #"{"auths":{"\#(registry.name)":{"auth":"c2VjcmV0"}}}"#) {
                connections async throws in
                let file = connections.directory[".docker/config.json"]
                await #expect(
                    throws: RegistryError(
                        .configuration,
                        "what '\(file)' holds for '\(registry.name)' is no name and password; run: docker login \(registry.name)"
                    )
                ) {
                    try await connections.client(registry.name).tags(of: "shop/api")
                }
            }
        }
    }

    // MARK: TLS

    @Test func aRegistryWithItsOwnAuthorityIsReached() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        let authority = try await certificates.makeAuthority("ca")
        let pair = try await certificates.makeCertificate("server", authority: "ca", names: "DNS:localhost,IP:127.0.0.1")
        try await RealRegistry.withOne(RealRegistry.Setup(hasUser: true, certificate: pair)) { registry async throws in
            try await registry.push(.image(), to: "shop/api", tag: "v1")
            let configuration = #"{"auths":{"\#(registry.name)":{"auth":"\#(Self.basic())"}}}"#
            try await TestConnections.withOne(configuration: configuration) { connections async throws in
                let named = try connections.client(registry.name, authority: authority)
                #expect(try await named.tags(of: "shop/api") == ["v1"])
                await #expect(
                    throws: RegistryError(
                        .configuration,
                        "the registry '\(registry.name)' cannot be reached for 'GET /v2/': its certificate does not come from an authority that "
                            + "is trusted; name the authority's file in 'ca', or put it into docker's certs.d/\(registry.name)/ca.crt"
                    )
                ) {
                    try await connections.client(registry.name).tags(of: "shop/api")
                }
                try connections.directory.write(
                    String(contentsOfFile: authority, encoding: .utf8),
                    to: "root/etc/docker/certs.d/\(registry.name)/ca.crt"
                )
                let found = try connections.client("https://\(registry.name)")
                #expect(try await found.tags(of: "shop/api") == ["v1"])
                // What is named as plain is not tried with TLS; Go says so in plain text.
                await #expect(
                    throws: RegistryError(
                        .badAnswer,
                        "the registry '\(registry.name)' answered 'GET /v2/' with 400: Client sent an HTTP request to an HTTPS server"
                    )
                ) {
                    try await connections.client("http://\(registry.name)").tags(of: "shop/api")
                }
            }
        }
    }

    @Test func aCertificateForAnotherHostIsRefused() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        let authority = try await certificates.makeAuthority("ca")
        let pair = try await certificates.makeCertificate("server", authority: "ca", names: "DNS:elsewhere.local")
        try await RealRegistry.withOne(RealRegistry.Setup(certificate: pair)) { registry async throws in
            try await TestConnections.withOne { connections async throws in
                await #expect(
                    throws: RegistryError(
                        .configuration,
                        "the registry '\(registry.name)' cannot be reached for 'GET /v2/': its certificate was not made for '127.0.0.1'; "
                            + "use the name that it was made for"
                    )
                ) {
                    try await connections.client(registry.name, authority: authority).ping()
                }
            }
        }
    }

    @Test func certificateFilesAreReadBeforeAnythingIsSent() async throws {
        try await TestConnections.withOne { connections async throws in
            let empty = try connections.directory.write("", to: "empty.pem")
            #expect(throws: RegistryError(.configuration, "'\(empty)' cannot be read as certificates in PEM")) {
                try connections.client("registry.local", authority: empty)
            }
            let folder = "root/etc/docker/certs.d/other.local:5000"
            try connections.directory.write("", to: "\(folder)/client.cert")
            #expect(
                throws: RegistryError(
                    .configuration,
                    "'\(connections.directory[folder])' holds 'client.cert' without 'client.key'; "
                        + "a registry that wants a client's certificate needs both"
                )
            ) {
                try connections.client("other.local:5000")
            }
        }
    }

    // MARK: Tokens

    @Test func tokensAreFetchedForEachRepositoryOnce() async throws {
        try await TokenServer.withOne { tokens async throws in
            try await RealRegistry.withOne(RealRegistry.Setup(authentication: tokens.configuration)) { registry async throws in
                let image = TestContent.image()
                for name in ["shop/api", "shop/web"] {
                    try await registry.push(image, to: name, tag: "v1", bearer: tokens.token(name))
                }
                let configuration = #"{"auths":{"\#(registry.name)":{"auth":"\#(Self.basic())"}}}"#
                try await TestConnections.withOne(configuration: configuration) { connections async throws in
                    let client = try connections.client(registry.name)
                    #expect(try await client.repositories() == ["shop/api", "shop/web"])
                    try await withThrowingTaskGroup { group in
                        for name in ["shop/api", "shop/web"] {
                            for _ in 0..<10 {
                                group.addTask { () async throws in
                                    #expect(try await client.descriptor(of: .tag("v1"), in: name)?.digest == image.digest)
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    #expect(try await client.deleteManifest(image.digest, in: "shop/api") == .deleted)
                    #expect(try await client.tags(of: "shop/api") == [])
                }
                let asked = tokens.server.requests.map { String($0.target.drop { $0 != "?" }) }
                #expect(
                    asked.sorted() == [
                        "?service=tests&scope=registry%3Acatalog%3A%2A&account=ann",
                        "?service=tests&scope=repository%3Ashop%2Fapi%3Adelete&account=ann",
                        "?service=tests&scope=repository%3Ashop%2Fapi%3Apull&account=ann",
                        "?service=tests&scope=repository%3Ashop%2Fweb%3Apull&account=ann",
                    ]
                )
            }
        }
    }

    @Test func anIdentityTokenBuysTokens() async throws {
        try await TokenServer.withOne { tokens async throws in
            try await RealRegistry.withOne(RealRegistry.Setup(authentication: tokens.configuration)) { registry async throws in
                try await registry.push(.image(), to: "shop/api", tag: "v1", bearer: tokens.token("shop/api"))
                try await expectTags(of: registry, configuration: #"{"auths":{"\#(registry.name)":{"identitytoken":"identity-4711"}}}"#)
                #expect(tokens.server.requests.map(\.method) == ["POST"])
                #expect(tokens.server.requests.map(\.target) == ["/token"])
            }
        }
    }

    @Test func whoShowsNothingReadsWhatIsPublic() async throws {
        try await TokenServer.withOne { tokens async throws in
            try await RealRegistry.withOne(RealRegistry.Setup(authentication: tokens.configuration)) { registry async throws in
                try await registry.push(.image(), to: "public/base", tag: "v1", bearer: tokens.token("public/base"))
                try await TestConnections.withOne { connections async throws in
                    let client = try connections.client(registry.name)
                    #expect(try await client.tags(of: "public/base") == ["v1"])
                    await #expect(
                        throws: RegistryError(
                            .unauthorized,
                            "the registry '\(registry.name)' answered 'GET /v2/shop/api/tags/list' with 401: UNAUTHORIZED: authentication required; "
                                + "no credentials for it were found; run: docker login \(registry.name)"
                        )
                    ) {
                        try await client.tags(of: "shop/api")
                    }
                }
            }
        }
    }

    @Test func aTokenServerThatRefusesIsNamed() async throws {
        try await TokenServer.withOne { tokens async throws in
            try await RealRegistry.withOne(RealRegistry.Setup(authentication: tokens.configuration)) { registry async throws in
                try await expectTags(
                    of: registry,
                    configuration: #"{"auths":{"\#(registry.name)":{"auth":"\#(Self.basic("ann", "not-the-password"))"}}}"#,
                    fails: "the token server '127.0.0.1:\(tokens.server.port)' of the registry '\(registry.name)' answered 401: "
                        + #"{"details":"incorrect username or password"}; the password of 'ann' was not enough; run: docker login \#(registry.name)"#
                )
            }
        }
    }
}
