extension PlannedChange {
    /// A command that runs: nothing can foresee what it changes, so the command itself is what is planned.
    ///
    /// The target holds the command whole, the values of its variables included. A run makes a digest of it before it writes a plan.
    public static func running(_ command: Command, subject: String) -> PlannedChange {
        let environment = command.environment.sorted { $0.key < $1.key }
        let whole = JSONValue.array([
            .array(command.arguments.map { .string($0) }),
            .string(command.directory),
            .object(environment.map { .init($0.key, .string($0.value)) }),
        ])
        return PlannedChange(
            .runCommand,
            whole.text(),
            subject: subject,
            state: ["arguments": command.arguments, "directory": [command.directory], "variables": environment.map(\.key)]
        )
    }
}
