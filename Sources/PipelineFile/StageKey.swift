import HookKit

/// The keys of a stage.
enum StageKey: String, PipelineKey {
    case name, rule, when, timeout
    case onFailure = "on-failure"
    case dryRun = "dry-run"
    case with

    static let owner = "a stage"
    static let required = [rule]

    var help: String {
        switch self {
        case .name: "The stage's name in reports and for --only and --skip; the rule's name when left out."
        case .rule: "The rule to carry out."
        case .when: "When the stage runs; otherwise it is skipped, and the report says why."
        case .timeout: "How long the stage may take."
        case .onFailure: "What becomes of the stages after this one when it fails."
        case .dryRun: "Whether the stage only reports what it would do."
        case .with: "The rule's settings."
        }
    }

    var schema: JSONValue {
        switch self {
        case .name: String.schema.json
        case .rule: String.schema.json
        case .when: PipelineSchema.mapping(of: WhenKey.self)
        case .timeout: Duration.schema.json
        case .onFailure: PipelineSchema.with(Stage.FailurePolicy.schema.json, default: .string(Stage.FailurePolicy.stop.rawValue))
        case .dryRun: PipelineSchema.with(Bool.schema.json, default: false)
        case .with: ["type": ["object", "null"]]
        }
    }
}
