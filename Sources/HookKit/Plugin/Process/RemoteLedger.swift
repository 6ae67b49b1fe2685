import PluginWire

/// The ledger of tags, by way of hook.
struct RemoteLedger: TagLedger {
    let host: RemoteHost

    func record(
        _ observations: [TagObservation],
        on engine: EngineIdentity,
        by build: BuildRecord,
        at time: Timestamp
    ) async throws -> [TagChange] {
        try await host.ask(.ledgerRecord, ["observations": observations, "engine": engine, "build": build, "time": time])
    }

    func compare(_ observations: [TagObservation], on engine: EngineIdentity) async throws -> [TagChange] {
        try await host.ask(.ledgerCompare, ["observations": observations, "engine": engine])
    }

    func record(_ events: [EngineEvent], on engine: EngineIdentity) async throws {
        try await host.ask(.ledgerRecordEvents, ["events": events, "engine": engine])
    }

    func generations(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: [TagGeneration]] {
        try await host.askForObject(.ledgerGenerationsOfImages, ["images": images, "engine": engine]).byDigest("generations")
    }

    func generations(
        of references: [ImageReference],
        newest count: Int?,
        on engine: EngineIdentity?
    ) async throws -> [ImageReference: [TagGeneration]] {
        let members: KeyValuePairs<String, (any WireValue)?> = ["references": references, "newest": count, "engine": engine]
        return try await host.askForObject(.ledgerGenerationsOfReferences, members).byReference("generations")
    }

    func latestGenerations(on engine: EngineIdentity) async throws -> [TagGeneration] {
        try await host.ask(.ledgerLatestGenerations, ["engine": engine])
    }

    func events(about subjects: [String], on engine: EngineIdentity) async throws -> [EngineEvent] {
        try await host.ask(.ledgerEvents, ["subjects": subjects, "engine": engine])
    }

    func newestEvent(on engine: EngineIdentity) async throws -> Timestamp? {
        try await host.askForObject(.ledgerNewestEvent, ["engine": engine]).optionalValue("time")
    }

    func lastUses(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: Timestamp] {
        try await host.askForObject(.ledgerLastUses, ["images": images, "engine": engine]).byDigest("times")
    }

    func lastUses(ofVolumes names: [String], on engine: EngineIdentity) async throws -> [String: Timestamp] {
        try await host.askForObject(.ledgerLastUsesOfVolumes, ["volumes": names, "engine": engine]).mapping("times") {
            (value) throws(WireMistake) in try Timestamp(wire: value)
        }
    }
}
