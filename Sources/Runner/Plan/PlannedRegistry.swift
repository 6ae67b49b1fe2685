import HookKit

/// A registry whose contents change only as a plan has it.
struct PlannedRegistry: Registry {
    let base: any Registry
    let permission: ChangePermission
    private let looks = TagLooks()

    init(base: any Registry, permission: ChangePermission) {
        self.base = base
        self.permission = permission
    }

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

    func referrers(of digest: Digest, in repository: String, knowing tags: Set<String>) async throws -> [RegistryDescriptor] {
        try await base.referrers(of: digest, in: repository, knowing: tags)
    }

    func deletionSupport(in repository: String) async throws -> RegistryDeletionSupport {
        try await base.deletionSupport(in: repository)
    }

    /// Looks once more what the tag names: the plan is about that.
    func deleteTag(_ tag: String, in repository: String) async throws -> RegistryDeletion {
        let target = "\(name)/\(repository):\(tag)"
        guard let planned = permission[.deleteTag, target] else { throw refusal(of: target) }
        guard let digest = try await base.descriptor(of: .tag(tag), in: repository)?.digest else { return .absent }
        guard planned == .deleting(tag: tag, naming: digest, of: repository, in: name) else {
            throw RegistryError(.notInPlan, "'\(target)' names \(digest.short) by now, which the plan does not have, so it is not deleted")
        }
        return try await base.deleteTag(tag, in: repository)
    }

    /// Looks once more at the tags: one that was put on the manifest since the plan was made would go with it.
    func deleteManifest(_ digest: Digest, in repository: String) async throws -> RegistryDeletion {
        let target = "\(name)/\(repository)@\(digest)"
        guard let planned = permission[.deleteManifest, target] else { throw refusal(of: target) }
        let others = try await looks.tags(naming: digest, besides: planned.state["tags"] ?? [], of: repository, in: base)
        if let other = others.first {
            throw RegistryError(.notInPlan, "'\(other)' was put on '\(target)' since the plan was made, so it is not deleted")
        }
        return try await base.deleteManifest(digest, in: repository)
    }

    private func refusal(of target: String) -> RegistryError {
        RegistryError(.notInPlan, "the plan does not have '\(target)', so it is not deleted")
    }
}
