import HookKit

/// A rule with settings of every kind.
struct EverySetting: Rule {
    /// A choice among words.
    enum Mode: String, SettingChoice {
        case fast
        case careful
    }

    static let configuration = RuleConfiguration(
        name: "every-setting",
        abstract: "Take settings of every kind.",
        discussion: "It reports what it was given.\n\nIt changes nothing.",
        effect: .observes,
        examples: [
            RuleExample("a list", settings: ["images": ["shop/*"], "limit": "1GB"], finds: [.init(.passed, "given", "settings")]),
            RuleExample("too few", settings: [:], isRefused: "every-setting needs the setting 'images'"),
        ]
    )

    @Setting(help: "Images.") var images: [ReferencePattern]
    @Setting(help: "A size.") var limit: ByteSize = "500MB"
    @Setting(help: "A duration.") var olderThan: Duration = .seconds(3600)
    @Setting(help: "A number.") var keepLast = 3
    @Setting(help: "A flag.") var dangling = true
    @Setting(help: "A choice.") var mode: Mode = .fast
    @Setting(help: "A text.") var note: String?
    @Setting(help: "A path.") var report: ConfigPath?
    @Setting(help: "Labels.") var labels: [String: String] = [:]
    @Setting(help: "Sizes by name.") var budgets: [String: ByteSize] = [:]
    @Setting(help: "Numbers.") var codes: [Int] = [0]

    init() {}

    func validate() throws(RuleValidationError) {
        if mode == .careful, keepLast == 0 { throw RuleValidationError("'mode' cannot be careful while 'keep-last' is 0", key: "mode") }
    }

    func run(in context: RuleContext) async throws {
        context.progress(completed: 1, total: 2)
        context.log(.warning, "in \(context.directory), stage \(context.stage), dry run: \(context.isDryRun)")
        context.reclaimed(1234)
        let given: [String] = [
            "images: \(images)", "limit: \(limit)", "older-than: \(olderThan.settingText)", "keep-last: \(keepLast)",
            "dangling: \(dangling)",
            "mode: \(mode)", "note: \(note ?? "none")", "report: \(report?.absolute ?? "none")",
            "labels: \(labels.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })",
            "budgets: \(budgets.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })", "codes: \(codes)",
            "branch: \(context.environment.build.branch ?? "none")", "event: \(context.environment.event.rawValue)",
            "variable: \(context.environment.variables["MARK"] ?? "none")",
        ]
        context.report(
            .passed(
                subject: "settings",
                type: "given",
                message: "as given, \"quoted\" and \u{1}",
                details: given,
                remedy: "none",
                bytes: 7,
                evidence: ["list": [1, true, .null, .number(1.5)]]
            )
        )
    }
}
