import HookKit
import HookTesting
import OCI
import RegistryAPI
import Synchronization
import Testing

/// Registries that are busy, and deletions of which nobody knows what became.
@Suite struct PatienceFaultTests: RegistryFaultSuite {
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

    /// What it was decided on is old after a pause, so whoever decides looks again.
    @Test func aDeletionThatIsTurnedAwayIsNotSentAgain() async throws {
        for status in [429, 503] {
            try await withRegistry { request in
                request.method == "DELETE" ? .whole("", status: status, fields: [("Retry-After", "7")]) : nil
            } body: { client, server, connections async throws in
                await #expect(
                    throws: RegistryError(
                        .turnedAway,
                        "the registry '\(client.name)' was too busy for 'DELETE /v2/a/manifests/v1' (\(status)); try again later, or ask it less at a time"
                    )
                ) {
                    try await client.deleteTag("v1", in: "a")
                }
                #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
                #expect(connections.pauses == [.seconds(7)])
            }
        }
        try await expect(
            .busy,
            "@ was too busy for 'DELETE /v2/a/manifests/v1' (429) and asked for 1h of patience; try again later, or ask it less at a time",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 429, fields: [("Retry-After", "3600")]) }
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
    }

    @Test func whatIsNotThereMayBeDeletedAgain() async throws {
        let count = Mutex(0)
        try await withRegistry { request in
            guard request.method == "DELETE" else { return nil }
            let number = count.withLock {
                $0 += 1; return $0
            }
            return .whole("", status: number == 1 ? 429 : 404)
        } body: { client, _, connections async throws in
            #expect(try await client.deletionSupport(in: "a") == .tags)
            #expect(connections.pauses.count == 1)
        }
    }

    /// A proxy that lets no deletion through may say that nothing is there.
    @Test func aDeletionIsNotBelievedToHaveFoundNothing() async throws {
        let digest = Self.image.digest
        let answers: Answers = { request in
            switch request.method {
            case "DELETE": .whole("404 page not found", status: 404)
            case "HEAD": ScriptedAnswer([.send(ScriptedAnswer.head(200, [("Docker-Content-Digest", "\(digest)")]))])
            default: nil
            }
        }
        try await expect(
            .unsupported,
            "@ answered 'DELETE /v2/a/manifests/v1' with 404, and has it all the same",
            requests: 3,
            from: answers
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
        try await expect(
            .unsupported,
            "@ answered 'DELETE /v2/a/manifests/\(digest)' with 404, and has it all the same",
            requests: 3,
            from: answers
        ) {
            try await $0.deleteManifest(digest, in: "a")
        }
        try await withRegistry { request in
            request.path == "/v2/" ? nil : ScriptedAnswer([.send(ScriptedAnswer.head(404, [("Content-Length", "0")]))])
        } body: { client, _, _ async throws in
            #expect(try await client.deleteTag("v1", in: "a") == .absent)
        }
    }

    @Test func aDeletionOfUnknownOutcomeIsNotSentAgain() async throws {
        try await expect(
            .badAnswer,
            "@ closed the connection before its answer to 'DELETE /v2/a/manifests/v1' was whole; whether it was carried out is not known",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .hangUp }
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
        try await expect(
            .badAnswer,
            "@ answered 'DELETE /v2/a/manifests/v1' with 502: no reason given",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .whole("", status: 502) }
        ) {
            try await $0.deleteTag("v1", in: "a")
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
