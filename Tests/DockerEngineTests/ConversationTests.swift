import DockerEngine
import HookKit
import HookTesting
import OCI
import Testing

/// How requests share connections, time and what was answered before.
@Suite struct ConversationTests {
    private static func id(_ number: Int) -> Digest {
        let hex = String(number, radix: 16)
        return Digest(algorithm: .sha256, hex: String(repeating: "0", count: 64 - hex.count) + hex)!
    }

    private static func listing(_ number: Int) -> ScriptedAnswer {
        .whole(#"[{"Created":1,"Id":"\#(id(number))","Size":7}]"#)
    }

    // MARK: Requests

    @Test func aRequestOverASocketNamesAHostThatGoAccepts() async throws {
        try await ScriptedEngine.withOne(always: .whole("[]")) { engine async throws in
            _ = try await engine.client.images(.current)
            #expect(engine.server.requests.map { $0.header("Host") } == ["docker", "docker"])
        }
    }

    @Test func aRequestOverTCPNamesItsHost() async throws {
        try await ScriptedServer.withOne(on: .loopback) { request in
            request.target == "/engine/_ping" ? ScriptedEngine.ping() : .whole("[]")
        } body: { server in
            let endpoint = EngineEndpoint(address: .tcp(host: "127.0.0.1", port: server.port), basePath: "/engine")
            let client = try DockerEngineClient(endpoint: endpoint, access: .readOnly)
            _ = try await client.images(.current)
            await client.shutdown()
            #expect(server.requests.map(\.target) == ["/engine/_ping", "/engine/v1.41/images/json?all=true"])
            #expect(server.requests.map { $0.header("Host") } == ["127.0.0.1:\(server.port)", "127.0.0.1:\(server.port)"])
        }
    }

    @Test func aSocketsPathMayHoldAnyCharacter() async throws {
        try await TemporaryDirectory.withOne { directory in
            let path = directory["é %2F?#[a]:@.sock"]
            try await ScriptedServer.withOne(on: .unixSocket(path: path)) { request in
                request.target == "/_ping" ? ScriptedEngine.ping() : .whole("[]")
            } body: { _ in
                let client = try DockerEngineClient(endpoint: EngineEndpoint(address: .unixSocket(path: path)), access: .readOnly)
                let images = try await client.images(.current)
                await client.shutdown()
                #expect(images.isEmpty)
            }
        }
    }

    /// On a machine that is busy the time between two questions may be long, and is not what these tests are about.
    private static let patient: EngineLimits = {
        var limits = EngineLimits()
        limits.idleConnection = .seconds(600)
        return limits
    }()

    @Test func connectionsAreKept() async throws {
        try await ScriptedEngine.withOne(limits: Self.patient, always: .whole("[]")) { engine async throws in
            for _ in 0..<20 { _ = try await engine.client.images(.current) }
            #expect(engine.server.requests.count == 21)
            #expect(engine.server.connectionCount == 1)
        }
    }

    @Test func manyQuestionsRunAFewAtATime() async throws {
        let ids = (0..<200).map(Self.id)
        let gauge = Gauge()
        try await ScriptedEngine.withOne(limits: Self.patient) { request in
            guard request.path.hasSuffix("/json") else { return nil }
            await gauge.enter()
            await Task.yield()
            await gauge.leave()
            return .whole(#"{"Id":"\#(request.path.dropFirst("/v1.41/images/".count).dropLast("/json".count))"}"#)
        } body: { engine async throws in
            #expect(Set(try await engine.client.inspectImages(ids).keys) == Set(ids))
            #expect(engine.asked.count == 200)
            #expect(engine.server.connectionCount <= 8)
            #expect(await gauge.highest <= 8)
        }
    }

    @Test func aQuestionOnAConnectionThatIsJustBeingClosedIsAskedAgain() async throws {
        let count = Counter()
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/images/json" else { return nil }
            return await count.next() == 0 ? .hangUp : .whole("[]")
        } body: { engine async throws in
            #expect(try await engine.client.images(.current).isEmpty)
            #expect(engine.asked == Array(repeating: "GET /v1.41/images/json?all=true", count: 2))
        }
    }

    @Test(arguments: [9, 10]) func podmansListingIsAskedForAgainWhereAnImageWentMeanwhile(failures: Int) async throws {
        let count = Counter()
        let failure = #"{"cause":"image not known","message":"retrieving label for image \"547e\": image not known","response":500}"#
        try await ScriptedEngine.withOne(libpod: "4.3.1") { request in
            guard request.path == "/v1.41/images/json" else { return nil }
            return await count.next() < failures ? .whole(failure, status: 500) : .whole("[]")
        } body: { engine async throws in
            guard failures == 10 else {
                #expect(try await engine.client.images(.current).isEmpty)
                return
            }
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) answered 'GET /v1.41/images/json' with 500: "
                        + "retrieving label for image \"547e\": image not known"
                )
            ) {
                try await engine.client.images(.current)
            }
            #expect(engine.asked.count == 10)
        }
    }

    @Test func aRemovalIsNeverSentTwice() async throws {
        let id = Self.id(1)
        try await ScriptedEngine.withOne(always: .hangUp) { engine async throws in
            await #expect(
                throws: EngineError(
                    .unknownOutcome,
                    "the engine at \(engine.endpoint) closed the connection before its answer to 'DELETE /v1.41/images/\(id)' was whole; "
                        + "whether it was carried out is not known"
                )
            ) {
                try await engine.client.removeImage(id)
            }
            #expect(engine.asked.count == 1)
        }
    }

    @Test func aRemovalThatTakesTooLongIsNotCalledFailed() async throws {
        let id = Self.id(1)
        var limits = EngineLimits()
        limits.removal = .seconds(1)
        try await ScriptedEngine.withOne(limits: limits, always: .silence) { engine async throws in
            await #expect(
                throws: EngineError(
                    .timeout,
                    "the engine at \(engine.endpoint) did not answer 'DELETE /v1.41/images/\(id)' within 1 second; "
                        + "whether it is still being carried out is not known, the engine's log says"
                )
            ) {
                try await engine.client.removeImage(id)
            }
        }
    }

    // MARK: Cancellation

    @Test func aQuestionEndsWithItsTask() async throws {
        let arrival = Signal()
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/images/json" else { return nil }
            await arrival.send()
            return .silence
        } body: { engine async throws in
            let task = Task { try await engine.client.images(.current) }
            await arrival.wait()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func aRemovalThatWasSentIsWaitedForAfterACancellation() async throws {
        let id = Self.id(1)
        let (arrival, cancelled) = (Signal(), Signal())
        try await ScriptedEngine.withOne { request in
            guard request.method == "DELETE" else { return nil }
            await arrival.send()
            await cancelled.wait()
            return .whole(#"[{"Deleted":"\#(id)"}]"#)
        } body: { engine async throws in
            let task = Task { try await engine.client.removeImage(id) }
            await arrival.wait()
            task.cancel()
            await cancelled.send()
            #expect(try await task.value == ImageRemoval(untagged: [], deleted: [id.description]))
        }
    }

    @Test func aRemovalThatWaitsForItsTurnIsNotSentAfterACancellation() async throws {
        let (first, second) = (Self.id(1), Self.id(2))
        let (arrival, release) = (Signal(), Signal())
        var limits = EngineLimits()
        limits.parallelRequests = 1
        try await ScriptedEngine.withOne(limits: limits) { request in
            guard request.method == "DELETE" else { return nil }
            await arrival.send()
            await release.wait()
            return .whole("[]")
        } body: { engine async throws in
            let running = Task { try await engine.client.removeImage(first) }
            await arrival.wait()
            let waiting = Task { try await engine.client.removeImage(second) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            await release.send()
            _ = try await running.value
            // The place that was given up is free.
            _ = try await engine.client.removeImage(first)
            #expect(engine.asked.map { $0.contains(second.hex) } == [false, false])
        }
    }

    // MARK: The shared listing

    @Test func observersShareAListing() async throws {
        let count = Counter()
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/images/json" else { return nil }
            return Self.listing(await count.next())
        } body: { engine async throws in
            #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(0)])
            #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(0)])
            #expect(try await engine.client.images(.current).map(\.id) == [Self.id(1)])
            #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(1)])
            engine.client.forgetListing()
            #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(2)])
        }
    }

    @Test func observersWhoAskAtTheSameTimeShareOneListing() async throws {
        let count = Counter()
        let (arrival, release) = (Signal(), Signal())
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/images/json" else { return nil }
            await arrival.send()
            await release.wait()
            return Self.listing(await count.next())
        } body: { engine async throws in
            async let first = engine.client.images(.sharedByObservers)
            await arrival.wait()
            async let second = engine.client.images(.sharedByObservers)
            await release.send()
            #expect(try await first.map(\.id) == [Self.id(0)])
            #expect(try await second.map(\.id) == [Self.id(0)])
            #expect(engine.asked == ["GET /v1.41/images/json?all=true"])
        }
    }

    @Test func aListingThatFailedIsAskedForAgain() async throws {
        let count = Counter()
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/images/json" else { return nil }
            let number = await count.next()
            return number == 0 ? .whole("[{", status: 200) : Self.listing(number)
        } body: { engine async throws in
            await #expect(throws: EngineError.self) { try await engine.client.images(.sharedByObservers) }
            #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(1)])
        }
    }

    @Test func everyChangeMakesTheListingOld() async throws {
        let count = Counter()
        let id = Self.id(99)
        let tag = try #require(ImageReference("shop/api:v1"))
        try await ScriptedEngine.withOne { request in
            if request.path == "/v1.41/images/json" { return Self.listing(await count.next()) }
            if request.path == "/v1.41/images/docker.io/shop/api:v1/json" { return .whole(#"{"Id":"\#(id)"}"#) }
            return request.target == "/_ping" ? nil : .whole(#"{"message":"no"}"#, status: 409)
        } body: { engine async throws in
            let changes: [() async throws -> Void] = [
                { _ = try await engine.client.removeImage(id) }, { _ = try await engine.client.removeTag(tag, of: id) },
                { try await engine.client.removeContainer("c") }, { try await engine.client.removeNetwork("n") },
                { try await engine.client.removeVolume("v") }, { _ = try await engine.client.removeBuildCache("b") },
            ]
            for (number, change) in changes.enumerated() {
                #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(number)])
                // A change that failed may have done something all the same.
                await #expect(throws: EngineError.self) { try await change() }
            }
            #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(6)])
        }
    }

    @Test func aListingThatWasAskedForBeforeAChangeIsNotKept() async throws {
        let count = Counter()
        let (arrival, release) = (Signal(), Signal())
        try await ScriptedEngine.withOne { request in
            guard request.path == "/v1.41/images/json" else { return nil }
            let number = await count.next()
            if number == 0 {
                await arrival.send()
                await release.wait()
            }
            return Self.listing(number)
        } body: { engine async throws in
            let early = Task { try await engine.client.images(.sharedByObservers) }
            await arrival.wait()
            engine.client.forgetListing()
            await release.send()
            #expect(try await early.value.map(\.id) == [Self.id(0)])
            #expect(try await engine.client.images(.sharedByObservers).map(\.id) == [Self.id(1)])
        }
    }

    @Test func aFirstWordThatFailedIsAskedForAgain() async throws {
        let count = Counter()
        try await ScriptedEngine.withOne { request in
            if request.target == "/_ping" { return await count.next() == 0 ? .whole("", status: 503) : ScriptedEngine.ping() }
            return .whole("[]")
        } body: { engine async throws in
            await #expect(throws: EngineError.self) { try await engine.client.images(.current) }
            #expect(try await engine.client.images(.current).isEmpty)
        }
    }
}
