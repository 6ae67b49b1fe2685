import PluginWire

/// Registries, by way of hook.
struct RemoteRegistries: Registries {
    let host: RemoteHost

    func registry(at address: RegistryAddress) async throws -> any Registry {
        RemoteRegistry(host: host, address: address, name: try await host.ask(.registryOpen, ["registry": address]))
    }
}

/// A registry, by way of hook.
struct RemoteRegistry: Registry {
    let host: RemoteHost
    let address: RegistryAddress
    let name: String

    private func find<Value: WireValue>(_ method: ServiceMethod, _ repository: String, _ target: (any WireValue)?) async throws -> Value? {
        let answer = try await host.askForObject(method, ["registry": address, "repository": repository, "target": target])
        return try answer.optionalValue("found")
    }

    func repositories() async throws -> [String] { try await host.ask(.registryRepositories, ["registry": address]) }

    func tags(of repository: String) async throws -> [String]? { try await find(.registryTags, repository, nil) }

    func descriptor(of target: RegistryTarget, in repository: String) async throws -> RegistryDescriptor? {
        try await find(.registryDescriptor, repository, target)
    }

    func manifest(_ target: RegistryTarget, in repository: String) async throws -> RegistryManifest? {
        try await find(.registryManifest, repository, target)
    }

    func configuration(_ descriptor: RegistryDescriptor, in repository: String) async throws -> RegistryImageConfiguration? {
        try await find(.registryConfiguration, repository, descriptor)
    }

    func referrers(of digest: Digest, in repository: String) async throws -> [RegistryDescriptor] {
        try await host.ask(.registryReferrers, ["registry": address, "repository": repository, "target": digest])
    }

    func deletionSupport(in repository: String) async throws -> RegistryDeletionSupport {
        try await host.ask(.registryDeletionSupport, ["registry": address, "repository": repository])
    }

    func deleteTag(_ tag: String, in repository: String) async throws -> RegistryDeletion {
        try await host.ask(.registryDeleteTag, ["registry": address, "repository": repository, "target": tag])
    }

    func deleteManifest(_ digest: Digest, in repository: String) async throws -> RegistryDeletion {
        try await host.ask(.registryDeleteManifest, ["registry": address, "repository": repository, "target": digest])
    }
}
