import HookKit

/// How reports name an engine.
extension EngineIdentity {
    /// Everything that tells what the findings stand on: `Docker 20.10.24, API 1.41, classic store, unix:///var/run/docker.sock`.
    var reportText: String { "\(product), API \(apiVersion), \(imageStore.rawValue) store, \(endpoint)" }
}
