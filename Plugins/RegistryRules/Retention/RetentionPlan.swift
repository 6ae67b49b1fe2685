import HookKit

/// What becomes of each tag: a value that is printed, or carried out once.
struct RetentionPlan: Sendable {
    /// What becomes of a tag.
    enum Verdict: Hashable, Sendable {
        /// It stays.
        case kept(String)
        /// It goes.
        case removed(String)
        /// It would go, and stays because the plan that is carried out does not have it.
        case omitted(String)
        /// It names nothing that the registry has.
        case dangling
    }

    /// A tag with its verdict.
    struct Entry: Hashable, Sendable {
        let repository: String
        let tag: String
        let digest: Digest?
        var verdict: Verdict
    }

    /// One deletion.
    struct Removal: Hashable, Sendable {
        /// What the registry is asked to delete.
        enum Target: Hashable, Sendable {
            /// A tag, and its manifest stays.
            case tag(String)
            /// A manifest, and with it its tags.
            case manifest
        }

        let repository: String
        let target: Target
        let digest: Digest
        /// Every tag that goes by it.
        let tags: [String]
        /// What it belongs to, where it is a signature or the like.
        var subject: Digest?
        /// Manifests without a tag that belong to it, which go after everything else.
        var companions: [Digest] = []
        /// What is left of it, and further notes.
        var details: [String] = []
    }

    /// Every tag that the policy is about, in the order of the registry's lists.
    var entries: [Entry] = []
    /// What is to be deleted: indexes before what they hold, images before what belongs to them.
    var removals: [Removal] = []
    /// Repositories in which something cannot be read, with what it is.
    var damage: [(repository: String, target: RegistryTarget, damage: RetentionWorld.Damage)] = []
    /// Repositories that would lose tags, if the registry deleted anything.
    var undeletable: [String] = []
}
