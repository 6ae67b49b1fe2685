import PluginWire
import Synchronization

/// The plugin's side of the conversation: answers hook, runs rules, and asks hook for services.
final class PluginServer: Sendable {
    private struct State {
        var runs: [Int: Task<Void, Never>] = [:]
        var questions: [Int: CheckedContinuation<JSONValue, any Error>] = [:]
        var commandOutputs: [Int: @Sendable (String) -> Void] = [:]
        var lastQuestion = 0
    }

    private let introduction: PluginIntroduction
    private let rules: [String: RegisteredRule]
    private let send: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// Serves a plugin's rules; `send` takes whole lines, `now` is what rules are told of the time.
    init(
        name: String,
        version: String,
        rules: [RegisteredRule],
        now: @escaping @Sendable () -> Timestamp,
        send: @escaping @Sendable ([UInt8]) -> Void
    ) {
        introduction = PluginIntroduction(name: name, version: version, rules: rules.map(RuleDeclaration.init))
        self.rules = Dictionary(rules.map { ($0.name, $0) }) { first, _ in first }
        self.now = now
        self.send = send
    }

    /// Serves until there are no more messages, then has every run end.
    func serve(_ messages: AsyncStream<WireMessage>) async {
        await withDiscardingTaskGroup { group in
            for await message in messages {
                switch message {
                case .request(let id, PluginProtocol.Method.run, let params): start(id, params, in: &group)
                case .request(let id, let method, let params): send(answer(to: method, params, id: id).line)
                case .notification(let method, let params): take(method, params)
                case .result(let id, let value): resume(id, with: .success(value))
                case .failure(let id?, let failure): resume(id, with: .failure(failure.error))
                case .failure(nil, _): break
                }
            }
            let (runs, questions) = state.withLock { state in
                defer { state.questions = [:] }
                return (Array(state.runs.values), Array(state.questions.values))
            }
            for run in runs { run.cancel() }
            for question in questions { question.resume(throwing: CancellationError()) }
        }
    }

    // MARK: What hook asks

    private func answer(to method: String, _ params: JSONValue, id: Int) -> WireMessage {
        do throws(WireMistake) {
            switch method {
            case PluginProtocol.Method.initialize: return .result(id: id, introduction.wire)
            case PluginProtocol.Method.validate:
                return .result(id: id, .wire(["problems": try validate(params).map(\.wire)]))
            default:
                let message = "there is no method '\(method)' in version \(PluginProtocol.version) of the protocol"
                return .failure(id: id, WireFailure(code: PluginProtocol.ErrorCode.methodNotFound, message: message))
            }
        } catch {
            return .failure(id: id, WireFailure(error))
        }
    }

    private func rule(named name: String) throws(WireMistake) -> RegisteredRule {
        guard let rule = rules[name] else { throw WireMistake("there is no rule '\(name)'") }
        return rule
    }

    private func validate(_ params: JSONValue) throws(WireMistake) -> [SettingProblem] {
        let request = try WireObject(params, "a request to validate")
        let rule = try rule(named: try request.string("rule"))
        let settings = request["settings"] ?? .object([])
        let directory = try request.string("directory")
        let places = SettingProblem.places(in: settings)
        var count = 0
        // The number of its place stands for each line: that is how it comes back out of a diagnostic.
        let numbered = ConfigValue(settings) {
            defer { count += 1 }
            return SourcePosition(line: count, column: 1)
        }
        return rule.prepare(numbered, directory: directory).diagnostics.filter { $0.severity == .error }.map { diagnostic in
            guard let line = diagnostic.position?.line, places.indices.contains(line) else {
                return SettingProblem(message: diagnostic.message)
            }
            return SettingProblem(message: diagnostic.message, pointer: places[line].pointer, isKey: places[line].isKey)
        }
    }

    private func take(_ method: String, _ params: JSONValue) {
        switch method {
        case PluginProtocol.Method.cancel:
            guard case .integer(let run)? = params["run"] else { return }
            state.withLock { $0.runs[run] }?.cancel()
        case PluginProtocol.Method.output:
            guard case .integer(let request)? = params["request"], case .string(let line)? = params["line"] else { return }
            state.withLock { $0.commandOutputs[request] }?(line)
        default: break
        }
    }

    // MARK: Runs

    private func start(_ id: Int, _ params: JSONValue, in group: inout DiscardingTaskGroup) {
        // hook cancels one run by its ID: the group awaits the run, and holds it nowhere else.
        let run = Task { await self.run(id, params) }
        state.withLock { $0.runs[id] = run }
        group.addTask {
            await run.value
            self.state.withLock { $0.runs[id] = nil }
        }
    }

    private func run(_ id: Int, _ params: JSONValue) async {
        do {
            let request = try RunRequest(wire: params)
            let preparation = try rule(named: request.rule).prepare(ConfigValue(request.settings), directory: request.directory)
            guard let rule = preparation.rule else {
                let problems = preparation.diagnostics.map(\.message).joined(separator: "; ")
                throw WireFailure(code: PluginProtocol.ErrorCode.invalidParams, message: "the settings are refused: \(problems)")
            }
            try await rule.run(in: context(of: request, run: id))
            send(WireMessage.result(id: id, .object([])).line)
        } catch {
            send(WireMessage.failure(id: id, WireFailure(error)).line)
        }
    }

    private func context(of request: RunRequest, run: Int) -> RuleContext {
        // hook's clock, from what it said at the beginning.
        let ahead = request.time.nanoseconds &- now().nanoseconds
        let host = RemoteHost(server: self, run: run)
        return RuleContext(
            stage: request.stage,
            directory: request.directory,
            isDryRun: request.isDryRun,
            environment: RunEnvironment(build: request.build, event: request.event, variables: request.variables) { [now] in
                Timestamp(nanoseconds: now().nanoseconds &+ ahead)
            },
            services: RemoteServices(host: host),
            permission: { try await host.permits($0) }
        ) { [send] output in
            switch output {
            case .finding(let finding): send(finding.line(run: run))
            case .progress(let completed, let total):
                send(Self.notification(PluginProtocol.Method.progress, ["run": run, "completed": completed, "total": total]))
            case .log(let level, let line):
                send(Self.notification(PluginProtocol.Method.log, ["run": run, "level": level.rawValue, "message": line]))
            case .reclaimed(let size): send(Self.notification(PluginProtocol.Method.reclaimed, ["run": run, "bytes": size]))
            }
        }
    }

    private static func notification(_ method: String, _ members: KeyValuePairs<String, (any WireValue)?>) -> [UInt8] {
        WireMessage.notification(method: method, params: .wire(members)).line
    }

    // MARK: What the plugin asks

    /// Asks hook for something; a task that is cancelled takes its question back, and waits for hook to say so.
    func ask(_ method: ServiceMethod, _ params: JSONValue, output: (@Sendable (String) -> Void)? = nil) async throws -> JSONValue {
        let id = state.withLock { state in
            state.lastQuestion += 1
            if let output { state.commandOutputs[state.lastQuestion] = output }
            return state.lastQuestion
        }
        defer { if output != nil { state.withLock { $0.commandOutputs[id] = nil } } }
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.questions[id] = continuation }
                send(WireMessage.request(id: id, method: method.rawValue, params: params).line)
                // A cancellation that came before the question was written found no question to take back.
                if Task.isCancelled { takeBack(id) }
            }
        } onCancel: {
            takeBack(id)
        }
    }

    private func takeBack(_ id: Int) {
        guard state.withLock({ $0.questions[id] != nil }) else { return }
        send(Self.notification(PluginProtocol.Method.cancelRequest, ["request": id]))
    }

    private func resume(_ id: Int, with result: Result<JSONValue, any Error>) {
        state.withLock { $0.questions.removeValue(forKey: id) }?.resume(with: result)
    }
}
