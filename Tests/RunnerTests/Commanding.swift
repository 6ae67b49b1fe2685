import HookKit

/// Says that it only looks, and runs a command; whether it asks before is a setting.
struct Commanding: Rule {
    static let configuration = RuleConfiguration(name: "commanding", abstract: "Run.", effect: .observes)
    @Setting(help: "Command.") var command: String
    @Setting(help: "Whether it asks.") var asks: Bool

    func run(in context: RuleContext) async throws {
        let command = Command(arguments: [command], directory: "/")
        if asks { _ = try await context.permits(.running(command, subject: self.command)) }
        if !context.isDryRun { _ = try await context.commands.run(command) { _ in } }
        if !self.command.contains(" ") { return }
        let written = self.command.split(separator: " ").last ?? ""
        context.report(.passed(subject: self.command, type: "ran", message: "ran \(self.command)", details: ["wrote \(written)"]))
        context.report(.passed(subject: String(written), type: "other", message: "of something else"))
    }
}
