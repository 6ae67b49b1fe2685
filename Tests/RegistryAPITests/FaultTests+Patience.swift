import HookKit
import HookTesting
import RegistryAPI
import Synchronization
import Testing

/// Registries that are too busy.
extension FaultTests {
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
}
