public import OCI

/// What tag pointed to which image, when, and who built it: the evidence that outlasts the engine's memory.
///
/// Several processes may use one ledger at the same time. In a dry run nothing is written, and a ledger that does not exist is empty.
public protocol TagLedger: Sendable {
    /// Writes what every given tag names now, and says of each what that means against what the ledger knew.
    ///
    /// All of it is written, or nothing.
    func record(_ observations: [TagObservation], on engine: EngineIdentity, by build: BuildRecord, at time: Timestamp) async throws
        -> [TagChange]

    /// Says what `record` would say, and writes nothing.
    func compare(_ observations: [TagObservation], on engine: EngineIdentity) async throws -> [TagChange]

    /// Writes events of the engine; one that is known already is not written twice.
    func record(_ events: [EngineEvent], on engine: EngineIdentity) async throws

    /// Every stretch of time during which one of these images had a tag, by image, oldest first.
    func generations(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: [TagGeneration]]

    /// The stretches of time that these tags spent on some image, by tag, oldest first: the newest of each, or all.
    ///
    /// A tag that is rebuilt many times a day has thousands; ask for as many as matter. Without an engine those on every engine that the ledger
    /// knows are told, engine by engine, and as many of each.
    func generations(of references: [ImageReference], newest count: Int?, on engine: EngineIdentity?) async throws
        -> [ImageReference: [TagGeneration]]

    /// The newest generation of every tag that the ledger knows on the engine.
    func latestGenerations(on engine: EngineIdentity) async throws -> [TagGeneration]

    /// The events that name one of these images or references, oldest first.
    func events(about subjects: [String], on engine: EngineIdentity) async throws -> [EngineEvent]

    /// The time of the newest event that was written.
    func newestEvent(on engine: EngineIdentity) async throws -> Timestamp?

    /// When each of these images was last used by what the ledger knows: a container made from it, or a tag put on it.
    func lastUses(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: Timestamp]

    /// When each of these volumes was last made, mounted or unmounted by the events that were written.
    func lastUses(ofVolumes names: [String], on engine: EngineIdentity) async throws -> [String: Timestamp]
}

extension TagLedger {
    /// Every stretch of time that one of these tags spent on some image, by tag, oldest first.
    public func generations(of references: [ImageReference], on engine: EngineIdentity) async throws -> [ImageReference: [TagGeneration]] {
        try await generations(of: references, newest: nil, on: engine)
    }
}
