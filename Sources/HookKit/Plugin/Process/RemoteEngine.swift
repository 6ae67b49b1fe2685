import PluginWire

/// The container engine, by way of hook.
struct RemoteEngine: ContainerEngine {
    let host: RemoteHost

    var identity: EngineIdentity { get async throws { try await host.ask(.engineIdentity) } }

    func images(_ freshness: ListingFreshness) async throws -> [EngineImage] {
        try await host.ask(.engineImages, ["isCurrent": freshness == .current])
    }

    func diskUsage() async throws -> EngineDiskUsage { try await host.ask(.engineDiskUsage) }

    func inspectImages(_ identifiers: [Digest]) async throws -> [Digest: EngineImageDetails] {
        try await host.askForObject(.engineInspectImages, ["images": identifiers]).byDigest("images")
    }

    func containers() async throws -> [EngineContainer] { try await host.ask(.engineContainers) }

    func inspectContainers(_ identifiers: [String]) async throws -> [String: EngineContainerDetails] {
        try await host.ask(.engineInspectContainers, ["containers": identifiers])
    }

    func serviceImages() async throws -> [String] { try await host.ask(.engineServiceImages) }

    func networks() async throws -> [EngineNetwork] { try await host.ask(.engineNetworks) }

    func volumes() async throws -> [EngineVolume] { try await host.ask(.engineVolumes) }

    func events(since: Timestamp?) async throws -> [EngineEvent] { try await host.ask(.engineEvents, ["since": since]) }

    func watch() async throws -> any EngineWatch { RemoteWatch(host: host, number: try await host.ask(.engineWatch)) }

    func removeImage(_ identifier: Digest) async throws -> ImageRemoval { try await host.ask(.engineRemoveImage, ["image": identifier]) }

    func removeTag(_ reference: ImageReference) async throws -> ImageRemoval {
        try await host.ask(.engineRemoveTag, ["reference": reference])
    }

    func removeContainer(_ identifier: String) async throws { try await host.ask(.engineRemoveContainer, ["container": identifier]) }

    func removeNetwork(_ identifier: String) async throws { try await host.ask(.engineRemoveNetwork, ["network": identifier]) }

    func removeVolume(_ name: String) async throws { try await host.ask(.engineRemoveVolume, ["volume": name]) }

    func removeBuildCache(_ identifier: String) async throws -> ByteSize {
        try await host.ask(.engineRemoveBuildCache, ["record": identifier])
    }
}

/// The engine's events, by way of hook.
struct RemoteWatch: EngineWatch {
    let host: RemoteHost
    let number: Int

    func arrived() async throws -> [EngineEvent] { try await host.ask(.engineWatchArrived, ["watch": number]) }

    func stop() async {
        // hook ends the watches of a run with the run, whether this is heard or not.
        try? await host.ask(.engineWatchStop, ["watch": number])
    }
}
