import HookKit
import HookTesting
import OCI
import RegistryAPI
import Testing

/// Tests of registries that are broken, or mean harm: every one ends in one sentence, in bounded time and memory.
protocol RegistryFaultSuite {}

extension RegistryFaultSuite {
    typealias Answers = @Sendable (_ request: ScriptedRequest) async -> ScriptedAnswer?

    static var image: TestContent { .image() }

    static var limits: RegistryLimits {
        var limits = RegistryLimits()
        limits.documentSize = 100_000
        limits.pageSize = 100_000
        limits.noteSize = 50_000
        return limits
    }

    static func manifest(_ content: TestContent, digest: Digest? = nil) -> ScriptedAnswer {
        .whole(
            Array(content.manifest),
            fields: [("Content-Type", content.mediaType), ("Docker-Content-Digest", "\(digest ?? content.digest)")]
        )
    }

    /// Hands over a client of a registry that answers as it is told, and to everything else that it is one.
    func withRegistry(
        configuration: String? = nil,
        limits: RegistryLimits = limits,
        _ answers: @escaping Answers,
        body: (RegistryClient, ScriptedServer, TestConnections) async throws -> Void
    ) async throws {
        try await ScriptedServer.withOne(on: .loopback) { request in
            await answers(request) ?? .whole("{}")
        } body: { server async throws in
            let text = configuration?.replacing("REGISTRY", with: "127.0.0.1:\(server.port)")
            try await TestConnections.withOne(configuration: text, limits: limits) { connections async throws in
                try await body(connections.client("http://127.0.0.1:\(server.port)"), server, connections)
            }
        }
    }

    /// Expects an error of a question; `@` in the message stands for the registry as a subject.
    func expect(
        _ code: RegistryError.Code,
        _ message: String,
        configuration: String? = nil,
        limits: RegistryLimits = limits,
        requests: Int? = nil,
        from answers: @escaping Answers,
        _ ask: (RegistryClient) async throws -> Void
    ) async throws {
        try await withRegistry(configuration: configuration, limits: limits, answers) { client, server, _ async throws in
            let error = await #expect(throws: RegistryError.self) { try await ask(client) }
            #expect(error?.code == code)
            #expect(
                error?.description
                    == message.replacing("@", with: "the registry '\(client.name)'").replacing("PORT", with: "\(server.port)")
            )
            if let requests { #expect(server.requests.count == requests) }
        }
    }
}
