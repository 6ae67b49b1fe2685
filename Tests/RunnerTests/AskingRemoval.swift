import HookKit

/// Removes every image without a tag, and asks before, as a rule should.
struct AskingRemoval: Rule {
    static let configuration = RuleConfiguration(name: "asking-removal", abstract: "Remove.")

    func run(in context: RuleContext) async throws {
        let engine = try await context.engine
        let used = Set(try await engine.containers().map(\.image))
        for image in try await engine.images(.current) where image.isUntagged {
            if used.contains(image.id) {
                context.report(.passed(subject: image.id.short, type: "kept", message: "a container uses it"))
                continue
            }
            guard try await context.permits(.removing(image, subject: image.id.short)) else {
                context.report(.notInPlan(subject: image.id.short))
                continue
            }
            if !context.isDryRun { _ = try await engine.removeImage(image.id) }
            let type = context.isDryRun ? "would-remove" : "removed"
            let bytes = context.isDryRun ? ByteSize(bytes: 1000) : nil
            context.report(.passed(subject: image.id.short, type: type, message: "dangling", bytes: bytes))
        }
    }
}
