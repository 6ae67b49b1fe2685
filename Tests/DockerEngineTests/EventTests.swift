import DockerEngine
import HookKit
import HookTesting
import OCI
import Testing

/// How past events are asked for and read, and how a watch follows those that come.
@Suite struct EventTests {
    private static let a = "sha256:" + String(repeating: "a", count: 64)

    private static func event(_ time: Int64, _ action: String, kind: String = "image", actor: String = a, attributes: String = "") -> String
    {
        #"{"status":"\#(action)","Type":"\#(kind)","Action":"\#(action)","Actor":{"ID":"\#(actor)","Attributes":{\#(attributes)}},"#
            + #""scope":"local","time":\#(time / 1_000_000_000),"timeNano":\#(time)}"#
    }

    private static let information = ScriptedAnswer.whole(#"{"ID":"1","SystemTime":"1970-01-01T00:01:40.000000005Z"}"#)

    private static let filters =
        "%7B%22type%22%3A%7B%22container%22%3Atrue%2C%22image%22%3Atrue%2C%22service%22%3Atrue%2C%22volume%22%3Atrue%7D%7D"

    /// The query of a request, names to values.
    private static func query(of request: String) -> [String: String] {
        let pairs = request.drop { $0 != "?" }.dropFirst().split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), String($0[1])) })
    }

    // MARK: What was

    @Test func observersShareWhatTheEngineRemembers() async throws {
        let count = Counter()
        try await ScriptedEngine.withOne { request in
            switch request.path {
            case "/v1.41/info": return Self.information
            case "/v1.41/version": return .whole("{}")
            case "/v1.41/events":
                let number = await count.next()
                return .whole(Self.event(9_000_000_001 + Int64(number), "tag", attributes: #""name":"shop/api:v1""#))
            default: return nil
            }
        } body: { engine async throws in
            let times = { try await engine.client.recentEvents($0).map(\.time.nanoseconds) }
            #expect(try await times(.sharedByObservers) == [9_000_000_001])
            #expect(try await times(.sharedByObservers) == [9_000_000_001])
            #expect(try await times(.current) == [9_000_000_002])
            engine.client.forgetListing()
            #expect(try await times(.sharedByObservers) == [9_000_000_003])
        }
    }

    @Test func dockerIsAskedForAllItRemembersUntilNow() async throws {
        let events =
            Self.event(9_000_000_002, "tag", attributes: #""name":"shop/api:v1""#)
            + Self.event(9_000_000_001, "create", kind: "container", actor: "c1", attributes: #""image":"shop/api:v1""#) + "\n"
            + Self.event(9_000_000_003, "prune", kind: "builder") + #"{"Type":"image","Action":"load","time":10}"#
        try await ScriptedEngine.withOne { request in
            switch request.path {
            case "/v1.41/info": Self.information
            case "/v1.41/version": .whole("{}")
            case "/v1.41/events": .whole(events)
            default: nil
            }
        } body: { engine async throws in
            #expect(
                try await engine.client.events(since: nil) == [
                    EngineEvent(
                        time: Timestamp(nanoseconds: 9_000_000_001),
                        kind: "container",
                        action: "create",
                        actor: "c1",
                        attributes: ["image": "shop/api:v1"]
                    ),
                    EngineEvent(
                        time: Timestamp(nanoseconds: 9_000_000_002),
                        kind: "image",
                        action: "tag",
                        actor: Self.a,
                        attributes: ["name": "shop/api:v1"]
                    ),
                    EngineEvent(time: Timestamp(nanoseconds: 10_000_000_000), kind: "image", action: "load", actor: ""),
                ]
            )
            #expect(try await engine.client.events(since: Timestamp(nanoseconds: 9_000_000_002)).map(\.action) == ["tag", "load"])
            let asked = engine.asked.filter { $0.hasPrefix("GET /v1.41/events") }.map(Self.query)
            #expect(asked.map { $0["since"] } == ["0", "8.000000002"])
            #expect(asked.map { $0["filters"] } == [Self.filters, Self.filters])
            // The end is what the engine's clock may show by now, so that nothing is missed and the answer still ends.
            for until in asked.compactMap({ $0["until"] }).compactMap(Double.init) { #expect(until > 100 && until < 160) }
            #expect(engine.asked.count == 4)
        }
    }

    @Test func podmansWordsBecomeDockers() async throws {
        let hex = String(Self.a.dropFirst(7))
        let events = [
            Self.event(1, "remove", actor: hex), Self.event(2, "loadfromarchive", actor: hex), Self.event(3, "untag", actor: hex),
            Self.event(4, "remove", kind: "container", actor: hex), Self.event(5, "died", kind: "container", actor: hex),
        ].joined(separator: "\n")
        try await ScriptedEngine.withOne(libpod: "4.3.1", always: .whole(events)) { engine async throws in
            let events = try await engine.client.events(since: nil)
            #expect(events.map(\.action) == ["delete", "load", "untag", "destroy", "die"])
            #expect(events.map(\.actor) == [Self.a, Self.a, Self.a, hex, hex])
            // Podman ends the answer when it is told not to follow; the end of a span it treats as a race.
            #expect(
                engine.asked == ["GET /v1.41/events?since=0&stream=false&filters=\(Self.filters)"]
            )
        }
    }

    @Test(arguments: [
        ("not JSON", "something that is no event"),
        (event(1, "tag") + #"{"Type""#, "half an event at the end"),
        ("[]", "an event that cannot be read: a value of another type"),
        (#"{"Type":"image","Action":"tag"}"#, "an event that cannot be read: an event without a time"),
        (#"{"Type":"image","Action":}"#, "an event that cannot be read: something that is no whole JSON document (1B)"),
    ])
    func eventsThatAreNoneAreNotPassedOver(body: String, message: String) async throws {
        try await ScriptedEngine.withOne(libpod: "4.3.1", always: .whole(body)) { engine async throws in
            await #expect(
                throws: EngineError(.badAnswer, "the engine at \(engine.endpoint) answered 'GET /v1.41/events' with \(message)")
            ) {
                try await engine.client.events(since: nil)
            }
        }
    }

    // MARK: What comes

    /// Runs a test with a watch whose events it sends itself, as the chunks of the engine's answer.
    private func watching(
        limits: EngineLimits = EngineLimits(),
        _ body: @escaping (any EngineWatch, ScriptedEngine, AsyncStream<[UInt8]>.Continuation) async throws -> Void
    ) async throws {
        let (chunks, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        try await ScriptedEngine.withOne(limits: limits) { request in
            switch request.path {
            case "/v1.41/info": Self.information
            case "/v1.41/version": .whole("{}")
            case "/v1.41/events": .chunked(chunks)
            default: nil
            }
        } body: { engine async throws in
            let watch = try await engine.client.watch()
            try await body(watch, engine, continuation)
            continuation.finish()
            await watch.stop()
        }
    }

    /// Asks a watch until it has something to say.
    private func next(_ watch: any EngineWatch) async throws -> [EngineEvent] {
        while true {
            let events = try await watch.arrived()
            if !events.isEmpty { return events }
            await Task.yield()
        }
    }

    @Test func aWatchHandsOutWhatArrivedOnce() async throws {
        try await watching { watch, engine, engineSays async throws in
            #expect(try await watch.arrived().isEmpty)
            // What came before the watch is left out, and where the pieces end does not matter.
            let text = Array((Self.event(100_000_000_004, "tag") + Self.event(200_000_000_005, "untag") + "\n").utf8)
            engineSays.yield(Array(text.prefix(300)))
            engineSays.yield(Array(text.dropFirst(300)))
            #expect(try await next(watch).map(\.action) == ["untag"])
            #expect(try await watch.arrived().isEmpty)
            engineSays.yield(Array(Self.event(200_000_000_006, "pull").utf8))
            #expect(try await next(watch).map(\.action) == ["pull"])
            let asked = try #require(engine.asked.last.map(Self.query))
            #expect(asked["filters"] == Self.filters)
            let since = try #require(asked["since"].flatMap(Double.init))
            #expect(since >= 100 && since < 160)
        }
    }

    @Test func aWatchTellsOfVolumesByTheirNames() async throws {
        try await watching { watch, _, engineSays async throws in
            // Podman gives the name beside an empty ID.
            let text =
                Self.event(200_000_000_005, "create", kind: "volume", actor: "data")
                + Self.event(200_000_000_006, "create", kind: "volume", actor: "", attributes: #""name":"other""#)
            engineSays.yield(Array(text.utf8))
            var events: [EngineEvent] = []
            while events.count < 2 { events += try await next(watch) }
            #expect(events.map { "\($0.kind) \($0.action) \($0.actor)" } == ["volume create data", "volume create other"])
        }
    }

    @Test func aWatchTellsOfServicesByTheirIDs() async throws {
        try await watching { watch, _, engineSays async throws in
            engineSays.yield(Array(Self.event(200_000_000_005, "create", kind: "service", actor: "l7bx", attributes: #""name":"s1""#).utf8))
            let events = try await next(watch)
            #expect(events.map { "\($0.kind) \($0.action) \($0.actor)" } == ["service create l7bx"])
            #expect(events.map(\.attributes) == [["name": "s1"]])
        }
    }

    /// Expects that a watch breaks, and stays broken.
    private func expectBreak(_ watch: any EngineWatch, _ engine: ScriptedEngine, _ reason: String) async {
        let error = EngineError(
            .badAnswer,
            "the stream of events from the engine at \(engine.endpoint) ('GET /v1.41/events') broke, "
                + "so what happens there now is not seen: \(reason)"
        )
        await #expect(throws: error) {
            // What arrived before may be handed out first.
            while true {
                _ = try await watch.arrived()
                await Task.yield()
            }
        }
        await #expect(throws: error) { _ = try await watch.arrived() }
    }

    @Test func aStreamThatTheEngineEndsIsBroken() async throws {
        try await watching { watch, engine, engineSays async throws in
            engineSays.finish()
            await expectBreak(watch, engine, "the engine ended it")
        }
    }

    @Test func aStreamOfSomethingElseIsBroken() async throws {
        try await watching { watch, engine, engineSays async throws in
            engineSays.yield(Array("oops".utf8))
            await expectBreak(watch, engine, "the engine sent something that is no event")
        }
    }

    @Test func aStreamThatNobodyReadsIsGivenUp() async throws {
        var limits = EngineLimits()
        limits.unreadEvents = 2
        try await watching(limits: limits) { watch, engine, engineSays async throws in
            let three = (6...8).map { Self.event(200_000_000_000 + $0, "tag") }.joined()
            engineSays.yield(Array(three.utf8))
            await expectBreak(watch, engine, "more than 3 events waited")
        }
    }

    @Test func aWatchThatWasStoppedSaysSo() async throws {
        try await watching { watch, engine, _ async throws in
            await watch.stop()
            await expectBreak(watch, engine, "it was stopped")
        }
    }

    @Test func aWatchThatTheEngineRefusesDoesNotBegin() async throws {
        try await ScriptedEngine.withOne { request in
            switch request.path {
            case "/v1.41/info": Self.information
            case "/v1.41/version": .whole("{}")
            case "/v1.41/events": .whole(#"{"message":"no events today"}"#, status: 500)
            default: nil
            }
        } body: { engine async throws in
            await #expect(
                throws: EngineError(.badAnswer, "the engine at \(engine.endpoint) answered 'GET /v1.41/events' with 500: no events today")
            ) {
                try await engine.client.watch()
            }
        }
    }

    @Test func anEngineThatDoesNotSayTheTimeCannotBeWatched() async throws {
        try await ScriptedEngine.withOne(always: .whole(#"{"ID":"1"}"#)) { engine async throws in
            await #expect(
                throws: EngineError(
                    .badAnswer,
                    "the engine at \(engine.endpoint) does not say what time it is there, so its events cannot be placed"
                )
            ) {
                try await engine.client.watch()
            }
        }
    }

    @Test func podmanIsAskedAnewEachTime() async throws {
        let count = Counter()
        try await ScriptedEngine.withOne(libpod: "4.3.1") { request in
            switch request.path {
            case "/v1.41/info": return Self.information
            case "/v1.41/version": return .whole("{}")
            case "/v1.41/events":
                let events = (0...(await count.next())).map { Self.event(200_000_000_005 + Int64($0), "tag") }
                return .whole(events.joined(separator: "\n"))
            default: return nil
            }
        } body: { engine async throws in
            let watch = try await engine.client.watch()
            #expect(try await watch.arrived().map(\.time.nanoseconds) == [200_000_000_005])
            #expect(try await watch.arrived().map(\.time.nanoseconds) == [200_000_000_006])
            await watch.stop()
        }
    }
}
