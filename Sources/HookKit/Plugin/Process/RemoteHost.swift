import PluginWire

/// hook, as one run of a rule in a plugin's process asks it.
struct RemoteHost: Sendable {
    let server: PluginServer
    let run: Int

    /// Asks for something and reads the answer.
    func ask<Value: WireValue>(_ method: ServiceMethod, _ members: KeyValuePairs<String, (any WireValue)?> = [:]) async throws -> Value {
        try Value(wire: try await answer(method, members))
    }

    /// Asks for an object and gives it a name for messages.
    func askForObject(_ method: ServiceMethod, _ members: KeyValuePairs<String, (any WireValue)?> = [:]) async throws -> WireObject {
        try WireObject(try await answer(method, members), "the answer to '\(method.rawValue)'")
    }

    /// Asks for something that has no answer but its end.
    func ask(_ method: ServiceMethod, _ members: KeyValuePairs<String, (any WireValue)?> = [:]) async throws {
        let _: JSONValue = try await answer(method, members)
    }

    /// Asks for something, and gets the lines that a command writes meanwhile.
    func answer(
        _ method: ServiceMethod,
        _ members: KeyValuePairs<String, (any WireValue)?>,
        output: (@Sendable (String) -> Void)? = nil
    ) async throws -> JSONValue {
        var params: [JSONValue.Member] = [.init("run", .integer(run))]
        for (name, value) in members { if let value { params.append(.init(name, value.wire)) } }
        return try await server.ask(method, .object(params), output: output)
    }

    /// Asks whether changes may be made; an older hook, which has no plans, permits everything.
    func permits(_ changes: [PlannedChange]) async throws -> [Bool] {
        do {
            return try await ask(.planPermits, ["changes": changes])
        } catch let failure as WireFailure where failure.code == PluginProtocol.ErrorCode.methodNotFound {
            return changes.map { _ in true }
        }
    }
}
