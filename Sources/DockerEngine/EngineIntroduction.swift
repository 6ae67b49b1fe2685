import HookKit

/// What an engine says of itself, and what its clock said then.
struct EngineIntroduction: Sendable {
    /// Which engine it is.
    let identity: EngineIdentity
    /// What its clock said, where it says so.
    let time: Timestamp?
    /// When that was known here.
    let received: ContinuousClock.Instant

    /// What time it is on the engine's clock, a little behind rather than ahead: by as long as its answer took.
    func timeNow(at instant: ContinuousClock.Instant = .now) -> Timestamp? {
        time.map { $0 - (received - instant) }
    }
}
