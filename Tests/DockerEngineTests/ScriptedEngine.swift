import DockerEngine
import HookKit
import HookTesting

/// An engine whose answers are written by hand, on a socket in a temporary directory.
///
/// It says on `/_ping` that it is Docker with API 1.41, unless told otherwise, and answers with 404 what it was not told about.
struct ScriptedEngine: Sendable {
    let endpoint: EngineEndpoint
    let server: ScriptedServer
    let client: DockerEngineClient

    /// What makes the answers.
    typealias Answers = @Sendable (_ request: ScriptedRequest) async -> ScriptedAnswer?

    static func ping(_ version: String = "1.41", libpod: String? = nil) -> ScriptedAnswer {
        var fields = [("Api-Version", version), ("Content-Type", "text/plain; charset=utf-8")]
        if let libpod { fields.append(("Libpod-Api-Version", libpod)) }
        return .whole(Array("OK".utf8), fields: fields)
    }

    /// Limits for tests that mean none: on a busy machine the scripted answers wait for a thread.
    static var patient: EngineLimits {
        var limits = EngineLimits()
        limits.connection = .seconds(60)
        limits.introduction = .seconds(600)
        limits.question = .seconds(600)
        return limits
    }

    /// Starts an engine, hands it over, and ends it.
    static func withOne(
        version: String = "1.41",
        libpod: String? = nil,
        access: EngineAccess = .readWrite,
        limits: EngineLimits = patient,
        answers: @escaping Answers,
        body: (ScriptedEngine) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.withOne { directory in
            let path = directory["engine.sock"]
            try await ScriptedServer.withOne(on: .unixSocket(path: path)) { request in
                if let answer = await answers(request) { return answer }
                if request.target == "/_ping" { return ping(version, libpod: libpod) }
                return .whole(#"{"message":"page not found"}"#, status: 404)
            } body: { server in
                let endpoint = EngineEndpoint(address: .unixSocket(path: path))
                let client = try DockerEngineClient(endpoint: endpoint, access: access, limits: limits)
                do {
                    try await body(ScriptedEngine(endpoint: endpoint, server: server, client: client))
                } catch {
                    await client.shutdown()
                    throw error
                }
                await client.shutdown()
            }
        }
    }

    /// Starts an engine that gives every target but `/_ping` the same answer.
    static func withOne(
        version: String = "1.41",
        libpod: String? = nil,
        access: EngineAccess = .readWrite,
        limits: EngineLimits = EngineLimits(),
        always answer: ScriptedAnswer,
        body: (ScriptedEngine) async throws -> Void
    ) async throws {
        try await withOne(
            version: version,
            libpod: libpod,
            access: access,
            limits: limits,
            answers: { $0.target == "/_ping" ? nil : answer },
            body: body
        )
    }

    /// What was asked besides `/_ping`, as `METHOD target`.
    var asked: [String] { server.requests.filter { $0.target != "/_ping" }.map { "\($0.method) \($0.target)" } }
}
