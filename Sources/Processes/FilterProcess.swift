package import HookKit
import Subprocess
import SystemPackage

/// A program that reads a file and writes bytes, such as a decompressor.
package struct FilterProcess: Sendable {
    /// How a filter ended.
    package struct End: Hashable, Sendable {
        /// How it ended.
        package let status: CommandResult.Status
        /// What it wrote to its standard error, at most 8 KiB of it; bytes that are no UTF-8 are replaced.
        package let errorText: String
    }

    private static let longestErrorText = 8192

    private let program: ProgramPath
    private let arguments: [String]

    /// Finds a filter's program in `searchPath`, or else in PATH; a `CommandError` says why it cannot be run.
    package init(_ arguments: [String], searchPath: String? = nil) throws(CommandError) {
        program = try ProgramPath(Command(arguments: arguments, directory: "/", environment: searchPath.map { ["PATH": $0] } ?? [:]))
        self.arguments = arguments
    }

    /// Runs the filter with an open file as its standard input, and hands over what it writes as it comes.
    ///
    /// The filter is killed when `output` throws, which this call then throws, or when the task is cancelled. `descriptor` stays the caller's.
    package func run(input descriptor: Int32, output: (UnsafeRawBufferPointer) throws -> Void) async throws -> End {
        do {
            let execution = try await Subprocess.run(
                .path(program.path),
                arguments: Arguments(executablePathOverride: program.name, remainingValues: Array(arguments.dropFirst())),
                input: .fileDescriptor(FileDescriptor(rawValue: descriptor), closeAfterSpawningProcess: false),
                output: .sequence,
                error: .sequence
            ) { execution in
                let errors = execution.standardError
                async let errorText = Self.text(of: errors)
                for try await buffer in execution.standardOutput { try buffer.withUnsafeBytes(output) }
                return try await errorText
            }
            let status: CommandResult.Status =
                switch execution.terminationStatus {
                case .exited(let code): .exited(Int(code))
                case .signaled(let signal): .signalled(Int(signal))
                }
            return End(status: status, errorText: execution.closureResult)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw program.sentence(for: error)
        }
    }

    /// Reads a stream to its end, so that its writer never waits, and keeps its beginning.
    private static func text(of stream: SubprocessOutputSequence) async throws -> String {
        var kept: [UInt8] = []
        for try await buffer in stream {
            buffer.withUnsafeBytes { kept += $0.prefix(longestErrorText - kept.count) }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
