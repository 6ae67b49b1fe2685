import HookKit
import HookTesting
import OCI
import RegistryAPI
import Synchronization
import Testing

/// Deletions that are turned away, answered wrongly, or not at all.
extension FaultTests {
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

    /// 412 is a tag that is immutable; of 408, where the request was too slow, nothing is known.
    @Test(arguments: [
        (400, RegistryError.Code.unsupported), (409, .unsupported), (412, .unsupported), (408, .badAnswer), (500, .badAnswer),
    ])
    func aDeletionThatTheRegistryFindsWrongIsRefused(status: Int, code: RegistryError.Code) async throws {
        try await expect(
            code,
            "@ answered 'DELETE /v2/a/manifests/v1' with \(status): no reason given",
            requests: 2,
            from: { $0.path == "/v2/" ? nil : .whole("", status: status) }
        ) {
            try await $0.deleteTag("v1", in: "a")
        }
    }

    @Test(arguments: [(404, RegistryDeletionSupport.tags), (202, .tags), (400, .manifests), (405, .manifests)])
    func whatIsDeletedIsToldByWhatIsNotThere(_ status: Int, _ expected: RegistryDeletionSupport) async throws {
        try await withRegistry { request in
            guard request.method == "DELETE" else { return nil }
            return .whole("", status: request.path.contains("sha256:") ? 404 : status)
        } body: { client, server, _ async throws in
            #expect(try await client.deletionSupport(in: "a") == expected)
            #expect(
                server.requests.filter { $0.method == "DELETE" }.allSatisfy { $0.path.contains("hook-asks-") || $0.path.hasSuffix("0000") }
            )
        }
    }
}
