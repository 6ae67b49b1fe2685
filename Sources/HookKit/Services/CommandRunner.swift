/// Runs commands as processes of their own.
public protocol CommandRunner: Sendable {
    /// Runs a command to its end, handing every line that it writes to `output` as it comes.
    ///
    /// When the task is cancelled, the command's whole process group gets SIGTERM, and SIGKILL after `command.gracePeriod`.
    func run(_ command: Command, output: @escaping @Sendable (_ line: String) -> Void) async throws -> CommandResult
}

/// A command to run.
public struct Command: Hashable, Sendable {
    /// The program, looked for in PATH where it has no slash, and its arguments.
    public let arguments: [String]
    /// The directory to run it in.
    public let directory: String
    /// Variables that are added to hook's own environment.
    public let environment: [String: String]
    /// How long to wait between SIGTERM and SIGKILL.
    public let gracePeriod: Duration

    /// Describes a command; `arguments` holds at least the program.
    public init(arguments: [String], directory: String, environment: [String: String] = [:], gracePeriod: Duration = .seconds(5)) {
        self.arguments = arguments
        self.directory = directory
        self.environment = environment
        self.gracePeriod = gracePeriod
    }
}

/// How a command ended.
public struct CommandResult: Hashable, Sendable {
    /// How a process ends.
    public enum Status: Hashable, Sendable {
        /// It ended by itself, with this code.
        case exited(Int)
        /// A signal ended it.
        case signalled(Int)
    }

    /// How it ended.
    public let status: Status
    /// The last lines that it wrote, standard output and standard error as they came.
    public let lastLines: [String]

    /// Describes an end.
    public init(status: Status, lastLines: [String]) {
        self.status = status
        self.lastLines = lastLines
    }
}

/// Why a command could not be run at all.
public struct CommandError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    public let description: String

    /// Makes an error.
    public init(_ description: String) { self.description = description }
}
