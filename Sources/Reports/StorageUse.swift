import HookKit

/// Who uses the bytes of a registry's storage, as the rules that look at all of it say in their evidence.
struct StorageUse {
    /// A repository with the bytes that it alone uses.
    struct Repository {
        /// The name.
        let name: String
        /// The bytes; by a plan, of what would stay.
        let bytes: Int
        /// The bytes that the disk would get back by a plan.
        let reclaimable: Int

        /// Both.
        var total: Int { bytes + reclaimable }
    }

    /// What the disk would get back by the plan of a dry run.
    struct Reclaimable {
        /// All.
        let all: Int
        /// Of the blobs that several repositories use.
        let shared: Int
        /// Of the blobs that no repository uses.
        let unreferenced: Int
        /// Of uploads.
        let uploads: Int
        /// Of the blobs of repositories that are not named.
        let others: Int

        /// Whether it would lie in the trash first, so that a later run gives it back.
        let goesToTrash: Bool

        /// Of all blobs.
        var blobs: Int { max(all - uploads, 0) }

        /// What would become of it, in words.
        var fate: String { goesToTrash ? "would be moved to the trash" : "would be given back" }
    }

    /// A tag with all bytes that it reaches, which others may reach too.
    struct Tag {
        /// The repository and the tag.
        let name: String
        /// The bytes.
        let bytes: Int
    }

    /// The directory, as the pipeline names it.
    let root: String
    /// What some repository uses.
    let kept: Int
    /// What several repositories use.
    let shared: Int
    /// What no repository uses.
    let unreferenced: Int
    /// The repositories that use most, in order.
    let repositories: [Repository]
    /// How many more there are.
    let otherRepositories: Int
    /// What those use.
    let otherBytes: Int
    /// The tags that reach most, in order.
    let tags: [Tag]
    /// What would go; `nil` where nothing was planned.
    ///
    /// With it, all else is what would stay.
    let reclaimable: Reclaimable?

    /// Reads a finding's evidence; `nil` where it says nothing of a storage.
    init?(_ finding: Finding) {
        guard let storage = finding.evidence?["storage"], case .array(let repositories) = storage["repositories"] else { return nil }
        func number(_ name: String) -> Int? {
            guard case .integer(let value) = storage[name], value >= 0 else { return nil }
            return value
        }
        guard let kept = number("keptBytes"), let shared = number("sharedBytes"), let unreferenced = number("unreferencedBytes"),
            let others = number("otherRepositories"), let otherBytes = number("otherBytes"), shared <= kept
        else { return nil }
        root = finding.subject
        (self.kept, self.shared, self.unreferenced, otherRepositories, self.otherBytes) = (kept, shared, unreferenced, others, otherBytes)
        self.repositories = repositories.compactMap { entry in
            guard case .string(let name) = entry["name"], case .integer(let bytes) = entry["ownBytes"], bytes >= 0 else { return nil }
            guard case .integer(let reclaimable) = entry["reclaimableBytes"] ?? 0, reclaimable >= 0 else { return nil }
            return Repository(name: name, bytes: bytes, reclaimable: reclaimable)
        }
        reclaimable = number("reclaimableBytes").map {
            Reclaimable(
                all: $0,
                shared: number("sharedReclaimableBytes") ?? 0,
                unreferenced: number("unreferencedReclaimableBytes") ?? 0,
                uploads: number("uploadReclaimableBytes") ?? 0,
                others: number("otherReclaimableBytes") ?? 0,
                goesToTrash: storage["reclaimableGoesToTrash"] == true
            )
        }
        var tags: [Tag] = []
        if case .array(let entries) = storage["largestTags"] {
            tags = entries.compactMap { entry in
                guard case .string(let repository) = entry["repository"], case .string(let tag) = entry["tag"],
                    case .integer(let bytes) = entry["bytes"], bytes >= 0
                else { return nil }
                return Tag(name: "\(repository):\(tag)", bytes: bytes)
            }
        }
        self.tags = tags
    }
}
