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
        var damage: [RegistryTarget: Damage] = [:]
        /// What the registry deletes here.
        var support = RegistryDeletionSupport.nothing
    }

    /// Something that cannot be read.
    struct Damage: Hashable, Sendable {
        /// Why not.
        let reason: String
        /// Who uses it, where it is here for that: `container 'web'`.
        var user: String?
    }

    /// Why something must stay: somebody uses it, or something that needs it.
    struct Need: Hashable, Sendable {
        /// What is used.
        let used: Digest
        /// Who uses it, as a reason calls him: `container 'web'`.
        let user: String
    }

    /// A container, and what it uses.
    struct RunningImage: Sendable {
        /// What a reason calls it: `container 'web'`.
        let name: String
        /// Digests of manifests and configurations.
        let digests: Set<Digest>
        /// Those of them that may be a manifest's.
        let manifests: Set<Digest>
        /// The names under which it was started, and under which its image was pulled.
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
    /// What is used by its digest, with all that it needs: what an index holds, and what a signature belongs to.
    var needed: [Digest: Need] = [:]

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
