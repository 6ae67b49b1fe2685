import DockerEngine
import HookKit
import HookTesting
import Testing

/// Connections with certificates, made by openssl for each test.
@Suite struct TLSTests {
    private let directory: TemporaryDirectory

    init() async throws {
        directory = try TemporaryDirectory()
        try await makeAuthority("ca")
        try await makeCertificate("server", authority: "ca", names: "DNS:localhost,IP:127.0.0.1")
        try await makeCertificate("client", authority: "ca", names: "DNS:client")
    }

    private func openssl(_ arguments: String...) async throws {
        let outcome = try await runProcess(["openssl"] + arguments, directory: directory.path)
        try #require(outcome.exitCode == 0, "\(outcome)")
    }

    private func makeAuthority(_ name: String) async throws {
        try await openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=\(name)",
            "-keyout",
            "\(name).key",
            "-out",
            "\(name).pem"
        )
    }

    private func makeCertificate(_ name: String, authority: String, names: String) async throws {
        try await openssl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=\(name)",
            "-keyout",
            "\(name).key",
            "-out",
            "\(name).csr"
        )
        try directory.write("subjectAltName=\(names)\n", to: "\(name).ext")
        try await openssl(
            "x509",
            "-req",
            "-in",
            "\(name).csr",
            "-CA",
            "\(authority).pem",
            "-CAkey",
            "\(authority).key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "\(name).ext",
            "-out",
            "\(name).pem"
        )
    }

    private var server: ScriptedServer.Certificates {
        ScriptedServer.Certificates(
            certificate: directory["server.pem"],
            key: directory["server.key"],
            clientAuthority: directory["ca.pem"]
        )
    }

    private func tls(authority: String? = "ca", client: String? = "client", verification: EngineTLS.Verification = .full) -> EngineTLS {
        EngineTLS(
            authority: authority.map { directory["\($0).pem"] },
            certificate: client.map { directory["\($0).pem"] },
            key: client.map { directory["\($0).key"] },
            verification: verification
        )
    }

    /// Asks a server for its images; `@` in an expected message stands for `the engine at <endpoint>`.
    private func ask(
        _ certificates: ScriptedServer.Certificates?,
        host: String = "127.0.0.1",
        tls: EngineTLS?,
        failing expected: EngineError? = nil
    ) async throws {
        try await ScriptedServer.withOne(on: .loopback, certificates: certificates) { request in
            request.target == "/_ping" ? ScriptedEngine.ping() : .whole("[]")
        } body: { server async throws in
            let endpoint = EngineEndpoint(address: .tcp(host: host, port: server.port), tls: tls)
            let client = try DockerEngineClient(endpoint: endpoint, access: .readOnly, limits: ScriptedEngine.patient)
            let result = await Result { try await client.images(.current) }
            await client.shutdown()
            guard let expected else {
                #expect(try result.get().isEmpty)
                return
            }
            let error = #expect(throws: EngineError.self) { try result.get() }
            #expect(error?.code == expected.code)
            #expect(error?.description == expected.description.replacing("@", with: "the engine at \(endpoint)"))
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost"]) func anEngineWithCertificatesIsReached(_ host: String) async throws {
        try await ask(server, host: host, tls: tls())
    }

    @Test func anEngineThatAsksForNoCertificateIsReached() async throws {
        let open = ScriptedServer.Certificates(certificate: directory["server.pem"], key: directory["server.key"])
        try await ask(open, tls: tls(client: nil))
    }

    @Test func anEngineOfAnotherAuthorityIsRefused() async throws {
        try await makeAuthority("other")
        try await ask(
            server,
            tls: tls(authority: "other"),
            failing: EngineError(
                .configuration,
                "@ cannot be reached for 'GET /_ping': its certificate does not come from the expected authority; check ca.pem (DOCKER_CERT_PATH)"
            )
        )
    }

    @Test func anEngineOfAnotherAuthorityIsReachedWhereNothingIsVerified() async throws {
        try await makeAuthority("other")
        try await ask(server, tls: tls(authority: "other", verification: .none))
    }

    @Test func aCertificateForAnotherHostIsRefused() async throws {
        try await makeCertificate("elsewhere", authority: "ca", names: "DNS:elsewhere.local")
        let elsewhere = ScriptedServer.Certificates(certificate: directory["elsewhere.pem"], key: directory["elsewhere.key"])
        try await ask(
            elsewhere,
            tls: tls(),
            failing: EngineError(
                .configuration,
                "@ cannot be reached for 'GET /_ping': its certificate was not made for '127.0.0.1'; use the name that it was made for"
            )
        )
    }

    @Test func aClientWithoutACertificateIsTold() async throws {
        try await ask(
            server,
            tls: tls(client: nil),
            failing: EngineError(
                .configuration,
                "@ cannot be reached for 'GET /_ping': it refuses this client's certificate; check cert.pem and key.pem (DOCKER_CERT_PATH)"
            )
        )
    }

    @Test func aClientWithACertificateOfAnotherAuthorityIsTold() async throws {
        try await makeAuthority("other")
        try await makeCertificate("stranger", authority: "other", names: "DNS:stranger")
        try await ask(
            server,
            tls: tls(client: "stranger"),
            failing: EngineError(
                .configuration,
                "@ cannot be reached for 'GET /_ping': it refuses this client's certificate; check cert.pem and key.pem (DOCKER_CERT_PATH)"
            )
        )
    }

    @Test func anEngineThatSpeaksNoTLSIsNamed() async throws {
        try await ask(
            nil,
            tls: tls(),
            failing: EngineError(
                .configuration,
                "@ cannot be reached for 'GET /_ping': it closed the connection before TLS stood; "
                    + "use the port on which it speaks TLS (usually 2376)"
            )
        )
    }

    @Test func plainHTTPToAnEngineThatSpeaksTLSIsTold() async throws {
        try await ask(
            server,
            tls: nil,
            failing: EngineError(
                .badAnswer,
                "@ closed the connection before its answer to 'GET /_ping' was whole; if it expects TLS, set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
            )
        )
    }

    /// A server written in Go, such as Docker, says it in plain text.
    @Test func plainHTTPToDockersTLSIsTold() async throws {
        let answer = ScriptedAnswer.text("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
        try await ScriptedServer.withOne(on: .loopback, answer: { _ in answer }) { server async throws in
            let endpoint = EngineEndpoint(address: .tcp(host: "127.0.0.1", port: server.port))
            let client = try DockerEngineClient(endpoint: endpoint, access: .readOnly, limits: ScriptedEngine.patient)
            await #expect(
                throws: EngineError(
                    .configuration,
                    "the engine at \(endpoint) answered 'GET /_ping' with 400: Client sent an HTTP request to an HTTPS server; "
                        + "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
                )
            ) {
                try await client.images(.current)
            }
            await client.shutdown()
        }
    }

    @Test func filesThatAreNoCertificatesAreNamedBeforeAnythingIsSent() async throws {
        let empty = try directory.write("", to: "empty.pem")
        func expect(_ tls: EngineTLS, _ message: String) {
            #expect(throws: EngineError(.configuration, message)) {
                _ = try DockerEngineClient(
                    endpoint: EngineEndpoint(address: .tcp(host: "a", port: 1), tls: tls),
                    access: .readOnly,
                    limits: ScriptedEngine.patient
                )
            }
        }
        let (certificate, key) = (directory["client.pem"], directory["client.key"])
        expect(
            EngineTLS(authority: empty, certificate: nil, key: nil, verification: .full),
            "'\(empty)' cannot be read as certificates in PEM"
        )
        expect(
            EngineTLS(authority: nil, certificate: key, key: key, verification: .full),
            "'\(key)' cannot be read as certificates in PEM"
        )
        expect(
            EngineTLS(authority: nil, certificate: certificate, key: certificate, verification: .full),
            "'\(certificate)' holds no private key that can be used; docker's key.pem is one in PEM without a passphrase"
        )
    }
}

extension Result where Failure == any Error {
    /// The outcome of something that may throw.
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
