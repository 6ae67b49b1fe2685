import HookKit
import OCI

/// A rule with a setting of every kind, none of them required.
struct PruneRule: Rule {
    static let configuration = RuleConfiguration(name: "prune", abstract: "Removes images.")
    @Setting(help: "Images to act on.") var images: [ReferencePattern] = []
    @Setting(help: "Smallest age.") var olderThan: Duration = .seconds(3600)
    @Setting(help: "How many to keep.") var keepLast = 0
    @Setting(help: "Whether to take images without a name.") var dangling = true
    @Setting(help: "A disk budget.") var keepBytes: ByteSize?
    @Setting(help: "Labels that images must have.") var labels: [String: String] = [:]
    func run(in context: RuleContext) async throws {}
}

/// A rule with a required setting, and a check that involves two of them.
struct ArchiveRule: Rule {
    static let configuration = RuleConfiguration(name: "check-archive", abstract: "Looks into archives.", effect: .observes)
    @Setting(help: "The archive.") var archive: ConfigPath
    @Setting(help: "What the archive must hold.") var image: String?
    @Setting(help: "Names to tell apart.") var names: [String] = []
    func validate() throws(RuleValidationError) {
        if image != nil, !names.isEmpty { throw RuleValidationError("'image' and 'names' exclude each other", key: "names") }
    }
    func run(in context: RuleContext) async throws {}
}

extension RuleRegistry {
    /// The two rules of these tests.
    static func forTests() throws -> RuleRegistry {
        var registry = RuleRegistry()
        try registry.register(RegisteredRule(PruneRule.self, origin: "tests"))
        try registry.register(RegisteredRule(ArchiveRule.self, origin: "tests"))
        return registry
    }
}
