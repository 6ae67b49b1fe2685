import HookKit

/// The keys under `docker`.
enum DockerKey: String, PipelineKey {
    case host

    static let owner = "'docker'"
    static let required: [DockerKey] = []

    var help: String {
        switch self {
        case .host: "The engine's address, as in DOCKER_HOST: unix:///var/run/docker.sock or tcp://host:2376."
        }
    }

    var schema: JSONValue {
        switch self {
        case .host: EngineHost.schema.json
        }
    }
}
