import HookKit

/// The keys of a pipeline file.
enum TopLevelKey: String, PipelineKey {
    case name, plugins, docker, ledger, variables, reports, stages

    static let owner = "the pipeline"
    static let required = [stages]

    /// Where the ledger lies when the file does not say.
    static let defaultLedger = ".hook/ledger.sqlite"

    var help: String {
        switch self {
        case .name: "The pipeline's name in reports; the file's name without its extension when left out."
        case .plugins: "Executables that bring rules of their own, relative to this file."
        case .docker: "The container engine; DOCKER_HOST, the docker context or the usual sockets when left out."
        case .ledger: "The file that remembers which tag pointed to which image, relative to this file."
        case .variables: "Values for ${NAME}; --set wins over them, and they win over the environment."
        case .reports: "Files to write reports to, relative to this file."
        case .stages: "What is done, in order."
        }
    }

    var schema: JSONValue {
        switch self {
        case .name: String.schema.json
        case .plugins: [ConfigPath].schema.json
        case .docker: PipelineSchema.mapping(of: DockerKey.self)
        case .ledger: PipelineSchema.with(ConfigPath.schema.json, default: .string(Self.defaultLedger))
        case .variables: PipelineSchema.texts(named: VariableName.pattern)
        case .reports: PipelineSchema.mapping(of: ReportFormat.self)
        case .stages: ["type": "array", "minItems": 1, "items": ["$ref": "#/$defs/stage"]]
        }
    }
}
