import HookKit
import HookTesting
import NIOCore
import OCI
import Testing

@testable import DockerEngine

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What becomes of an engine that is not there, does not answer, or answers what no engine should.
@Suite struct EngineFaultTests {
    private static let advice = "; see whether it is overloaded or stuck (its log says), or set DOCKER_HOST to another one"

    /// Expects that listing images fails with one sentence; `@` stands for `the engine at <endpoint>`.
    private func expect(
        _ code: EngineError.Code,
        _ message: String,
        from engine: ScriptedEngine,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await #expect(
            throws: EngineError(code, message.replacing("@", with: "the engine at \(engine.endpoint)")),
            sourceLocation: sourceLocation
        ) {
            try await engine.client.images(.current)
        }
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: ScriptedAnswer
        var code = EngineError.Code.badAnswer
        let message: String
    }

    static let faults: [Fault] = [
        Fault(
            testDescription: "HTTP 500 with a message",
            answer: .whole("{\"message\":\"layer does not exist:\\n\\t0xdead\\u0007\"}", status: 500),
            message: "@ answered 'GET /v1.41/images/json' with 500: layer does not exist: 0xdead"
        ),
        Fault(
            testDescription: "HTTP 500 with nothing",
            answer: .whole("", status: 500),
            message: "@ answered 'GET /v1.41/images/json' with 500: no reason given"
        ),
        Fault(
            testDescription: "HTTP 502 with a page",
            answer: .whole("<!doctype html>\n<HTML><body>Bad gateway</body></HTML>", status: 502),
            message: "@ answered 'GET /v1.41/images/json' with 502: an HTML page; is a proxy or another program in the engine's place?"
        ),
        Fault(
            testDescription: "a plugin that does not authorize",
            answer: .whole(#"{"message":"authorization denied by plugin casbin"}"#, status: 403),
            message: "@ answered 'GET /v1.41/images/json' with 403: authorization denied by plugin casbin; "
                + "the engine's authorization plugin, or a proxy before it, has to allow this"
        ),
        Fault(
            testDescription: "a client that is too old",
            answer: .whole(#"{"message":"client version 1.51 is too old. Minimum supported API version is 1.60"}"#, status: 400),
            code: .unsupported,
            message: "@ answered 'GET /v1.41/images/json' with 400: "
                + "client version 1.51 is too old. Minimum supported API version is 1.60; update hook or the engine"
        ),
        Fault(
            testDescription: "a proxy that allows no listing",
            answer: .whole("", status: 405),
            code: .unsupported,
            message: "@ answered 'GET /v1.41/images/json' with 405: no reason given"
        ),
        Fault(
            testDescription: "a redirection",
            answer: .whole("", status: 301, fields: [("Location", "http://elsewhere/")]),
            message: "@ answered 'GET /v1.41/images/json' with 301: no reason given"
        ),
        Fault(
            testDescription: "half a document",
            answer: .whole(#"[{"Id":"sha256:"#),
            message: "@ answered 'GET /v1.41/images/json' with something that is no whole JSON document (15B)"
        ),
        Fault(
            testDescription: "no document",
            answer: .whole(""),
            message: "@ answered 'GET /v1.41/images/json' with nothing where JSON was expected"
        ),
        Fault(
            testDescription: "a document of another form",
            answer: .whole(#"{"images":[]}"#),
            message: "@ answered 'GET /v1.41/images/json' with a value of another type"
        ),
        Fault(
            testDescription: "a document nested 100,000 levels deep",
            answer: .whole(String(repeating: "[", count: 100_000)),
            message: "@ answered 'GET /v1.41/images/json' with something that is no whole JSON document (100kB)"
        ),
        Fault(
            testDescription: "half an answer",
            answer: .text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]"),
            message: "@ answered 'GET /v1.41/images/json' with something that is not HTTP, or only half of it"
        ),
        Fault(
            testDescription: "something that is not HTTP",
            answer: .text("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
            message: "@ answered 'GET /v1.41/images/json' with something that is not HTTP, or only half of it"
        ),
        Fault(
            testDescription: "the end of the connection",
            answer: .hangUp,
            message: "@ closed the connection before its answer to 'GET /v1.41/images/json' was whole"
        ),
    ]

    @Test(arguments: faults) func aStrangeAnswerIsSaidInOneSentence(_ fault: Fault) async throws {
        try await ScriptedEngine.withOne(always: fault.answer) { engine async throws in
            await expect(fault.code, fault.message, from: engine)
        }
    }

    @Test func silenceEndsAtTheLimit() async throws {
        var limits = EngineLimits()
        limits.question = .seconds(1)
        try await ScriptedEngine.withOne(limits: limits, always: .silence) { engine async throws in
            await expect(.timeout, "@ did not answer 'GET /v1.41/images/json' within 1 second\(Self.advice)", from: engine)
        }
    }

    @Test func silenceInTheMiddleOfAnAnswerEndsAtTheLimit() async throws {
        var limits = EngineLimits()
        limits.question = .seconds(1)
        let answer = ScriptedAnswer([.send(ScriptedAnswer.head(200, [("Content-Length", "100")]) + Array("[".utf8)), .fallSilent])
        try await ScriptedEngine.withOne(limits: limits, always: answer) { engine async throws in
            await expect(.timeout, "@ did not answer 'GET /v1.41/images/json' within 1 second\(Self.advice)", from: engine)
        }
    }

    @Test func silenceBeforeTheFirstWordEndsAtTheLimit() async throws {
        var limits = EngineLimits()
        limits.introduction = .seconds(1)
        try await ScriptedEngine.withOne(limits: limits, answers: { _ in .silence }) { engine async throws in
            await expect(.timeout, "@ did not answer 'GET /_ping' within 1 second\(Self.advice)", from: engine)
        }
    }

    @Test func anAnswerWithoutAnEndIsGivenUp() async throws {
        var limits = EngineLimits()
        limits.answerSize = 1_000_000
        try await ScriptedEngine.withOne(limits: limits, always: .endless([UInt8](repeating: 32, count: 10_000))) { engine async throws in
            await expect(.badAnswer, "@ answered 'GET /v1.41/images/json' with more than 1MB, which is more than hook reads", from: engine)
        }
    }

    // MARK: Nobody there

    private func expect(_ code: EngineError.Code, _ message: String, at endpoint: EngineEndpoint) async throws {
        let client = try DockerEngineClient(endpoint: endpoint, access: .readWrite)
        await #expect(throws: EngineError(code, message)) { try await client.identity }
        await client.shutdown()
    }

    @Test func aSocketThatIsNotThereIsNamed() async throws {
        try await expect(
            .unreachable,
            "the engine at unix:///nonexistent/docker.sock (DOCKER_HOST) cannot be reached for 'GET /_ping': "
                + "there is no such socket; start the engine, or set DOCKER_HOST to where it listens",
            at: EngineEndpoint(address: .unixSocket(path: "/nonexistent/docker.sock"), origin: .dockerHost)
        )
    }

    @Test func aSocketThatNobodyListensOnIsNamed() async throws {
        try await TemporaryDirectory.withOne { directory in
            // An engine that was killed leaves its socket behind.
            let path = directory["docker.sock"]
            try bindWithoutListening(path)
            try await expect(
                .unreachable,
                "the engine at unix://\(path) (the default) cannot be reached for 'GET /_ping': "
                    + "the socket is there, but nobody listens on it; start the engine",
                at: EngineEndpoint(address: .unixSocket(path: path), origin: .usualSocket)
            )
        }
    }

    @Test func aFileOrADirectoryInPlaceOfASocketIsNamed() async throws {
        try await TemporaryDirectory.withOne { directory in
            let path = try directory.write("", to: "docker.sock")
            try await expect(
                .unreachable,
                "the engine at unix://\(path) cannot be reached for 'GET /_ping': what lies there is no socket; set DOCKER_HOST to where the engine listens",
                at: EngineEndpoint(address: .unixSocket(path: path))
            )
            try directory.makeDirectory("run/docker.sock")
            try await expect(
                .unreachable,
                "the engine at unix://\(directory["run/docker.sock"]) cannot be reached for 'GET /_ping': "
                    + "a directory lies there, and no socket; remove it and start the engine, or set DOCKER_HOST to where it listens",
                at: EngineEndpoint(address: .unixSocket(path: directory["run/docker.sock"]))
            )
            try directory.write("", to: "run/docker.sock/file")
            try await expect(
                .unreachable,
                "the engine at unix://\(directory["run/docker.sock"]) cannot be reached for 'GET /_ping': "
                    + "a directory lies there, and no socket; set DOCKER_HOST to where the engine listens",
                at: EngineEndpoint(address: .unixSocket(path: directory["run/docker.sock"]))
            )
        }
    }

    @Test func aPathThatIsTooLongForASocketIsNamed() async throws {
        let path = "/" + String(repeating: "a", count: 200)
        try await expect(
            .unreachable,
            "the engine at unix://\(path) cannot be reached for 'GET /_ping': "
                + "the path of a socket has at most 107 bytes; name it by a shorter one, such as a symbolic link to its directory",
            at: EngineEndpoint(address: .unixSocket(path: path))
        )
    }

    @Test func aPortThatNobodyListensOnIsNamed() async throws {
        let port = try await ScriptedServer.withOne(on: .loopback, answer: { _ in .silence }, body: { $0.port })
        try await expect(
            .unreachable,
            "the engine at tcp://127.0.0.1:\(port) (docker context 'remote') cannot be reached for 'GET /_ping': "
                + "connection refused; start the engine, or check the port and the engine's `hosts`",
            at: EngineEndpoint(address: .tcp(host: "127.0.0.1", port: port), origin: .context("remote"))
        )
    }

    struct SystemFailure: Sendable {
        let code: CInt
        let address: EngineEndpoint.Address
        let reason: String
    }

    /// What a test that runs as root, on one machine, cannot bring about.
    @Test(arguments: [
        SystemFailure(
            code: EACCES,
            address: .unixSocket(path: "/var/run/docker.sock"),
            reason: #"permission denied; add this user to the socket's group (`sudo usermod -aG docker "$USER"`, then log in again), "#
                + "or set DOCKER_HOST to an engine of this user"
        ),
        SystemFailure(
            code: EPROTOTYPE,
            address: .unixSocket(path: "/var/run/docker.sock"),
            reason: "what lies there is no stream socket; set DOCKER_HOST to where the engine listens"
        ),
        SystemFailure(
            code: EHOSTUNREACH,
            address: .tcp(host: "::1", port: 1),
            reason: "there is no route to it; check the address and the network"
        ),
        SystemFailure(code: ENETDOWN, address: .tcp(host: "::1", port: 1), reason: "Network is down; check the address"),
    ])
    func whatTheSystemReportsIsSaid(_ failure: SystemFailure) async throws {
        let endpoint = EngineEndpoint(address: failure.address)
        let client = try DockerEngineClient(endpoint: endpoint, access: .readOnly)
        let error = client.transport.failure(
            of: .get("/_ping", limit: .seconds(1)),
            IOError(errnoCode: failure.code, reason: "connect")
        )
        await client.shutdown()
        #expect(
            error as? EngineError
                == EngineError(.unreachable, "the engine at \(endpoint) cannot be reached for 'GET /_ping': \(failure.reason)")
        )
    }

    /// Whether an engine that hangs up is seen as an end or as a reset depends on which of both sides was faster.
    @Test(arguments: [ECONNRESET, EPIPE]) func aConnectionThatIsResetWasClosedByTheEngine(code: CInt) async throws {
        let endpoint = EngineEndpoint(address: .unixSocket(path: "/var/run/docker.sock"))
        let client = try DockerEngineClient(endpoint: endpoint, access: .readOnly)
        let error = client.transport.failure(of: .delete("/images/a", limit: .seconds(1)), IOError(errnoCode: code, reason: "write"))
        await client.shutdown()
        let message =
            "the engine at \(endpoint) closed the connection before its answer to 'DELETE /images/a' was whole; "
            + "whether it was carried out is not known"
        #expect(error as? EngineError == EngineError(.unknownOutcome, message))
    }

    /// What `@` answers to a removal, after which it may have been carried out.
    static let unclearAnswers: [Fault] = [
        Fault(
            testDescription: "the end of the connection",
            answer: .hangUp,
            message:
                "@ closed the connection before its answer to 'DELETE /v1.41/images/#' was whole; whether it was carried out is not known"
        ),
        Fault(
            testDescription: "half an answer",
            answer: .text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]"),
            message: "@ answered 'DELETE /v1.41/images/#' with something that is not HTTP, or only half of it; "
                + "whether it was carried out is not known"
        ),
        Fault(
            testDescription: "an answer without an end",
            answer: .endless([UInt8](repeating: 32, count: 10_000)),
            message: "@ answered 'DELETE /v1.41/images/#' with more than 1MB, which is more than hook reads; "
                + "whether it was carried out is not known"
        ),
        Fault(
            testDescription: "half a document",
            answer: .whole(#"[{"Untagged":"#),
            message: "@ answered 'DELETE /v1.41/images/#' with something that is no whole JSON document (13B); "
                + "whether it was carried out is not known"
        ),
        Fault(
            testDescription: "a proxy that waited too long",
            answer: .whole("", status: 504),
            message: "@ answered 'DELETE /v1.41/images/#' with 504: no reason given; whether it was carried out is not known"
        ),
    ]

    @Test(arguments: unclearAnswers) func aChangeWithoutAnAnswerHasAnUnknownOutcome(_ fault: Fault) async throws {
        var limits = EngineLimits()
        limits.answerSize = 1_000_000
        let id = try #require(Digest("sha256:" + String(repeating: "a", count: 64)))
        try await ScriptedEngine.withOne(limits: limits, always: fault.answer) { engine async throws in
            let message = fault.message.replacing("@", with: "the engine at \(engine.endpoint)").replacing("#", with: id.description)
            await #expect(throws: EngineError(.unknownOutcome, message)) { try await engine.client.removeImage(id) }
            #expect(engine.asked.count == 1)
        }
    }

    @Test func aChangeThatIsBrokenOffByTheEndOfAllConnectionsHasAnUnknownOutcome() async throws {
        let arrival = Signal()
        let id = try #require(Digest("sha256:" + String(repeating: "a", count: 64)))
        try await ScriptedEngine.withOne { request in
            guard request.method == "DELETE" else { return nil }
            await arrival.send()
            return .silence
        } body: { engine async throws in
            let removal = Task { try await engine.client.removeImage(id) }
            await arrival.wait()
            await engine.client.shutdown()
            let message =
                "hook closed the connection before the engine at \(engine.endpoint) answered 'DELETE /v1.41/images/\(id)'; "
                + "whether it was carried out is not known"
            await #expect(throws: EngineError(.unknownOutcome, message)) { try await removal.value }
        }
    }

    @Test func aNameThatIsNoneIsNamed() async throws {
        try await expect(
            .unreachable,
            "the engine at tcp://engine.invalid:2375 cannot be reached for 'GET /_ping': the name 'engine.invalid' cannot be resolved; check it",
            at: EngineEndpoint(address: .tcp(host: "engine.invalid", port: 2375))
        )
    }

    // MARK: Something else there

    @Test func aWebServerIsNoEngine() async throws {
        try await ScriptedEngine.withOne(answers: { _ in .whole("<html>It works!</html>") }) { engine async throws in
            await expect(
                .badAnswer,
                "@ answered 'GET /_ping' without a version of the Docker Engine API; is it another program's address?",
                from: engine
            )
        }
    }

    @Test func anEngineThatIsUnwellSaysSo() async throws {
        let answer = ScriptedAnswer.whole(#"{"message":"containerd is gone"}"#, status: 500, fields: [("Api-Version", "1.41")])
        try await ScriptedEngine.withOne(answers: { _ in answer }) { engine async throws in
            await expect(.badAnswer, "@ answered 'GET /_ping' with 500: containerd is gone", from: engine)
        }
    }

    @Test func anEngineThatIsTooOldIsRefused() async throws {
        try await ScriptedEngine.withOne(version: "1.39", always: .whole("[]")) { engine async throws in
            await expect(
                .unsupported,
                "@ speaks version 1.39 of the Docker Engine API; the oldest that hook speaks is 1.40 (Docker 19.03), so update the engine",
                from: engine
            )
        }
    }

    @Test(arguments: ["1.x", "1", "", "1.41.2", "-1.41", "99999999999999999999.1"]) func aVersionThatIsNoneIsRefused(_ version: String)
        async throws
    {
        try await ScriptedEngine.withOne(version: version, always: .whole("[]")) { engine async throws in
            await expect(
                .badAnswer,
                "@ answered 'GET /_ping' without a version of the Docker Engine API; is it another program's address?",
                from: engine
            )
        }
    }

    @Test(arguments: [("1.40", "1.40"), ("1.41", "1.41"), ("1.51", "1.51"), ("1.52", "1.51"), ("2.0", "1.51")])
    func theNewestVersionThatBothKnowIsSpoken(offered: String, spoken: String) async throws {
        try await ScriptedEngine.withOne(version: offered, always: .whole("[]")) { engine async throws in
            #expect(try await engine.client.images(.current).isEmpty)
            #expect(engine.asked == ["GET /v\(spoken)/images/json?all=true"])
        }
    }
}

/// Makes a socket that nobody listens on: bind(2) without listen(2).
private func bindWithoutListening(_ path: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    try #require(result == 0)
}
