import HookKit

/// What an engine says of itself, and what its clock said then.
struct EngineIntroduction: Sendable {
    /// Which engine it is.
    let identity: EngineIdentity
    /// What its clock said, where it says so.
    let time: Timestamp?
    /// When that was known here.
    let received: ContinuousClock.Instant
    /// How long the engine took to say it: its clock was read at some moment in between.
    let delay: Duration

    /// The earliest and the latest that the engine's clock can show now; `nil` where the engine does not say what time it is.
    func timeNow(at instant: ContinuousClock.Instant = .now) -> ClosedRange<Timestamp>? {
        time.map { time in
            let earliest = time - (received - instant)
            return earliest...(earliest - (.zero - delay))
        }
    }
}
