package import HookKit
import Subprocess
import SystemPackage

/// A program that is talked to over its standard input and output, in a session of its own.
///
/// It inherits no descriptor but its three. Whatever it started in its session ends with it; a process that leaves the session (`setsid`) has left
/// the program, and holds nothing up.
package struct ProgramConversation: Sendable {
    /// How a conversation ends.
    package enum Farewell: Sendable {
        /// The program may end by itself.
        case endOfInput
        /// It must end.
        case termination
    }

    /// What a program says.
    package struct Listener: Sendable {
        /// Takes what it writes to its standard output, as it comes, on one thread.
        package let output: @Sendable (UnsafeRawBufferPointer) -> Void
        /// Takes what it writes to its standard error, as it comes, on the same thread.
        package let error: @Sendable (UnsafeRawBufferPointer) -> Void
        /// Called once, on the same thread, when there will be no more output: it closed it, or ended.
        package let outputEnded: @Sendable () -> Void

        /// Listens to a program.
        package init(
            output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
            error: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
            outputEnded: @escaping @Sendable () -> Void
        ) {
            self.output = output
            self.error = error
            self.outputEnded = outputEnded
        }
    }

    private let command: Command
    private let program: ProgramPath

    /// Finds the program; a `CommandError` says why it cannot be run.
    package init(_ command: Command) throws(CommandError) {
        self.command = command
        program = try ProgramPath(command)
    }

    /// Starts the program and has a conversation with it; how it ended.
    ///
    /// When `talk` returns, the program's input is closed. What `talk` returned says what comes first: the command's grace period, in which the
    /// program may end by itself, or SIGTERM to its session at once; SIGKILL comes when as long has passed again. The call returns when nothing of the session is left and everything that was written before is handed over. It
    /// does not heed cancellation: `talk` decides when the conversation is over.
    package func run(_ listener: Listener, talk: @Sendable (ProgramInput) async -> Farewell) async throws -> CommandResult.Status {
        let pipes: ConversationPipes
        do throws(CommandError) {
            pipes = try ConversationPipes()
        } catch {
            throw CommandError("cannot run '\(program.name)': \(error)")
        }
        let pump = ConversationPump(pipes, listener: listener)
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
                input: .fileDescriptor(FileDescriptor(rawValue: pipes.input.read), closeAfterSpawningProcess: true),
                output: .fileDescriptor(FileDescriptor(rawValue: pipes.output.write), closeAfterSpawningProcess: true),
                error: .fileDescriptor(FileDescriptor(rawValue: pipes.error.write), closeAfterSpawningProcess: true)
            ) { execution in
                // The process is reaped after this closure, and until then its ID names nothing else.
                let session = ProcessSession(leader: execution.processIdentifier.value)
                await converse(with: session, pump: pump, talk: talk)
            }
            switch execution.terminationStatus {
            case .exited(let code): return .exited(Int(code))
            case .signaled(let signal): return .signalled(Int(signal))
            }
        } catch let error as SubprocessError {
            pump.discard()
            throw program.sentence(for: error)
        }
    }

    private func converse(
        with session: ProcessSession,
        pump: ConversationPump,
        talk: @Sendable (ProgramInput) async -> Farewell
    ) async {
        let (events, sender) = AsyncStream.makeStream(of: SessionEvent.self)
        pump.start()
        // What a child of the program keeps open is not the program's own output any more.
        session.whenLeaderExits { pump.finish() }
        let farewell = await talk(ProgramInput(pump: pump))
        pump.closeInput()
        let end = SessionEnd(session: session, gracePeriod: command.gracePeriod)
        let gracePeriod = command.gracePeriod
        await withTaskGroup(of: Void.self) { group in
            if farewell == .termination { sender.yield(.stop) }
            group.addTask {
                // A cancelled sleep means that the program has ended.
                guard (try? await Task.sleep(for: gracePeriod)) != nil else { return }
                sender.yield(.stop)
            }
            _ = await end.reach(events: events, sender: sender)
            group.cancelAll()
        }
        await pump.finished()
    }
}
