import HookKit

/// Runs a command as a stage, with the tags before and after compared.
struct Exec: Rule {
    static let configuration = RuleConfiguration(
        name: "exec",
        abstract: "Run a command as a stage, and say which tags it made, moved or removed.",
        discussion: """
            The command runs in the pipeline file's directory, with hook's environment and what 'environment' adds. What it writes goes to the log. \
            An exit code other than 0 is a failure. Where no engine answers, the command runs all the same and a finding says that tags were not \
            compared. In a dry run the command is not run.
            """,
        effect: .changes,
        examples: [
            RuleExample(
                "A command that ends with 0 passes.",
                settings: ["run": "make image"],
                in: ExampleWorld(commands: ["make image": 0]),
                finds: [.init(.passed, "exit-code", "make image")]
            ),
            RuleExample(
                "Any other exit code is a failure.",
                settings: ["command": ["false"]],
                in: ExampleWorld(commands: ["false": 1]),
                finds: [.init(.failed, "exit-code", "false")]
            ),
            RuleExample("A command must be given.", settings: [:], isRefused: "exec needs 'run' or 'command'"),
            RuleExample(
                "One command is enough.",
                settings: ["run": "make", "command": ["make"]],
                isRefused: "exec takes 'run' or 'command', not both"
            ),
        ]
    )

    @Setting(help: "Script that '/bin/sh -e' runs.") var run: String?
    @Setting(help: "Program and its arguments, run without a shell.") var command: [String]?
    @Setting(help: "Variables that are added to the environment.") var environment: [String: String] = [:]
    @Setting(help: "Directory to run it in; the pipeline file's where nothing is said.") var directory: ConfigPath?
    @Setting(help: "Tags to compare before and after.") var images: [ReferencePattern] = [.everything]

    func validate() throws(RuleValidationError) {
        if run == nil, command == nil { throw RuleValidationError("exec needs 'run' or 'command'") }
        if run != nil, command != nil { throw RuleValidationError("exec takes 'run' or 'command', not both", key: "command") }
        if let command, command.isEmpty { throw RuleValidationError("'command' must name a program", key: "command") }
        try images.checkTags("images")
    }

    func run(in context: RuleContext) async throws {
        let subject = run.map(Self.firstLine) ?? (command ?? []).joined(separator: " ")
        let command = Command(
            arguments: run.map { ["/bin/sh", "-e", "-c", $0] } ?? command ?? [],
            directory: directory?.absolute ?? context.directory,
            environment: environment
        )
        guard try await context.permits(.running(command, subject: subject)) else {
            context.report(.notInPlan(subject: subject, message: "it is not in the plan, so it is not run"))
            return
        }
        if context.isDryRun {
            context.report(.skipped(subject: subject, type: "dry-run", message: "would run '\(subject)'"))
            return
        }
        let before = await tags(in: context)
        let result = try await context.commands.run(command) { line in context.log(.info, line) }
        let after = await tags(in: context)
        context.report(Self.finding(subject, result))
        switch (before, after) {
        case (.success(let before), .success(let after)): compare(before, after, in: context)
        case (.failure(let error), _), (_, .failure(let error)):
            context.report(.skipped(subject: "tags", type: "not-compared", message: "the tags were not compared: \(error)"))
        }
    }

    private static func firstLine(_ script: String) -> String {
        let lines = script.split(whereSeparator: \.isNewline)
        return lines.count > 1 ? "\(lines[0]) ..." : lines.first.map(String.init) ?? script
    }

    private static func finding(_ subject: String, _ result: CommandResult) -> Finding {
        switch result.status {
        case .exited(0):
            return .passed(subject: subject, type: "exit-code", message: "ended with exit code 0")
        case .exited(let code):
            return .failed(subject: subject, type: "exit-code", message: "ended with exit code \(code)", details: result.lastLines)
        case .signalled(let signal):
            return .failed(subject: subject, type: "signal", message: "was ended by signal \(signal)", details: result.lastLines)
        }
    }

    private func tags(in context: RuleContext) async -> Result<[ImageReference: Digest], EngineError> {
        // Where there is nothing to compare, there need be no engine.
        if images.isEmpty { return .success([:]) }
        do {
            let listing = try await context.engine.images(.current)
            var result: [ImageReference: Digest] = [:]
            for image in listing {
                for reference in image.references where images.contains(where: { $0.matches(reference) }) { result[reference] = image.id }
            }
            return .success(result)
        } catch let error as EngineError {
            return .failure(error)
        } catch {
            return .failure(EngineError(.unreachable, "\(error)"))
        }
    }

    private func compare(_ before: [ImageReference: Digest], _ after: [ImageReference: Digest], in context: RuleContext) {
        for reference in Set(before.keys).union(after.keys).sorted() {
            let subject = reference.description
            switch (before[reference], after[reference]) {
            case (nil, let new?): context.report(.passed(subject: subject, type: "tag-new", message: "names \(new.short)"))
            case (let old?, nil): context.report(.passed(subject: subject, type: "tag-removed", message: "named \(old.short)"))
            case (let old?, let new?) where old != new:
                context.report(.passed(subject: subject, type: "tag-moved", message: "moved from \(old.short) to \(new.short)"))
            default: break
            }
        }
    }
}
