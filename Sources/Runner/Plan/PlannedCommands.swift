import HookKit

/// Commands, as far as a plan has them.
struct PlannedCommands: CommandRunner {
    let base: any CommandRunner
    let permission: ChangePermission
    let seal: PlanSeal

    func run(_ command: Command, output: @escaping @Sendable (_ line: String) -> Void) async throws -> CommandResult {
        guard permission.permits(command: seal.digest(of: command)) else {
            throw CommandError("the plan does not have the command '\(command.arguments.first ?? "")' like this, so it is not run")
        }
        return try await base.run(command, output: output)
    }
}
