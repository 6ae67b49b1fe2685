import PluginWire

/// The container engine, by way of hook.
struct RemoteEngine: ContainerEngine {
    let host: RemoteHost
    /// Where it is; `nil` for the one of the run.
    let address: String?

    var identity: EngineIdentity { get async throws { try await host.ask(.engineIdentity, ["host": address]) } }

    func images(_ freshness: ListingFreshness) async throws -> [EngineImage] {
        try await host.ask(.engineImages, ["host": address, "isCurrent": freshness == .current])
    }

    func diskUsage() async throws -> EngineDiskUsage { try await host.ask(.engineDiskUsage, ["host": address]) }

    func inspectImages(_ identifiers: [Digest]) async throws -> [Digest: EngineImageDetails] {
        try await host.askForObject(.engineInspectImages, ["host": address, "images": identifiers]).byDigest("images")
    }

    func containers() async throws -> [EngineContainer] { try await host.ask(.engineContainers, ["host": address]) }

    func inspectContainers(_ identifiers: [String]) async throws -> [String: EngineContainerDetails] {
        try await host.ask(.engineInspectContainers, ["host": address, "containers": identifiers])
    }

    func serviceImages() async throws -> [String] { try await host.ask(.engineServiceImages, ["host": address]) }

    func manifestLists(besides images: Set<Digest>) async throws -> [EngineManifestList] {
        try await host.ask(.engineManifestLists, ["host": address, "images": images.sorted()])
    }

    func networks() async throws -> [EngineNetwork] { try await host.ask(.engineNetworks, ["host": address]) }

    func volumes() async throws -> [EngineVolume] { try await host.ask(.engineVolumes, ["host": address]) }

    func events(since: Timestamp?) async throws -> [EngineEvent] { try await host.ask(.engineEvents, ["host": address, "since": since]) }

    func watch() async throws -> any EngineWatch { RemoteWatch(host: host, number: try await host.ask(.engineWatch, ["host": address])) }

    func removeImage(_ identifier: Digest) async throws -> ImageRemoval {
        try await host.ask(.engineRemoveImage, ["host": address, "image": identifier])
    }

    func removeTag(_ reference: ImageReference, of image: Digest) async throws -> ImageRemoval {
        try await host.ask(.engineRemoveTag, ["host": address, "reference": reference, "image": image])
    }

    func removeContainer(_ identifier: String) async throws {
        try await host.ask(.engineRemoveContainer, ["host": address, "container": identifier])
    }

    func removeNetwork(_ identifier: String) async throws {
        try await host.ask(.engineRemoveNetwork, ["host": address, "network": identifier])
    }

    func removeVolume(_ name: String) async throws { try await host.ask(.engineRemoveVolume, ["host": address, "volume": name]) }

    func removeBuildCache(_ identifier: String) async throws -> ByteSize {
        try await host.ask(.engineRemoveBuildCache, ["host": address, "record": identifier])
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
