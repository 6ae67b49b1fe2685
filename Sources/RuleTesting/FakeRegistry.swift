public import HookKit
public import OCI
import Synchronization

/// A registry in memory that counts what it is asked.
public final class FakeRegistry: Registry {
    /// The name as image references have it.
    public let name: String
    private let access: FakeRegistries.Access
    private let inner: Mutex<ExampleRegistry>
    private let asked = Mutex<[String]>([])
    private let interruption = Mutex<(@Sendable (String, inout ExampleRegistry) throws -> Void)?>(nil)

    init(_ name: String, _ registry: ExampleRegistry, access: FakeRegistries.Access) {
        self.name = name
        self.access = access
        inner = Mutex(registry)
    }

    /// What the registry holds now.
    public var state: ExampleRegistry { inner.withLock { $0 } }

    /// What it was asked so far, each as `HEAD shop/api:v1`.
    public var requests: [String] { asked.withLock { $0 } }

    /// Calls `body` before each request: it may change what the registry holds, as somebody else might, or throw what the registry answers.
    public func before(_ body: @escaping @Sendable (_ request: String, _ registry: inout ExampleRegistry) throws -> Void) {
        interruption.withLock { $0 = body }
    }

    private func ask<Result>(_ request: String, _ body: (inout ExampleRegistry) throws -> Result) throws -> Result {
        asked.withLock { $0.append(request) }
        let interruption = interruption.withLock { $0 }
        return try inner.withLock { registry in
            try interruption?(request, &registry)
            return try body(&registry)
        }
    }

    /// The names of all repositories.
    public func repositories() async throws -> [String] {
        try ask("GET _catalog") { registry in Set(registry.tags.keys.map { Self.split($0).repository }).sorted() }
    }

    /// The tags of a repository.
    public func tags(of repository: String) async throws -> [String]? {
        try ask("GET \(repository)/tags") { registry in
            let tags = registry.tags.keys.map(Self.split).filter { $0.repository == repository }.map(\.tag).sorted()
            return tags.isEmpty ? nil : tags
        }
    }

    /// What a tag or a digest names.
    public func descriptor(of target: RegistryTarget, in repository: String) async throws -> RegistryDescriptor? {
        try ask("HEAD \(Self.text(target, repository))") { Self.image(target, repository, $0)?.manifest.descriptor }
    }

    /// The manifest that a tag or a digest names.
    public func manifest(_ target: RegistryTarget, in repository: String) async throws -> RegistryManifest? {
        try ask("GET \(Self.text(target, repository))") { Self.image(target, repository, $0)?.manifest }
    }

    /// What an image's configuration says.
    public func configuration(_ descriptor: RegistryDescriptor, in repository: String) async throws -> RegistryImageConfiguration? {
        try ask("GET \(repository)/blobs/\(descriptor.digest)") { registry in
            registry.images.first { $0.manifest.configuration?.digest == descriptor.digest }?.configuration
        }
    }

    /// The manifests that name a digest as their subject.
    public func referrers(of digest: Digest, in repository: String) async throws -> [RegistryDescriptor] {
        try ask("GET \(repository)/referrers/\(digest)") { registry in
            let named = registry.images.filter { $0.manifest.subject == digest }.map(\.manifest.descriptor)
            let fallback = registry.tags["\(repository):sha256-\(digest.hex)"].flatMap { index in
                registry.images.first { $0.manifest.digest == index }?.manifest.children
            }
            return named + (fallback ?? []).filter { child in !named.contains { $0.digest == child.digest } }
        }
    }

    /// What the registry deletes.
    public func deletionSupport(in repository: String) async throws -> RegistryDeletionSupport {
        try ask("DELETE \(repository)?") { $0.deletion }
    }

    /// Deletes a tag.
    @discardableResult
    public func deleteTag(_ tag: String, in repository: String) async throws -> RegistryDeletion {
        try checkAccess()
        return try ask("DELETE \(repository):\(tag)") { registry in
            guard registry.deletion == .tags else {
                throw RegistryError(.unsupported, "the registry '\(name)' deletes no tags, only manifests by their digest")
            }
            return registry.tags.removeValue(forKey: "\(repository):\(tag)") == nil ? .absent : .deleted
        }
    }

    /// Deletes a manifest, and every tag that names it.
    @discardableResult
    public func deleteManifest(_ digest: Digest, in repository: String) async throws -> RegistryDeletion {
        try checkAccess()
        return try ask("DELETE \(repository)@\(digest)") { registry in
            guard registry.deletion != .nothing else {
                throw RegistryError(.unsupported, "the registry '\(name)' deletes nothing")
            }
            let count = registry.tags.count
            registry.tags = registry.tags.filter { $0.value != digest || Self.split($0.key).repository != repository }
            let wasThere = registry.images.contains { $0.manifest.digest == digest }
            if !registry.tags.values.contains(digest) { registry.images.removeAll { $0.manifest.digest == digest } }
            return wasThere || registry.tags.count < count ? .deleted : .absent
        }
    }

    private func checkAccess() throws(RegistryError) {
        guard access == .changes else { throw RegistryError(.dryRun, "a dry run deletes nothing") }
    }

    private static func split(_ key: String) -> (repository: String, tag: String) {
        guard let colon = key.lastIndex(of: ":") else { preconditionFailure("'\(key)' in an example is no repository with a tag") }
        return (String(key[..<colon]), String(key[key.index(after: colon)...]))
    }

    private static func text(_ target: RegistryTarget, _ repository: String) -> String {
        switch target {
        case .tag(let tag): "\(repository):\(tag)"
        case .digest(let digest): "\(repository)@\(digest)"
        }
    }

    private static func image(_ target: RegistryTarget, _ repository: String, _ registry: ExampleRegistry) -> ExampleRegistry.Image? {
        let digest: Digest?
        switch target {
        case .tag(let tag): digest = registry.tags["\(repository):\(tag)"]
        case .digest(let asked): digest = asked
        }
        return digest.flatMap { digest in registry.images.first { $0.manifest.digest == digest } }
    }
}
