package import HookKit

/// The runner of a dry run: it runs nothing, and says so.
package struct RefusingCommandRunner: CommandRunner {
    /// Makes a runner.
    package init() {}

    /// Throws a `CommandError`.
    package func run(_ command: Command, output: @escaping @Sendable (_ line: String) -> Void) async throws -> CommandResult {
        let lines = command.arguments.joined(separator: " ").split(whereSeparator: \.isNewline)
        let text = lines.count > 1 ? "\(lines[0]) ..." : lines.first.map(String.init) ?? ""
        throw CommandError("a dry run runs no command, so '\(text)' was not run")
    }
}
