import HookKit
import Runner

extension RunResult {
    /// The engines that stages worked on, each once, in the order of the stages.
    var engines: [EngineIdentity] {
        var engines: [EngineIdentity] = []
        for stage in stages { if let engine = stage.engine, !engines.contains(engine) { engines.append(engine) } }
        return engines
    }
}
