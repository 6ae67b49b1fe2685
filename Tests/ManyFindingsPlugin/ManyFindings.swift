import HookKit

/// Reports as many findings as it is told, for measurements.
struct ManyFindings: Rule {
    static let configuration = RuleConfiguration(name: "many-findings", abstract: "Report many findings.", effect: .observes)

    @Setting(help: "How many.") var count: Int

    init() {}

    func run(in context: RuleContext) async throws {
        for number in 0..<count {
            context.report(
                .passed(
                    subject: "registry.local:5000/shop/api:v\(number)",
                    type: "within-budget",
                    message: "takes 123.4MB of the 500MB that are allowed",
                    bytes: 123_400_000
                )
            )
        }
    }
}
