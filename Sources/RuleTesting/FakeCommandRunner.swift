public import HookKit
import Synchronization

/// A runner that starts no process: it answers as it was told, and remembers what it was asked to run.
public final class FakeCommandRunner: CommandRunner {
    /// What a command does instead of running: it may write lines, and says how it ended.
    public typealias Behaviour = @Sendable (_ command: Command, _ output: (_ line: String) -> Void) async throws -> CommandResult.Status

    private let behaviour: Behaviour
    private let asked = Mutex<[Command]>([])

    /// Makes a runner whose commands do what a test says.
    public init(_ behaviour: @escaping Behaviour) { self.behaviour = behaviour }

    /// Makes a runner whose commands end with the exit codes that a world gives, and write nothing; others cannot be started.
    public convenience init(_ world: ExampleWorld) {
        self.init { command, _ in
            let name = Self.name(of: command)
            guard let code = world.commands[name] else { throw CommandError("cannot run '\(name)': there is no such program in PATH") }
            return .exited(code)
        }
    }

    /// Every command in order.
    public var commands: [Command] { asked.withLock { $0 } }

    /// Lets a command do what it was told to do.
    public func run(_ command: Command, output: @escaping @Sendable (_ line: String) -> Void) async throws -> CommandResult {
        asked.withLock { $0.append(command) }
        let lines = Mutex<[String]>([])
        let status = try await behaviour(command) { line in
            lines.withLock { $0.append(line) }
            output(line)
        }
        return CommandResult(status: status, lastLines: lines.withLock { $0 })
    }

    /// What an example calls a command: its first argument, or a shell's text.
    private static func name(of command: Command) -> String {
        let program = command.arguments.first ?? ""
        let shells = ["sh", "bash", "dash", "zsh", "ksh"]
        guard let file = program.split(separator: "/").last, shells.contains(String(file)), command.arguments.count > 2,
            let flag = command.arguments.dropFirst().firstIndex(where: { $0.hasPrefix("-") && $0.hasSuffix("c") }),
            flag + 1 < command.arguments.count
        else { return program }
        return command.arguments[flag + 1]
    }
}
