public import OCI

/// A registry that speaks the OCI Distribution API.
///
/// Every call has a time limit of its own and throws `RegistryError`. In a dry run every call that would delete something throws, whatever a
/// rule does. A question that a busy registry turns away is asked again; a deletion is not, since what it was decided on is old by then: it
/// throws `RegistryError.Code.turnedAway`.
public protocol Registry: Sendable {
    /// The name as image references have it: `registry.local:5000`.
    var name: String { get }

    /// The names of all repositories, sorted; throws where the registry does not list them.
    func repositories() async throws -> [String]

    /// The tags of a repository, sorted; `nil` where the registry does not know the repository.
    func tags(of repository: String) async throws -> [String]?

    /// What a tag or a digest names, without its content; `nil` where it names nothing.
    func descriptor(of target: RegistryTarget, in repository: String) async throws -> RegistryDescriptor?

    /// The manifest that a tag or a digest names, verified against its digest; `nil` where it names nothing.
    func manifest(_ target: RegistryTarget, in repository: String) async throws -> RegistryManifest?

    /// What an image's configuration says; `nil` where the registry has it no more, or it is no image's configuration.
    func configuration(_ descriptor: RegistryDescriptor, in repository: String) async throws -> RegistryImageConfiguration?

    /// The manifests that name a digest as their subject, by the API for that or else by the tag `sha256-<hex>` that stands for it.
    func referrers(of digest: Digest, in repository: String) async throws -> [RegistryDescriptor]

    /// The same where the repository's tags are known, so that a tag that is not among them is not asked for.
    func referrers(of digest: Digest, in repository: String, knowing tags: Set<String>) async throws -> [RegistryDescriptor]

    /// Finds out what the registry deletes when it is asked; deletes nothing.
    func deletionSupport(in repository: String) async throws -> RegistryDeletionSupport

    /// Deletes a tag and leaves the manifest; says whether it was there.
    @discardableResult
    func deleteTag(_ tag: String, in repository: String) async throws -> RegistryDeletion

    /// Deletes a manifest, and with it every tag that names it; says whether it was there.
    ///
    /// - Warning: a tag that was put on the digest a moment ago goes as well.
    @discardableResult
    func deleteManifest(_ digest: Digest, in repository: String) async throws -> RegistryDeletion
}

extension Registry {
    /// Asks without the help of what is known.
    public func referrers(of digest: Digest, in repository: String, knowing tags: Set<String>) async throws -> [RegistryDescriptor] {
        try await referrers(of: digest, in: repository)
    }
}

/// What names a manifest in a repository.
public enum RegistryTarget: Hashable, Sendable, CustomStringConvertible {
    /// A tag.
    case tag(String)
    /// A digest.
    case digest(Digest)

    /// The tag or the digest.
    public var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}

/// What a registry deletes when it is asked.
public enum RegistryDeletionSupport: String, Hashable, Sendable {
    /// Tags and manifests.
    case tags
    /// Manifests alone, each with every tag that names it.
    case manifests
    /// Nothing.
    case nothing
}

/// What became of a deletion.
public enum RegistryDeletion: Hashable, Sendable {
    /// It is gone.
    case deleted
    /// It was not there.
    case absent
}
