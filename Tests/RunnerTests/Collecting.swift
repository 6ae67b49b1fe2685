import HookKit

/// Collects registries' directories one after the other, and asks before, as the rules about them do.
struct Collecting: Rule {
    static let configuration = RuleConfiguration(name: "collecting", abstract: "Collect.")
    @Setting(help: "Directories.") var roots: [String]
    @Setting(help: "Whether a run gives the space back at once.") var givesBack: Bool = true

    func run(in context: RuleContext) async throws {
        for root in roots {
            let request = RegistryCollection(root: root, target: .garbage(repositories: []))
            let report = try await context.registryStores.collect(request, isDryRun: context.isDryRun)
            for group in report.groups where context.isDryRun {
                _ = try await context.permits(group.removals.map { $0.change(subject: group.subject) })
                let bytes = givesBack ? group.bytes : nil
                context.report(.passed(subject: group.subject, type: "would-remove", message: "garbage", bytes: bytes))
            }
            context.report(.passed(subject: root, type: "collected", message: "looked at"))
        }
    }
}
