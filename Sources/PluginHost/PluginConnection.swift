import HookKit
import PluginWire
import Processes
import Synchronization

/// One process of a plugin, from its start to its end, and the conversation with it.
///
/// Whoever waits for an answer that will not come gets a `PluginFailure` when the process has ended: then its whole standard error is known, and
/// nothing of it is left.
final class PluginConnection: Sendable {
    private struct State {
        var input: ProgramInput?
        /// What is to be said before the process has started.
        var unsent: [UInt8] = []
        var reason: EndReason?
        var lines = MessageLines()
        var errors = ErrorTail()
        var lastRequest = 0
        var answers: [Int: CheckedContinuation<JSONValue, any Error>] = [:]
        var runs: [Int: ActiveRun] = [:]
        var questions: [Int: Task<Void, Never>] = [:]
        var wakeTalk: CheckedContinuation<Void, Never>?
        var failure: PluginFailure?
        var activity = "before it said which rules it brings"
    }

    let executable: PluginExecutable
    private let surroundings: PluginSurroundings
    private let conversation: ProgramConversation
    private let state = Mutex(State())

    /// Finds the executable; it is not started yet.
    init(_ executable: PluginExecutable, in surroundings: PluginSurroundings) throws(PluginFailure) {
        self.executable = executable
        self.surroundings = surroundings
        let command = Command(
            arguments: [executable.path.absolute],
            directory: surroundings.directory,
            gracePeriod: surroundings.gracePeriod
        )
        do throws(CommandError) {
            conversation = try ProgramConversation(command)
        } catch {
            throw Self.notStarted(executable, error)
        }
    }

    /// Runs the process to its end: whoever calls this waits as long as the plugin lives.
    func live() async {
        let listener = ProgramConversation.Listener(
            output: { self.receive($0) },
            error: { self.receiveError($0) },
            outputEnded: { self.end(.outputEnded) }
        )
        let failure: PluginFailure
        do {
            let status = try await conversation.run(listener) { input in
                self.begin(input)
                await self.untilEnd()
                return self.state.withLock { $0.reason?.isPolite ?? true } ? .endOfInput : .termination
            }
            failure = state.withLock { state in
                state.errors.finish()
                let reason = state.reason ?? .outputEnded
                return reason.failure(title: executable.title, activity: state.activity, status: status, quote: state.errors.quote)
            }
        } catch {
            failure = Self.notStarted(executable, error)
        }
        let answers = state.withLock { state in
            state.failure = failure
            defer { state.answers = [:] }
            return state.answers
        }
        for answer in answers.values { answer.resume(throwing: failure) }
    }

    /// Says whether the plugin can be asked.
    var isAlive: Bool { state.withLock { $0.reason == nil && $0.failure == nil } }

    /// Ends the conversation; the first reason counts.
    func end(_ reason: EndReason) {
        let waiting = state.withLock { state in
            if state.reason == nil { state.reason = reason }
            defer { state.wakeTalk = nil }
            return state.wakeTalk
        }
        waiting?.resume()
    }

    private func untilEnd() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.reason == nil { state.wakeTalk = continuation }
                return state.reason != nil
            }
            if isOver { continuation.resume() }
        }
    }

    private static func notStarted(_ executable: PluginExecutable, _ error: any Error) -> PluginFailure {
        let text = "\(error)"
        let prefix = "cannot run '\(executable.path.absolute)': "
        let reason = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        return PluginFailure(.notStarted, "\(executable.title) cannot be started: \(reason)")
    }

    // MARK: Asking the plugin

    /// Asks for something and waits for the answer, at most as long as an answer may take.
    func ask(_ method: String, _ params: JSONValue) async throws -> JSONValue {
        let limit = surroundings.answerLimit
        return try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            group.addTask {
                // A cancelled sleep means that the answer came in time.
                guard (try? await Task.sleep(for: limit)) != nil else { return nil }
                self.end(.noAnswer(method: method, limit: limit))
                return nil
            }
            group.addTask { try await self.answer(to: method, params) { _ in } }
            defer { group.cancelAll() }
            // When the time is over, the answer is what is told when the process has ended.
            while let answer = try await group.next() { if let answer { return answer } }
            throw CancellationError()
        }
    }

    /// Has a rule run; its findings, progress and questions go to the context.
    func run(_ request: RunRequest, in context: RuleContext) async throws {
        let (questions, continuation) = AsyncStream.makeStream(of: ActiveRun.Question.self)
        let run = ActiveRun(rule: request.rule, context: context, questions: continuation)
        for line in state.withLock({ $0.errors.takeUnlogged() }) { log(line, context) }
        let service = ServiceDesk(context: context) { self.send($0) }
        let params = request.wire
        let cancellation = RunCancellation { self.cancel($0) }
        defer { cancellation.finish() }
        let result = await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                // What a rule asks before it notices that it was cancelled is answered all the same: only itself takes a question back.
                group.addTask { await self.serve(questions, with: service) }
                let result: Result<Void, any Error>
                do {
                    _ = try await answer(to: PluginProtocol.Method.run, params) { id in
                        state.withLock { state in
                            state.runs[id] = run
                            state.activity = "while it ran '\(request.rule)'"
                        }
                    } whenAsked: { id in
                        cancellation.begin(id)
                    }
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                continuation.finish()
                return result
            }
        } onCancel: {
            cancellation.cancel()
        }
        await service.close()
        let (dropped, lines) = state.withLock { state in
            if let id = cancellation.run { state.runs[id] = nil }
            state.activity = "between two runs"
            return (state.errors.takeDropped(), state.errors.takeUnlogged())
        }
        for line in lines { log(line, context) }
        if dropped > 0 { context.log(.warning, "\(executable.title) wrote \(dropped) more lines to its standard error") }
        try judge(result, of: request.rule, isDryRun: context.isDryRun)
    }

    /// What a run's answer means for the stage.
    private func judge(_ result: Result<Void, any Error>, of rule: String, isDryRun: Bool) throws {
        let quote = { self.state.withLock { $0.errors.quote } }
        switch result {
        case .success where Task.isCancelled:
            throw PluginFailure(.cancelled, "\(executable.title) was cancelled while it ran '\(rule)', and came to its end\(quote())")
        case .success: return
        case .failure(let failure as WireFailure):
            switch failure.error {
            case is CancellationError where Task.isCancelled:
                throw PluginFailure(.cancelled, "\(executable.title) was cancelled while it ran '\(rule)', and stopped\(quote())")
            case let error where Self.isRefusalOfChange(error, isDryRun: isDryRun):
                throw PluginFailure(.failed, "\(executable.title) tried a change in a dry run of '\(rule)': \(error)\(quote())")
            case let error where error is WireFailure || error is CancellationError:
                throw PluginFailure(.failed, "\(executable.title) could not carry out '\(rule)': \(failure.message)\(quote())")
            case let error: throw error
            }
        case .failure(let error): throw error
        }
    }

    private static func isRefusalOfChange(_ error: any Error, isDryRun: Bool) -> Bool {
        switch error {
        case let error as EngineError: error.code == .dryRun
        case let error as RegistryError: error.code == .dryRun
        // In a dry run every command is refused.
        case is CommandError: isDryRun
        default: false
        }
    }

    /// Asks the plugin to end a run, and ends the plugin where it does not.
    private func cancel(_ run: Int) -> Task<Void, Never> {
        send(.notification(method: PluginProtocol.Method.cancel, params: ["run": .integer(run)]))
        let gracePeriod = surroundings.gracePeriod
        return Task {
            // A cancelled sleep means that the run ended in time.
            guard (try? await Task.sleep(for: gracePeriod)) != nil else { return }
            end(.ignoredCancel(gracePeriod: gracePeriod))
        }
    }

    /// Sends a request and waits for its answer; an error in the answer is a `WireFailure`, a plugin that ends a `PluginFailure`.
    private func answer(
        to method: String,
        _ params: JSONValue,
        prepare: (Int) -> Void,
        whenAsked: (Int) -> Void = { _ in }
    ) async throws -> JSONValue {
        try await withCheckedThrowingContinuation { continuation in
            let id = state.withLock { state in
                state.lastRequest += 1
                return state.lastRequest
            }
            prepare(id)
            let failure = state.withLock { state in
                if state.failure == nil { state.answers[id] = continuation }
                return state.failure
            }
            if let failure { return continuation.resume(throwing: failure) }
            send(.request(id: id, method: method, params: params))
            whenAsked(id)
        }
    }

    private func send(_ message: WireMessage) {
        let line = message.line
        state.withLock { state in
            if let input = state.input { input.write(line) } else { state.unsent += line }
        }
    }

    private func begin(_ input: ProgramInput) {
        state.withLock { state in
            state.input = input
            input.write(state.unsent)
            state.unsent = []
        }
    }

    // MARK: Hearing the plugin

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        // Only this thread touches the lines; they stay in the state so that there is one place for all of it.
        var lines = state.withLock { state in
            defer { state.lines = MessageLines() }
            return state.lines
        }
        defer { state.withLock { $0.lines = lines } }
        do throws(MessageLines.TooLong) {
            try lines.add(bytes) { line in
                guard isAlive else { return }
                do throws(WireMistake) {
                    try receive(try WireMessage(line: line))
                } catch {
                    end(.garbage(error, line: Array(line.prefix(200))))
                }
            }
        } catch {
            end(.longLine(beginning: error.beginning))
        }
    }

    private func receive(_ message: WireMessage) throws(WireMistake) {
        switch message {
        case .notification(PluginProtocol.Method.finding, let params):
            let (finding, id) = try Finding.read(params)
            try run(id).context.report(finding)
        case .notification(let method, let params): try receive(method, params)
        case .request(let id, let method, let params):
            guard let service = ServiceMethod(rawValue: method) else {
                let text = "there is no method '\(method)' in version \(PluginProtocol.version) of the protocol"
                return send(.failure(id: id, WireFailure(code: PluginProtocol.ErrorCode.methodNotFound, message: text)))
            }
            let run = try run(try WireObject(params, "the question '\(method)'").integer("run"))
            run.questions.yield(ActiveRun.Question(id: id, method: service, params: params))
        case .result(let id, let value): try resume(id, .success(value))
        case .failure(let id?, let failure): try resume(id, .failure(failure))
        case .failure(nil, let failure): throw WireMistake("it refuses a line of hook's: \(failure)")
        }
    }

    private func receive(_ method: String, _ params: JSONValue) throws(WireMistake) {
        let object = try WireObject(params, "'\(method)'")
        switch method {
        case PluginProtocol.Method.progress:
            let (completed, total) = (try object.integer("completed"), try object.optionalInteger("total"))
            try run(object.integer("run")).context.progress(completed: completed, total: total)
        case PluginProtocol.Method.log:
            let word = try object.string("level")
            guard let level = RuleContext.LogLevel(rawValue: word) else {
                throw WireMistake("'\(word)' is no level of the log; valid: debug, info, warning")
            }
            let message = try object.string("message")
            try run(object.integer("run")).context.log(level, message)
        case PluginProtocol.Method.reclaimed:
            let bytes: ByteSize = try object.value("bytes")
            try run(object.integer("run")).context.reclaimed(bytes)
        case PluginProtocol.Method.cancelRequest:
            let id = try object.integer("request")
            state.withLock { $0.questions[id] }?.cancel()
        default:
            let known = [
                PluginProtocol.Method.finding, PluginProtocol.Method.progress, PluginProtocol.Method.log, PluginProtocol.Method.reclaimed,
                PluginProtocol.Method.cancelRequest,
            ]
            throw WireMistake("there is no notification '\(method)'\(NearestName.hint(for: method, among: known))")
        }
    }

    private func run(_ id: Int) throws(WireMistake) -> ActiveRun {
        guard let run = state.withLock({ $0.runs[id] }) else { throw WireMistake("there is no run \(id)") }
        return run
    }

    private func resume(_ id: Int, _ result: Result<JSONValue, any Error>) throws(WireMistake) {
        let continuation = state.withLock { state in
            // What comes for a run after its answer belongs to nothing.
            state.runs[id] = nil
            return state.answers.removeValue(forKey: id)
        }
        guard let continuation else { throw WireMistake("it answers a request that was not made: \(id)") }
        continuation.resume(with: result)
    }

    private func receiveError(_ bytes: UnsafeRawBufferPointer) {
        let (context, lines) = state.withLock { state in
            state.errors.add(bytes)
            guard let context = state.runs.values.first?.context else { return (nil as RuleContext?, [String]()) }
            return (context, state.errors.takeUnlogged())
        }
        if let context { for line in lines { log(line, context) } }
    }

    private func log(_ line: String, _ context: RuleContext) { context.log(.info, "\(executable.path.description): \(line)") }

    // MARK: Serving the plugin

    private func serve(_ questions: AsyncStream<ActiveRun.Question>, with service: ServiceDesk) async {
        await withDiscardingTaskGroup { group in
            for await question in questions {
                // The plugin takes back one question by its ID: the group awaits the task, and holds it nowhere else.
                let task = Task { await self.answer(question, with: service) }
                state.withLock { $0.questions[question.id] = task }
                group.addTask {
                    await task.value
                    self.state.withLock { $0.questions[question.id] = nil }
                }
            }
            // The run is over: nobody waits for these answers any more.
            for task in state.withLock({ Array($0.questions.values) }) { task.cancel() }
        }
    }

    private func answer(_ question: ActiveRun.Question, with service: ServiceDesk) async {
        do {
            let value = try await service.answer(to: question)
            send(.result(id: question.id, value))
        } catch {
            send(.failure(id: question.id, WireFailure(error)))
        }
    }
}
