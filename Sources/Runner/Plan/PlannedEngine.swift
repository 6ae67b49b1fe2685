import HookKit

/// An engine that changes only what a plan has.
struct PlannedEngine: ContainerEngine {
    let base: any ContainerEngine
    let permission: ChangePermission

    // MARK: Looking

    var identity: EngineIdentity { get async throws { try await base.identity } }
    func images(_ freshness: ListingFreshness) async throws -> [EngineImage] { try await base.images(freshness) }
    func timeNow() async throws -> ClosedRange<Timestamp>? { try await base.timeNow() }
    func tags(of image: Digest) async throws -> [String]? { try await base.tags(of: image) }
    func diskUsage() async throws -> EngineDiskUsage { try await base.diskUsage() }

    func inspectImages(_ identifiers: [Digest]) async throws -> [Digest: EngineImageDetails] {
        try await base.inspectImages(identifiers)
    }

    func containers() async throws -> [EngineContainer] { try await base.containers() }

    func inspectContainers(_ identifiers: [String]) async throws -> [String: EngineContainerDetails] {
        try await base.inspectContainers(identifiers)
    }

    func serviceImages() async throws -> [String] { try await base.serviceImages() }
    func manifestLists(besides images: Set<Digest>) async throws -> [EngineManifestList] { try await base.manifestLists(besides: images) }
    func networks() async throws -> [EngineNetwork] { try await base.networks() }
    func volumes() async throws -> [EngineVolume] { try await base.volumes() }
    func volume(named name: String) async throws -> EngineVolume? { try await base.volume(named: name) }
    func events(since: Timestamp?) async throws -> [EngineEvent] { try await base.events(since: since) }
    func recentEvents(_ freshness: ListingFreshness) async throws -> [EngineEvent] { try await base.recentEvents(freshness) }
    func watch() async throws -> any EngineWatch { try await base.watch() }

    // MARK: Changing

    /// Looks once more at the tags: one that came to the image since the plan was made would go with it.
    func removeImage(_ identifier: Digest) async throws -> ImageRemoval {
        guard let planned = permission[.removeImage, identifier.description] else { throw refusal("the image \(identifier.short)") }
        // A rule may have taken off some of them before.
        if let tags = try await base.tags(of: identifier), !Set(tags).isSubset(of: planned.state["tags"] ?? []) {
            let now = PlannedChange(.removeImage, planned.target, subject: planned.subject, state: ["tags": tags.sorted()])
            throw changed("the image \(identifier.short)", planned, now)
        }
        return try await base.removeImage(identifier)
    }

    func removeTag(_ reference: ImageReference, of image: Digest) async throws -> ImageRemoval {
        let isOfPlannedImage = permission[.removeImage, image.description]?.state["tags"]?.contains(reference.description) ?? false
        guard isOfPlannedImage || permission.has(.untagging(reference, of: image, subject: "")) else {
            throw refusal("the removal of '\(reference)' from \(image.short)")
        }
        return try await base.removeTag(reference, of: image)
    }

    func removeContainer(_ identifier: String) async throws {
        try check(.removeContainer, identifier, "the container \(identifier.prefix(12))")
        try await base.removeContainer(identifier)
    }

    func removeNetwork(_ identifier: String) async throws {
        try check(.removeNetwork, identifier, "the network \(identifier.prefix(12))")
        try await base.removeNetwork(identifier)
    }

    func removeVolume(_ name: String) async throws {
        guard let planned = permission[.removeVolume, name] else { throw refusal("the volume '\(name)'") }
        if let volume = try await base.volume(named: name) {
            let now = PlannedChange.removing(volume, subject: planned.subject)
            guard now.state == planned.state else { throw changed("the volume '\(name)'", planned, now) }
        }
        try await base.removeVolume(name)
    }

    func removeBuildCache(_ identifier: String) async throws -> ByteSize {
        try check(.removeBuildCache, identifier, "the record \(identifier) of the build cache")
        return try await base.removeBuildCache(identifier)
    }

    private func check(_ action: PlannedChange.Action, _ target: String, _ what: String) throws(EngineError) {
        guard permission[action, target] != nil else { throw refusal(what) }
    }

    private func changed(_ what: String, _ planned: PlannedChange, _ now: PlannedChange) -> EngineError {
        EngineError(
            .notInPlan,
            "\(what) is not as the plan has it, so nothing was changed there: \(planned.difference(to: now))"
        )
    }

    private func refusal(_ what: String) -> EngineError {
        EngineError(.notInPlan, "the plan does not have \(what), so nothing was changed there")
    }
}
