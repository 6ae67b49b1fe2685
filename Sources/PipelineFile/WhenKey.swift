import HookKit
import OCI

/// The keys under `when`.
enum WhenKey: String, PipelineKey {
    case status, branch, event, env

    static let owner = "'when'"
    static let required: [WhenKey] = []

    var help: String {
        switch self {
        case .status: "Whether the stages before must have passed, but for those with 'on-failure: continue', or one must have failed."
        case .branch:
            "Branches, as names or patterns; one of them must match. A build of a tag, or of a merge or pull request, is on none. In a push, any pushed "
                + "branch will do, by its name here or in the remote repository; a push of tags alone is on none."
        case .event: "What started the run: a CI system, a person, or git before a push."
        case .env: "Values that variables must have, as texts or patterns; all of them must match."
        }
    }

    var schema: JSONValue {
        switch self {
        case .status: PipelineSchema.with(Condition.Status.schema.json, default: .string(Condition.Status.success.rawValue))
        case .branch: PipelineSchema.oneOrMore(Glob.schema.json)
        case .event: PipelineSchema.oneOrMore(RunEnvironment.Event.schema.json)
        case .env: PipelineSchema.texts(named: VariableName.pattern)
        }
    }
}
