/// What is known of a process: what it wrote, and how it ended.
package struct ProcessOutcome: Sendable, CustomStringConvertible {
    /// How a process ends.
    package enum Status: Hashable, Sendable {
        /// It ended by itself, with this code.
        case exited(Int32)
        /// A signal ended it.
        case signalled(Int32)
    }

    /// How it ended; `nil` while it runs.
    package var status: Status?
    /// What it wrote to its standard output.
    package var outputBytes: [UInt8] = []
    /// What it wrote to its standard error.
    package var errorBytes: [UInt8] = []
    /// Says whether nobody can write to its outputs any more, processes that it started included.
    package var isOutputClosed = false

    /// What it wrote to its standard output; bytes that are no UTF-8 are repaired.
    package var standardOutput: String { String(decoding: outputBytes, as: UTF8.self) }

    /// What it wrote to its standard error; bytes that are no UTF-8 are repaired.
    package var standardError: String { String(decoding: errorBytes, as: UTF8.self) }

    /// The exit code; `nil` while it runs, and where a signal ended it.
    package var exitCode: Int32? {
        guard case .exited(let code) = status else { return nil }
        return code
    }

    /// The end and both outputs, for a failed test's message.
    package var description: String {
        let end =
            switch status {
            case .exited(let code): "exit code \(code)"
            case .signalled(let signal): "ended by signal \(signal)"
            case nil: "runs"
            }
        return
            "\(end)\(isOutputClosed ? "" : ", its outputs are open")\n--- standard output\n\(standardOutput)\n--- standard error\n\(standardError)"
    }
}
