import DockerEngine
import History
import HookKit

/// Asks an engine what is there now, for commands that tell of the past and can do without an answer.
enum PresentEngine {
    /// How long to wait for the answer: busy engines take seconds for a list, and what they do not say is told as not known.
    private static let limit = Duration.seconds(20)

    /// What the engine says, or why it says nothing.
    static func ask(host: String?, in surroundings: ProcessSurroundings) async -> EngineAnswer {
        let connection = EngineConnection(
            host: host,
            surroundings: EngineSurroundings(environment: surroundings.environment, homeDirectory: surroundings.homeDirectory),
            access: .readOnly
        )
        let answer: EngineAnswer
        do {
            answer = try await withThrowingTaskGroup(of: EngineAnswer.self) { group in
                group.addTask { .answered(try await look(through: connection.connected())) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return .silent("the engine did not answer within \(limit.settingText)")
                }
                let first = try await group.next()
                group.cancelAll()
                return first ?? .notAsked
            }
        } catch {
            answer = .silent("\(error)")
        }
        await connection.close()
        return answer
    }

    private static func look(through engine: DockerEngineClient) async throws -> EngineView {
        async let identity = engine.identity
        async let images = engine.images(.current)
        async let containers = engine.containers()
        async let events = engine.recentEvents(.current)
        return EngineView(
            identity: try await identity,
            images: try await images,
            containers: try await containers,
            events: try await events
        )
    }
}
