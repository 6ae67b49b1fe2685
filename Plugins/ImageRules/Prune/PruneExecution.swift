import HookKit

/// Carries out a plan, once: only what it names, and only as long as it is still as it was when the plan was made.
struct PruneExecution {
    /// How many removals are under way at once; an engine was measured to be done with a thousand images sooner with 4 than with 1, 2, 3, 6 or 8.
    private static let width = 4

    private let engine: any ContainerEngine
    private let watch: any EngineWatch
    private let context: RuleContext
    /// The images that must not be touched any more, with the reason.
    private var changed: [Digest: String] = [:]
    /// The containers, by ID, and the networks, by name and ID, that must not be touched any more.
    private var changedThings: [String: String] = [:]
    private var completed = 0

    /// Prepares the execution; the watch must have begun before the plan was made.
    init(engine: any ContainerEngine, watch: any EngineWatch, context: RuleContext) {
        self.engine = engine
        self.watch = watch
        self.context = context
    }

    /// Removes what the plan names and reports each thing.
    ///
    /// When the task is cancelled, the removals in hand are finished and the rest stays.
    mutating func carryOut(_ plan: PrunePlan) async throws {
        let waves = Dictionary(grouping: plan.removals, by: \.wave).sorted { $0.key < $1.key }
        for (_, removals) in waves { try await remove(removals, of: plan) }
    }

    private mutating func remove(_ removals: [PrunePlan.Removal], of plan: PrunePlan) async throws {
        let engine = engine
        let total = plan.removals.count
        try await withThrowingTaskGroup(of: (PrunePlan.Removal, Result<ByteSize?, any Error>).self) { group in
            var underWay = 0
            var failure: (any Error)?
            for removal in removals {
                // A removal may take long, so there is room first: between the last look and the request lies nothing else.
                if underWay == Self.width, let (ended, result) = try await group.next() {
                    underWay -= 1
                    report(ended, result, of: total)
                }
                do {
                    // A removal that has not begun when the run is interrupted, or when the watch broke, does not begin.
                    try Task.checkCancellation()
                    try await lookAgain(at: plan)
                } catch {
                    failure = error
                    break
                }
                if let reason = changeReason(of: removal.item) {
                    report(removal, .failure(Changed(reason: reason)), of: total)
                    continue
                }
                group.addTask {
                    // Not a child of this task: an interruption must not leave an image without some of its tags.
                    (removal, await Task { try await Self.remove(removal.item, by: engine) }.result)
                }
                underWay += 1
            }
            while let (ended, result) = try await group.next() { report(ended, result, of: total) }
            if let failure { throw failure }
        }
    }

    /// What happens to an image without giving it a name.
    ///
    /// All else may: Podman tells of a build or a commit that takes a tag by the words `build` and `commit` alone.
    private static let harmlessActions: Set = ["delete", "remove", "untag", "push", "save"]

    /// What makes a container of an image, or sets one going.
    private static let usingActions: Set = ["create", "start"]

    /// Keeps the images and networks of containers that the plan did not know, or that run now: the engine takes a tag off such an image, and a
    /// network from a container that waits for its start.
    private mutating func lookAtContainers(_ plan: PrunePlan) async throws {
        let going = Set(
            plan.removals.compactMap { removal -> String? in
                guard case .container(let container, _) = removal.item, changedThings[container.id] == nil else { return nil }
                return container.id
            }
        )
        for container in try await engine.containers() where !(container.isStopped && going.contains(container.id)) {
            let reason = "\(container.state) container '\(container.displayName)' uses it since the plan was made"
            changed[container.image] = reason
            for network in container.networks { changedThings[network] = reason }
        }
    }

    /// Compares what the engine says has changed with what is to be removed.
    private mutating func lookAgain(at plan: PrunePlan) async throws {
        let events = try await watch.arrived()
        let uses = events.filter { $0.kind == "container" && Self.usingActions.contains($0.action) }
        // One that was started may have stopped again: it was used a moment ago all the same.
        for event in uses { changedThings[event.actor] = "it was started since the plan was made" }
        if !uses.isEmpty { try await lookAtContainers(plan) }
        guard events.contains(where: { $0.kind == "image" && !Self.harmlessActions.contains($0.action) }) else { return }
        let now = Dictionary(try await engine.images(.current).map { ($0.id, $0) }) { first, _ in first }
        for removal in plan.removals {
            guard case .image(let planned) = removal.item, let image = now[planned.id] else { continue }
            // An image with one tag is removed by its ID, so a tag that it lost is nobody's loss; several are removed by name, and a name that
            // moved is another image's now.
            let tags = Set(image.references)
            let isAsPlanned = planned.references.count > 1 ? tags == Set(planned.references) : tags.isSubset(of: planned.references)
            if !isAsPlanned || image.unreadableReferences != planned.unreadableReferences {
                let added = image.references.first { !planned.references.contains($0) }
                changed[planned.id] = added.map { "it was tagged '\($0)' since the plan was made" } ?? Self.otherTags
            }
        }
    }

    private static let otherTags = "its tags changed since the plan was made"

    /// Why something is not as it was when the plan was made.
    private func changeReason(of item: PrunePlan.Item) -> String? {
        switch item {
        case .container(let container, _): changedThings[container.id]
        case .network(let network): changedThings[network.name] ?? changedThings[network.id]
        case .image(let image): changed[image.id]
        case .volume, .buildCache: nil
        }
    }

    /// The image was given a tag, or another, or a container, since the plan was made.
    private struct Changed: Error {
        let reason: String
    }

    private static func remove(_ item: PrunePlan.Item, by engine: any ContainerEngine) async throws -> ByteSize? {
        switch item {
        case .container(let container, _): try await engine.removeContainer(container.id)
        case .network(let network): try await engine.removeNetwork(network.id)
        case .volume(let volume): try await engine.removeVolume(volume.name)
        case .buildCache(let record): return try await engine.removeBuildCache(record.id)
        case .image(let image):
            if image.references.count <= 1 {
                // By ID: should the tag have moved, the image that has it now is not touched.
                let done = try await engine.removeImage(image.id)
                let others = done.untagged.compactMap(ImageReference.init).filter { $0.digest == nil && !image.references.contains($0) }
                if !others.isEmpty { throw TookMore(tags: others) }
                if !Self.isGone(image, done.deleted) {
                    if image.references.isEmpty { throw Changed(reason: Self.silence) }
                    throw LostTags(tags: image.references, ending: "and \(Self.silence)", cause: nil)
                }
            } else {
                try await removeTags(of: image, by: engine)
            }
        }
        return nil
    }

    /// Removes an image tag by tag; where it stays after all, the tags that are off already are part of what is thrown.
    private static func removeTags(of image: EngineImage, by engine: any ContainerEngine) async throws {
        var removed: [ImageReference] = []
        var deleted: [String] = []
        for reference in image.references {
            do {
                deleted += try await engine.removeTag(reference, of: image.id).deleted
                removed.append(reference)
                // Should the others have moved by now, they are other images' tags.
                if isGone(image, deleted) { return }
            } catch let error as EngineError where error.code == .changed || error.code == .notFound {
                if removed.isEmpty { throw Changed(reason: otherTags) }
                throw LostTags(tags: removed, ending: "before '\(reference)' was found to be its tag no more", cause: "\(error)")
            } catch {
                if removed.isEmpty { throw error }
                throw LostTags(tags: removed, ending: "before the engine refused", cause: "\(error)")
            }
        }
        throw LostTags(tags: removed, ending: "and \(silence)", cause: nil)
    }

    private static let silence = "the engine does not say that it is gone"

    /// Says whether the engine names the image among what it deleted; Podman leaves out the algorithm.
    private static func isGone(_ image: EngineImage, _ deleted: [String]) -> Bool { deleted.contains { $0.hasSuffix(image.id.hex) } }

    /// Some tags of an image are off, and the image stays.
    private struct LostTags: Error {
        let tags: [ImageReference]
        /// How the sentence on the tags ends.
        let ending: String
        let cause: String?
    }

    /// The image got a tag between the last look and its removal, and went with it.
    private struct TookMore: Error {
        let tags: [ImageReference]
    }

    private static func list(_ tags: [ImageReference]) -> String { tags.map { "'\($0)'" }.joined(separator: ", ") }

    private mutating func report(_ removal: PrunePlan.Removal, _ result: Result<ByteSize?, any Error>, of total: Int) {
        completed += 1
        context.progress(completed: completed, total: total)
        switch result {
        case .success(let freed):
            context.report(
                .passed(subject: removal.subject, type: "removed", message: removal.reason, bytes: freed ?? removal.bytes)
            )
            if let bytes = freed ?? removal.bytes { context.reclaimed(bytes) }
        case .failure(let error as Changed):
            context.report(.skipped(subject: removal.subject, type: "not-removed", message: "kept: \(error.reason)", bytes: removal.bytes))
        case .failure(let error as LostTags):
            var remedy: String?
            if case .image(let image) = removal.item {
                remedy = error.tags.map { "docker tag \(image.id.short) \($0)" }.joined(separator: "; ")
            }
            context.report(
                .error(
                    subject: removal.subject,
                    type: "partly-untagged",
                    message: "the image stays, but \(Self.list(error.tags)) was taken off \(error.ending)",
                    details: error.cause.map { [$0] } ?? [],
                    remedy: remedy
                )
            )
        case .failure(let error as TookMore):
            context.report(
                .error(
                    subject: removal.subject,
                    type: "removed-with-new-tag",
                    message: "removed, with \(Self.list(error.tags)), which it got in the moment of its removal"
                )
            )
        case .failure(let error as EngineError) where error.code == .conflict:
            context.report(
                .skipped(
                    subject: removal.subject,
                    type: "not-removed",
                    message: "kept: the engine refuses to remove it",
                    details: [error.description],
                    bytes: removal.bytes
                )
            )
        case .failure(let error as EngineError) where error.code == .notFound:
            context.report(.skipped(subject: removal.subject, type: "gone", message: "somebody else removed it meanwhile"))
        case .failure(let error as EngineError) where error.code == .timeout || error.code == .unreachable:
            // The request may have arrived.
            context.report(
                .error(
                    subject: removal.subject,
                    type: "unknown",
                    message: "whether it is removed is not known: \(error)",
                    remedy: "look at the engine, or run the stage again"
                )
            )
        case .failure(let error):
            context.report(.error(subject: removal.subject, type: "not-removed", message: "\(error)"))
        }
    }
}
