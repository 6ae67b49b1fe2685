import HookKit

/// An answer to `GET /system/df`.
struct MeasuredStorage: Sendable {
    let usage: EngineDiskUsage
    /// Every image, intermediate ones included, where the answer has them all.
    let listing: [EngineImage]?
}
