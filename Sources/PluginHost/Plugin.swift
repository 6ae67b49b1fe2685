import HookKit
import PluginWire

/// A plugin: its process, which is started anew for the next run when it died in one.
actor Plugin {
    nonisolated let executable: PluginExecutable
    private let surroundings: PluginSurroundings
    private var connection: PluginConnection?
    /// The life of the connection's process; awaited when the plugin is stopped or started anew.
    private var life: Task<Void, Never>?
    private var declared: Set<String>?

    init(_ executable: PluginExecutable, in surroundings: PluginSurroundings) {
        self.executable = executable
        self.surroundings = surroundings
    }

    /// Starts the process and asks for the plugin's rules.
    func start() async throws(PluginFailure) -> PluginIntroduction {
        let connection = try PluginConnection(executable, in: surroundings)
        self.connection = connection
        life = Task { await connection.live() }
        do {
            let params: JSONValue = ["protocol": .integer(PluginProtocol.version), "hook": .string(surroundings.version)]
            let introduction = try PluginIntroduction(wire: try await connection.ask(PluginProtocol.Method.initialize, params))
            guard introduction.protocolVersion == PluginProtocol.version else {
                throw PluginFailure(
                    .version,
                    "\(executable.title) speaks version \(introduction.protocolVersion) of the plugin protocol, and hook speaks version "
                        + "\(PluginProtocol.version)"
                )
            }
            declared = Set(introduction.rules.map(\.name))
            return introduction
        } catch {
            let failure = failure(for: error)
            await stop()
            throw failure
        }
    }

    private func failure(for error: any Error) -> PluginFailure {
        switch error {
        case let error as PluginFailure: error
        case let error as WireFailure: PluginFailure(.failed, "\(executable.title) refuses to be initialized: \(error.message)")
        case let error as WireMistake: PluginFailure(.declaration, "\(executable.title) declares what hook cannot use: \(error)")
        default: PluginFailure(.ended, "\(executable.title) was ended while it was started: \(error)")
        }
    }

    /// Asks what the plugin itself has against settings that agree with their schema.
    func problems(rule: String, settings: JSONValue, directory: String) async throws -> [SettingProblem] {
        guard let connection else { return [] }
        let params: JSONValue = ["rule": .string(rule), "settings": settings, "directory": .string(directory)]
        do {
            let answer = try WireObject(
                try await connection.ask(PluginProtocol.Method.validate, params),
                "the answer to 'validate'"
            )
            return try answer.list("problems") { (value) throws(WireMistake) in try SettingProblem(wire: value) }
        } catch let failure as WireFailure where failure.code == PluginProtocol.ErrorCode.methodNotFound {
            return []
        } catch {
            throw self.failure(for: error)
        }
    }

    /// Has a rule run.
    func run(_ rule: String, settings: JSONValue, directory: String, in context: RuleContext) async throws {
        let connection = try await liveConnection(for: rule)
        let request = RunRequest(
            rule: rule,
            settings: settings,
            directory: directory,
            context: context,
            dockerHost: surroundings.dockerHost,
            ledger: surroundings.ledger
        )
        try await connection.run(request, in: context)
    }

    private func liveConnection(for rule: String) async throws -> PluginConnection {
        if let connection, connection.isAlive { return connection }
        await stop()
        let introduction = try await start()
        guard introduction.rules.contains(where: { $0.name == rule }), let connection else {
            throw PluginFailure(.declaration, "\(executable.title) was started anew, and has no rule '\(rule)' any more")
        }
        return connection
    }

    /// Ends the process, and waits for its end.
    func stop() async {
        connection?.end(.done)
        await life?.value
        connection = nil
        life = nil
    }
}
