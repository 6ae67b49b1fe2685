import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A process that a test started: its output as it comes, its end, and signals to it by its ID.
///
/// It is always reaped, and killed when nothing holds this object any more.
package final class RunningProcess: Sendable {
    /// What a process reads.
    package enum Input: Sendable {
        /// Nothing: `/dev/null`.
        case nothing
        /// These bytes, then the end.
        case bytes([UInt8])
        /// What `write` is given, until `closeInput`.
        case open

        /// This text, then the end.
        package static func text(_ text: String) -> Input { .bytes(Array(text.utf8)) }
    }

    /// The variables that a process gets.
    package enum Environment: Sendable {
        /// Those of the test, with some changed, or removed where the value is `nil`.
        case inherited(changing: [String: String?] = [:])
        /// These and no others.
        case exactly([String: String])
    }

    /// The program and its arguments.
    package let arguments: [String]
    /// The process's ID.
    package let identifier: Int32
    private let record: ProcessRecord
    private let input: InputPipe

    /// Starts a process; the program is looked for in `PATH` where it has no slash.
    package init(
        _ arguments: [String],
        environment: Environment = .inherited(),
        directory: String? = nil,
        input: Input = .nothing
    ) throws {
        self.arguments = arguments
        let spawned = try SpawnedProcess(arguments, environment: environment, directory: directory, input: input)
        identifier = spawned.identifier
        record = ProcessRecord(identifier: spawned.identifier)
        self.input = InputPipe(spawned.input)
        record.follow(output: spawned.output, error: spawned.error)
        if case .bytes(let bytes) = input {
            let pipe = self.input
            BackgroundThread.start {
                pipe.write(bytes)
                pipe.close()
            }
        }
    }

    /// Starts a process at a terminal of its own: all that is shown there is its standard output, and `write` types.
    package init(
        _ arguments: [String],
        at size: TerminalSize,
        environment: Environment = .inherited(),
        directory: String? = nil
    ) throws {
        self.arguments = arguments
        let terminal = try PseudoTerminal(size)
        let keyboard = dup(terminal.descriptor)
        let spawned: SpawnedProcess
        do {
            guard keyboard >= 0, fcntl(keyboard, F_SETFD, FD_CLOEXEC) == 0 else { throw FileFailure("dup", terminal.path) }
            spawned = try SpawnedProcess(arguments, environment: environment, directory: directory, at: terminal)
        } catch {
            close(terminal.descriptor)
            if keyboard >= 0 { close(keyboard) }
            throw error
        }
        identifier = spawned.identifier
        record = ProcessRecord(identifier: spawned.identifier)
        input = InputPipe(keyboard)
        record.follow(output: spawned.output, error: spawned.error)
    }

    /// Changes the size of the terminal that the process was started at.
    package func resize(to size: TerminalSize) throws { try input.resize(to: size) }

    deinit {
        record.signal(SIGKILL)
        input.close()
    }

    /// What is known of the process now.
    package var now: ProcessOutcome { record.outcome }

    /// Sends a signal to the process; nothing happens once it has ended.
    package func signal(_ signal: Int32) { record.signal(signal) }

    /// Writes to the process's input; says whether it still reads.
    @discardableResult
    package func write(_ text: String) -> Bool { input.write(Array(text.utf8)) }

    /// Ends the process's input.
    package func closeInput() { input.close() }

    /// Waits until the process has ended and its outputs are closed.
    package func end(within limit: Duration = .seconds(300)) async throws -> ProcessOutcome {
        try await wait(for: "to end", within: limit) { $0.status != nil && $0.isOutputClosed }
    }

    /// Waits until the process has written a text to its standard output or standard error, or has ended without.
    ///
    /// - Returns: what it wrote until then; throws where it ended without having written the text.
    @discardableResult
    package func output(containing text: String, within limit: Duration = .seconds(300)) async throws -> ProcessOutcome {
        let outcome = try await wait(for: "to write '\(text)'", within: limit) { outcome in
            outcome.standardOutput.contains(text) || outcome.standardError.contains(text)
                || (outcome.status != nil && outcome.isOutputClosed)
        }
        guard outcome.standardOutput.contains(text) || outcome.standardError.contains(text) else {
            throw ProcessFailure("'\(arguments.joined(separator: " "))' ended without having written '\(text)': \(outcome)")
        }
        return outcome
    }

    /// Waits until what is known of the process meets a condition.
    package func wait(
        for description: String,
        within limit: Duration = .seconds(300),
        until condition: @escaping @Sendable (ProcessOutcome) -> Bool
    ) async throws -> ProcessOutcome {
        let record = self.record
        let command = arguments.joined(separator: " ")
        return try await withThrowingTaskGroup { group in
            group.addTask { try await record.wait(until: condition) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw ProcessFailure("'\(command)' took more than \(limit) \(description): \(record.outcome)")
            }
            defer { group.cancelAll() }
            guard let outcome = try await group.next() else { throw CancellationError() }
            return outcome
        }
    }
}

/// Runs a process to its end; one that takes longer than `limit` is killed, and the call throws.
package func runProcess(
    _ arguments: [String],
    environment: RunningProcess.Environment = .inherited(),
    directory: String? = nil,
    input: RunningProcess.Input = .nothing,
    within limit: Duration = .seconds(600)
) async throws -> ProcessOutcome {
    let process = try RunningProcess(arguments, environment: environment, directory: directory, input: input)
    defer { withExtendedLifetime(process) {} }
    return try await process.end(within: limit)
}
