import HookKit

/// What the registry holds and what is used of it, as it was when the plan was made.
struct RetentionWorld: Sendable {
    /// A tag.
    struct Tag: Hashable, Sendable {
        /// The tag.
        let name: String
        /// What it names; `nil` where it names nothing, or was not looked at.
        var target: RegistryDescriptor?
    }

    /// A repository.
    struct Repository: Sendable {
        /// The name.
        let name: String
        /// Every tag, sorted.
        var tags: [Tag]
        /// Says whether what the tags name was looked at; not where their names decide.
        var isLookedAt = false
        /// What cannot be read, and why: the repository is kept whole.
        var damage: [String: String] = [:]
        /// What the registry deletes here.
        var support = RegistryDeletionSupport.nothing
    }

    /// A container, and what it uses.
    struct RunningImage: Sendable {
        /// What a reason calls it: `container 'web'`.
        let name: String
        /// Digests of manifests and configurations.
        let digests: Set<Digest>
        /// The names under which it was started.
        let mentions: [ImageMention]
    }

    /// The registry's name.
    let registry: String
    /// The time of the look.
    let now: Timestamp
    /// The repositories that the policy is about.
    var repositories: [Repository] = []
    /// The manifests that were read.
    var manifests: [Digest: RegistryManifest] = [:]
    /// What configurations say, by their digests.
    var configurations: [Digest: RegistryImageConfiguration] = [:]
    /// What the ledger knows of tags of the registry.
    var generations: [ImageReference: [TagGeneration]] = [:]
    /// What files name.
    var mentions: [ImageMention] = []
    /// What containers use.
    var running: [RunningImage] = []

    /// The reference of a tag.
    func reference(_ repository: String, _ tag: String) -> ImageReference? { ImageReference("\(registry)/\(repository):\(tag)") }

    /// Everything that an index holds, to any depth; empty for an image.
    func contents(of digest: Digest) -> Set<Digest> {
        var found: Set<Digest> = []
        var open = [digest]
        while let next = open.popLast() {
            for child in manifests[next]?.children ?? [] where found.insert(child.digest).inserted { open.append(child.digest) }
        }
        return found
    }

    /// A digest with all that it stands for: itself, its configuration, and those of what an index holds.
    func meanings(of digest: Digest) -> Set<Digest> {
        let manifests = contents(of: digest).union([digest])
        return manifests.union(manifests.compactMap { self.manifests[$0]?.configuration?.digest })
    }
}
