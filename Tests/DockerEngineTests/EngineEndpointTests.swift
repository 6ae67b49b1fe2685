import DockerEngine
import HookKit
import HookTesting
import Testing

@Suite struct EngineEndpointTests {
    // MARK: What is typed

    struct Typed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var host: String? = "unix:///srv/podman.sock"
        var environment: [String: String] = [:]
        let expected: String
    }

    static let typed: [Typed] = [
        Typed(testDescription: "nobody names one", host: nil, expected: "docker"),
        Typed(testDescription: "DOCKER_HOST alone", host: nil, environment: ["DOCKER_HOST": "tcp://build1"], expected: "docker"),
        Typed(testDescription: "the pipeline file alone", expected: "docker -H unix:///srv/podman.sock"),
        Typed(testDescription: "the default", host: "unix://@/var/run/docker.sock", expected: "docker"),
        Typed(
            testDescription: "another in DOCKER_HOST",
            environment: ["DOCKER_HOST": "unix:///var/run/docker.sock"],
            expected: "docker -H unix:///srv/podman.sock"
        ),
        Typed(testDescription: "the same in DOCKER_HOST", environment: ["DOCKER_HOST": "unix:///srv/podman.sock"], expected: "docker"),
        Typed(
            testDescription: "the same with another text",
            host: "build1",
            environment: ["DOCKER_HOST": "tcp://build1:2375"],
            expected: "docker"
        ),
        Typed(
            testDescription: "the default while a context is chosen",
            host: "unix://@/var/run/docker.sock",
            environment: ["DOCKER_CONTEXT": "remote"],
            expected: "docker -H unix://@/var/run/docker.sock"
        ),
        Typed(
            testDescription: "the same in a context",
            host: "tcp://remote:2375",
            environment: ["DOCKER_CONTEXT": "remote"],
            expected: "docker"
        ),
        Typed(
            testDescription: "a context that is not there",
            environment: ["DOCKER_CONTEXT": "nowhere"],
            expected: "docker -H unix:///srv/podman.sock"
        ),
        Typed(
            testDescription: "a path that a shell would cut",
            host: "unix:///srv/my engine",
            expected: "docker -H 'unix:///srv/my engine'"
        ),
        Typed(
            testDescription: "TLS by the environment",
            host: "tcp://build1",
            environment: ["DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "@/certificates"],
            expected: "docker -H tcp://build1:2376"
        ),
        Typed(
            testDescription: "TLS by the address",
            host: "https://build1",
            environment: ["DOCKER_CERT_PATH": "@/certificates"],
            expected: "docker --tlsverify -H tcp://build1:443"
        ),
        Typed(testDescription: "TLS by the address without an authority", host: "https://build1", expected: "docker -H tcp://build1:443"),
    ]

    /// What is printed for a person to type reaches the engine that hook spoke with.
    @Test(arguments: typed) func whatIsTypedReachesTheEngine(_ example: Typed) throws {
        let root = try TemporaryDirectory()
        try root.write("certificate", to: "certificates/ca.pem")
        try root.write(
            #"{"Name":"remote","Endpoints":{"docker":{"Host":"tcp://remote:2375"}}}"#,
            to: "home/.docker/contexts/meta/1/meta.json"
        )
        func placed(_ text: String) -> String { text.replacing("@", with: root.path) }
        let surroundings = EngineSurroundings(
            environment: example.environment.mapValues(placed),
            homeDirectory: root["home"],
            rootDirectory: root.path
        )
        let endpoint = try EngineEndpoint.find(host: example.host.map(placed), in: surroundings)
        #expect(endpoint.docker == placed(example.expected))
    }

    // MARK: Where the engine is

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var host: String?
        var environment: [String: String] = [:]
        /// Sockets to make, below the root or the home directory.
        var sockets: [String] = []
        /// The endpoint; `@` stands for the root of the test's file system.
        let expected: String
        var origin = EngineEndpoint.Origin.pipeline
    }

    static let cases: [Case] = [
        Case(testDescription: "an explicit socket", host: "unix:///srv/engine.sock", expected: "unix:///srv/engine.sock"),
        Case(
            testDescription: "an explicit host wins over the environment",
            host: "tcp://build1:2375",
            environment: ["DOCKER_HOST": "unix:///other.sock", "DOCKER_CONTEXT": "nowhere"],
            expected: "tcp://build1:2375"
        ),
        Case(
            testDescription: "DOCKER_HOST wins over DOCKER_CONTEXT",
            environment: ["DOCKER_HOST": " unix:///other.sock\n", "DOCKER_CONTEXT": "nowhere"],
            expected: "unix:///other.sock",
            origin: .dockerHost
        ),
        Case(testDescription: "a host without a scheme is TCP", host: "build1:1234", expected: "tcp://build1:1234"),
        Case(testDescription: "a host without a port", host: "tcp://build1", expected: "tcp://build1:2375"),
        Case(testDescription: "a port without a host", host: "tcp://:2375", expected: "tcp://127.0.0.1:2375"),
        Case(testDescription: "an IPv6 address", host: "tcp://[::1]:2375", expected: "tcp://[::1]:2375"),
        Case(testDescription: "an IPv6 address without a port", host: "tcp://[fe80::1]", expected: "tcp://[fe80::1]:2375"),
        Case(testDescription: "http", host: "http://proxy.local", expected: "tcp://proxy.local:80"),
        Case(testDescription: "a path behind a proxy", host: "https://proxy.local/docker/", expected: "tcp://proxy.local:443/docker"),
        Case(
            testDescription: "the usual socket",
            sockets: ["@/var/run/docker.sock", "@/run/podman/podman.sock"],
            expected: "unix://@/var/run/docker.sock",
            origin: .usualSocket
        ),
        Case(
            testDescription: "an empty DOCKER_HOST is none",
            environment: ["DOCKER_HOST": "", "DOCKER_CONTEXT": ""],
            sockets: ["@/var/run/docker.sock"],
            expected: "unix://@/var/run/docker.sock",
            origin: .usualSocket
        ),
        Case(
            testDescription: "the context 'default' is the usual socket",
            environment: ["DOCKER_CONTEXT": "default"],
            sockets: ["@/var/run/docker.sock"],
            expected: "unix://@/var/run/docker.sock",
            origin: .usualSocket
        ),
        Case(
            testDescription: "Docker without root",
            environment: ["XDG_RUNTIME_DIR": "@/run/user/7"],
            sockets: ["@/run/user/7/docker.sock", "@/home/.docker/run/docker.sock", "@/run/podman/podman.sock"],
            expected: "unix://@/run/user/7/docker.sock",
            origin: .usualSocket
        ),
        Case(
            testDescription: "Docker Desktop",
            environment: ["XDG_RUNTIME_DIR": "@/run/user/7"],
            sockets: ["@/home/.docker/run/docker.sock", "@/run/user/7/podman/podman.sock"],
            expected: "unix://@/home/.docker/run/docker.sock",
            origin: .usualSocket
        ),
        Case(
            testDescription: "Podman without root",
            environment: ["XDG_RUNTIME_DIR": "@/run/user/7"],
            sockets: ["@/run/user/7/podman/podman.sock", "@/run/podman/podman.sock"],
            expected: "unix://@/run/user/7/podman/podman.sock",
            origin: .usualSocket
        ),
        Case(
            testDescription: "Podman",
            sockets: ["@/run/podman/podman.sock"],
            expected: "unix://@/run/podman/podman.sock",
            origin: .usualSocket
        ),
        Case(testDescription: "nothing there", expected: "unix://@/var/run/docker.sock", origin: .usualSocket),
    ]

    @Test(arguments: cases) func isFoundAsDockerFindsIt(_ test: Case) throws {
        let root = try TemporaryDirectory()
        for socket in test.sockets { try root.write("", to: String(socket.dropFirst(2))) }
        let surroundings = EngineSurroundings(
            environment: test.environment.mapValues { $0.replacing("@", with: root.path) },
            homeDirectory: root["home"],
            rootDirectory: root.path
        )
        let endpoint = try EngineEndpoint.find(host: test.host, in: surroundings)
        #expect(endpoint.description == test.expected.replacing("@", with: root.path))
        #expect(endpoint.origin == test.origin)
        #expect(endpoint.tls == (test.host?.hasPrefix("https") == true ? .system : nil))
    }

    @Test func aDirectoryInPlaceOfASocketIsPassedOver() throws {
        let root = try TemporaryDirectory()
        try root.makeDirectory("var/run/docker.sock")
        try root.write("", to: "run/podman/podman.sock")
        let surroundings = EngineSurroundings(environment: [:], homeDirectory: root["home"], rootDirectory: root.path)
        #expect(try EngineEndpoint.find(host: nil, in: surroundings).description == "unix://\(root["run/podman/podman.sock"])")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let host: String
        let message: String
        var environment: [String: String] = [:]
        var testDescription: String { host }
    }

    static let refusals: [Refusal] = [
        Refusal(
            host: "ssh://ops@build1:2222",
            message: "the docker host 'ssh://ops@build1:2222' leads over ssh, which hook does not speak; forward the socket with "
                + "`ssh -fNL /tmp/docker-remote.sock:/var/run/docker.sock -p 2222 ops@build1` and set DOCKER_HOST=unix:///tmp/docker-remote.sock"
        ),
        Refusal(
            host: "ssh://$(reboot)",
            message: "the docker host 'ssh://$(reboot)' leads over ssh, which hook does not speak; forward the socket with "
                + "`ssh -fNL /tmp/docker-remote.sock:/var/run/docker.sock USER@HOST` and set DOCKER_HOST=unix:///tmp/docker-remote.sock"
        ),
        Refusal(
            host: "npipe:////./pipe/docker_engine",
            message: "the docker host 'npipe:////./pipe/docker_engine' is of a kind that hook does not know; "
                + "unix://, tcp://, http:// and https:// are what it can reach"
        ),
        Refusal(
            host: "unix://docker.sock",
            message: "the docker host 'unix://docker.sock' has no absolute path; write it as 'unix:///var/run/docker.sock'"
        ),
        Refusal(
            host: "/var/run/docker.sock",
            message: "the docker host '/var/run/docker.sock' names no kind of connection; did you mean 'unix:///var/run/docker.sock'?"
        ),
        Refusal(host: "tcp://", message: "the docker host 'tcp://' names no host"),
        Refusal(host: "", message: "the docker host '' names no host"),
        Refusal(host: "tcp://a:b", message: "the docker host 'tcp://a:b' has no port between 1 and 65535 behind its colon"),
        Refusal(host: "tcp://a:", message: "the docker host 'tcp://a:' has no port between 1 and 65535 behind its colon"),
        Refusal(host: "tcp://a:70000", message: "the docker host 'tcp://a:70000' has no port between 1 and 65535 behind its colon"),
        Refusal(host: "tcp://a:+5", message: "the docker host 'tcp://a:+5' has no port between 1 and 65535 behind its colon"),
        Refusal(host: "tcp://a b", message: "the docker host 'tcp://a b' has a host name with characters that have no place there"),
        Refusal(host: "tcp://[::1", message: "the docker host 'tcp://[::1' has an opening bracket without a closing one"),
        Refusal(host: "tcp://[x]:1", message: "the docker host 'tcp://[x]:1' has no IPv6 address between its brackets"),
        Refusal(host: "tcp://[::1]1", message: "the docker host 'tcp://[::1]1' has something between the address and the port"),
        Refusal(
            host: "tcp://me:secret@a",
            message: "the docker host 'tcp://me:secret@a' holds a user name; an engine knows its users by certificates alone"
        ),
        Refusal(host: "tcp://a/../b", message: "the docker host 'tcp://a/../b' has a path with characters that have no place there"),
        Refusal(
            host: "http://a",
            message: "the docker host 'http://a' asks for plain HTTP while DOCKER_TLS_VERIFY or DOCKER_TLS asks for TLS; unset one of them",
            environment: ["DOCKER_TLS": "1"]
        ),
    ]

    @Test(arguments: refusals) func aHostThatCannotBeReachedIsRefusedInOneSentence(_ test: Refusal) throws {
        let surroundings = EngineSurroundings(environment: test.environment, homeDirectory: "/nonexistent")
        #expect(throws: EngineError(.configuration, test.message)) { try EngineEndpoint.find(host: test.host, in: surroundings) }
    }

    @Test func aMessageSaysThatDockerHostIsWrong() throws {
        let surroundings = EngineSurroundings(environment: ["DOCKER_HOST": "unix://"], homeDirectory: "/nonexistent")
        #expect(
            throws: EngineError(.configuration, "DOCKER_HOST 'unix://' has no absolute path; write it as 'unix:///var/run/docker.sock'")
        ) {
            try EngineEndpoint.find(host: nil, in: surroundings)
        }
    }

    // MARK: TLS

    @Test func certificatesComeFromDockerCertPath() throws {
        let home = try TemporaryDirectory()
        for name in ["ca.pem", "cert.pem", "key.pem"] { try home.write("", to: "certs/\(name)") }
        let environment = ["DOCKER_TLS_VERIFY": "0", "DOCKER_CERT_PATH": home["certs"], "DOCKER_HOST": "tcp://build1"]
        let endpoint = try EngineEndpoint.find(host: nil, in: EngineSurroundings(environment: environment, homeDirectory: home.path))
        #expect(endpoint.description == "tcp://build1:2376")
        #expect(
            endpoint.tls
                == EngineTLS(
                    authority: home["certs/ca.pem"],
                    certificate: home["certs/cert.pem"],
                    key: home["certs/key.pem"],
                    verification: .full
                )
        )
    }

    @Test func certificatesLieInDockersDirectoryOtherwise() throws {
        let home = try TemporaryDirectory()
        try home.write("", to: ".docker/ca.pem")
        let environment = ["DOCKER_TLS_VERIFY": "1"]
        let endpoint = try EngineEndpoint.find(
            host: "tcp://build1",
            in: EngineSurroundings(environment: environment, homeDirectory: home.path)
        )
        #expect(endpoint.tls == EngineTLS(authority: home[".docker/ca.pem"], certificate: nil, key: nil, verification: .full))
    }

    @Test func dockerTLSAloneDoesNotVerify() throws {
        let home = try TemporaryDirectory()
        let surroundings = EngineSurroundings(environment: ["DOCKER_TLS": "1", "DOCKER_CONFIG": home.path], homeDirectory: "/nonexistent")
        let endpoint = try EngineEndpoint.find(host: "tcp://build1", in: surroundings)
        #expect(endpoint.tls == EngineTLS(authority: nil, certificate: nil, key: nil, verification: .none))
    }

    @Test func aSocketHasNoTLS() throws {
        let surroundings = EngineSurroundings(environment: ["DOCKER_TLS_VERIFY": "1"], homeDirectory: "/nonexistent")
        #expect(try EngineEndpoint.find(host: "unix:///a.sock", in: surroundings).tls == nil)
    }

    @Test func verifyingNeedsAnAuthority() throws {
        let surroundings = EngineSurroundings(
            environment: ["DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/nonexistent/certs"],
            homeDirectory: "/nonexistent"
        )
        let message =
            "DOCKER_TLS_VERIFY is set, but there is no '/nonexistent/certs/ca.pem' to verify the engine with; "
            + "set DOCKER_CERT_PATH to the directory of ca.pem, cert.pem and key.pem"
        #expect(throws: EngineError(.configuration, message)) { try EngineEndpoint.find(host: "tcp://build1", in: surroundings) }
    }

    @Test func aCertificateNeedsItsKey() throws {
        let home = try TemporaryDirectory()
        for name in ["ca.pem", "cert.pem"] { try home.write("", to: name) }
        let surroundings = EngineSurroundings(
            environment: ["DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": home.path],
            homeDirectory: "/nonexistent"
        )
        let message = "'\(home.path)' holds cert.pem without key.pem; the engine's client needs both, or neither"
        #expect(throws: EngineError(.configuration, message)) { try EngineEndpoint.find(host: "tcp://build1", in: surroundings) }
    }
}

extension EngineTLS {
    /// TLS with the system's authorities and no certificate of the client's own.
    static let system = EngineTLS(authority: nil, certificate: nil, key: nil, verification: .full)
}
