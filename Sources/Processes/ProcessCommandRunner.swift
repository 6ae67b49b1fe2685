package import HookKit
import Subprocess

/// Runs commands as processes in sessions of their own.
///
/// A command reads nothing (`/dev/null`), has no terminal, and inherits no descriptor. Whatever it started in its session ends with it:
/// SIGTERM when the command itself has ended or its task is cancelled, SIGKILL after the grace period. A process that leaves the session
/// (`setsid`) has left the command.
package struct ProcessCommandRunner: CommandRunner {
    /// The most bytes that are handed over as one line; what is longer comes in pieces.
    package static let longestLine = 65_536
    /// How many lines a result keeps.
    package static let keptLines = 20

    /// Makes a runner.
    package init() {}

    /// Runs a command to its end; a command that cannot be started is a `CommandError`.
    ///
    /// Standard output and standard error are one stream, so that lines come in the order in which they were written. Bytes that are no UTF-8
    /// are replaced by U+FFFD. A task that is cancelled while the command runs gets `CancellationError`, when the whole session has ended.
    package func run(_ command: Command, output: @escaping @Sendable (_ line: String) -> Void) async throws -> CommandResult {
        try Task.checkCancellation()
        let program = try ProgramPath(command)
        let (events, sender) = AsyncStream.makeStream(of: SessionEvent.self)
        // The command must be followed to its end by a task that is not cancelled. It is awaited here, and nothing else holds it.
        let following = Task { try await follow(command, program, events: events, sender: sender, output: output) }
        let (result, wasStopped) = try await withTaskCancellationHandler {
            try await following.value
        } onCancel: {
            sender.yield(.stop)
        }
        if wasStopped { throw CancellationError() }
        return result
    }

    private func follow(
        _ command: Command,
        _ program: ProgramPath,
        events: AsyncStream<SessionEvent>,
        sender: AsyncStream<SessionEvent>.Continuation,
        output: @escaping @Sendable (_ line: String) -> Void
    ) async throws -> (result: CommandResult, wasStopped: Bool) {
        var options = PlatformOptions()
        options.createSession = true
        do {
            let execution = try await Subprocess.run(
                .path(program.path),
                arguments: Arguments(executablePathOverride: program.name, remainingValues: Array(command.arguments.dropFirst())),
                environment: .inherit.updating(
                    Dictionary(uniqueKeysWithValues: command.environment.map { (.init(stringLiteral: $0), $1) })
                ),
                workingDirectory: program.directory,
                platformOptions: options,
                input: .none,
                output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                // The process is reaped after this closure, and until then its ID names nothing else.
                let session = ProcessSession(leader: execution.processIdentifier.value)
                let end = SessionEnd(session: session, gracePeriod: command.gracePeriod)
                async let wasStopped = end.reach(events: events, sender: sender)
                let lines = try await Self.read(execution.standardOutput, until: end, output: output)
                return (lines, await wasStopped)
            }
            let status: CommandResult.Status =
                switch execution.terminationStatus {
                case .exited(let code): .exited(Int(code))
                case .signaled(let signal): .signalled(Int(signal))
                }
            return (CommandResult(status: status, lastLines: execution.closureResult.0), execution.closureResult.1)
        } catch let error as SubprocessError {
            throw program.sentence(for: error)
        }
    }

    /// Reads until nobody can write any more, or the session has ended; the last lines.
    private static func read(
        _ stream: SubprocessOutputSequence,
        until end: SessionEnd,
        output: @Sendable (_ line: String) -> Void
    ) async throws -> [String] {
        var splitter = LineSplitter(longestLine: longestLine)
        var last: [String] = []
        func take(_ line: String) {
            if last.count == keptLines { last.removeFirst() }
            last.append(line)
            output(line)
        }
        var buffers = stream.makeAsyncIterator()
        while true {
            // A process that left the session may write for ever: one more read takes all that was written before the session's end.
            let isLast = end.isReached
            guard let buffer = try await buffers.next() else { break }
            buffer.withUnsafeBytes { splitter.add($0, line: take) }
            if isLast { break }
            // Where a program writes without end there is always something to read: the other tasks get their turn in between.
            await Task.yield()
        }
        splitter.finish(line: take)
        return last
    }
}
