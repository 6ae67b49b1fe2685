import HookKit
import OCI

/// Real registries in which something happens before each deletion of a manifest.
struct WatchedRegistries: Registries {
    let base: any Registries
    let beforeDeletion: @Sendable (Digest) async throws -> Void

    func registry(at address: RegistryAddress) async throws -> any Registry {
        WatchedRegistry(base: try await base.registry(at: address), beforeDeletion: beforeDeletion)
    }

    private struct WatchedRegistry: Registry {
        let base: any Registry
        let beforeDeletion: @Sendable (Digest) async throws -> Void

        var name: String { base.name }
        func repositories() async throws -> [String] { try await base.repositories() }
        func tags(of repository: String) async throws -> [String]? { try await base.tags(of: repository) }
        func descriptor(of target: RegistryTarget, in repository: String) async throws -> RegistryDescriptor? {
            try await base.descriptor(of: target, in: repository)
        }
        func manifest(_ target: RegistryTarget, in repository: String) async throws -> RegistryManifest? {
            try await base.manifest(target, in: repository)
        }
        func configuration(_ descriptor: RegistryDescriptor, in repository: String) async throws -> RegistryImageConfiguration? {
            try await base.configuration(descriptor, in: repository)
        }
        func referrers(of digest: Digest, in repository: String) async throws -> [RegistryDescriptor] {
            try await base.referrers(of: digest, in: repository)
        }
        func deletionSupport(in repository: String) async throws -> RegistryDeletionSupport {
            try await base.deletionSupport(in: repository)
        }
        func deleteTag(_ tag: String, in repository: String) async throws -> RegistryDeletion {
            try await base.deleteTag(tag, in: repository)
        }
        func deleteManifest(_ digest: Digest, in repository: String) async throws -> RegistryDeletion {
            try await beforeDeletion(digest)
            return try await base.deleteManifest(digest, in: repository)
        }
    }
}
