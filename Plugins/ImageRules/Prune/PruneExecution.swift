import HookKit

/// Carries out a plan, once: only what it names, and only as long as it is still as it was when the plan was made.
struct PruneExecution {
    /// How many removals are under way at once; an engine was measured to be done with a thousand images sooner with 4 than with 1, 2, 3, 6 or 8.
    private static let width = 4

    private let engine: any ContainerEngine
    private let context: RuleContext
    private let changes: PruneChanges
    /// How a command for the engine begins that a person may type.
    private let docker: String
    /// What is held by what was not removed after all.
    private var holders = PrunePlan.Holders(mounts: [:])
    private var layers: LayerTree?
    private var completed = 0

    /// Prepares the execution; the changes must be those since the plan that is carried out.
    init(engine: any ContainerEngine, changes: PruneChanges, docker: String, context: RuleContext) {
        self.engine = engine
        self.changes = changes
        self.docker = docker
        self.context = context
    }

    /// Removes what the plan names and reports each thing.
    ///
    /// When the task is cancelled, the removals in hand are finished and the rest stays.
    mutating func carryOut(_ plan: PrunePlan) async throws {
        layers = plan.layers
        holders = PrunePlan.Holders(mounts: plan.mounts)
        let waves = Dictionary(grouping: plan.removals, by: \.wave).sorted { $0.key < $1.key }
        for (_, removals) in waves { try await remove(removals, of: plan.removals.count) }
    }

    private mutating func remove(_ removals: [PrunePlan.Removal], of total: Int) async throws {
        let engine = engine
        let changes = changes
        try await withThrowingTaskGroup(of: (PrunePlan.Removal, Result<Removed, any Error>).self) { group in
            var underWay = 0
            var failure: (any Error)?
            for removal in removals {
                // A removal may take long, so there is room first: between the last look and the request lies nothing else.
                if underWay == Self.width, let (ended, result) = try await group.next() {
                    underWay -= 1
                    report(ended, result, of: total)
                }
                let reason: String?
                do {
                    // A removal that has not begun when the run is interrupted, or when the watch broke, does not begin.
                    try Task.checkCancellation()
                    reason = try await changes.reason(toKeep: removal.item) ?? holders.reason(toKeep: removal.item)
                } catch {
                    failure = error
                    break
                }
                if let reason {
                    report(removal, .failure(Changed(reason: reason)), of: total)
                    continue
                }
                group.addTask {
                    // Not a child of this task: an interruption must not leave an image without some of its tags.
                    (removal, await Task { try await Self.remove(removal.item, by: engine, changes) }.result)
                }
                underWay += 1
            }
            while let (ended, result) = try await group.next() { report(ended, result, of: total) }
            if let failure { throw failure }
        }
    }

    /// It must stay for what has changed since the plan was made, or for what was not removed.
    private struct Changed: Error {
        let reason: String
    }

    private static func remove(
        _ item: PrunePlan.Item,
        by engine: any ContainerEngine,
        _ changes: PruneChanges
    ) async throws -> Removed {
        switch item {
        case .container(let container, _): try await engine.removeContainer(container.id)
        case .network(let network): try await engine.removeNetwork(network.id)
        case .volume(let volume):
            // A volume goes by its name, which another may have by now.
            if let now = try await engine.volume(named: volume.name), now.created != volume.created || now.driver != volume.driver {
                throw Changed(reason: "it was made anew since the plan was made")
            }
            try await engine.removeVolume(volume.name)
        case .buildCache(let record): return Removed(freed: try await engine.removeBuildCache(record.id))
        case .image(let image):
            if image.references.count <= 1 {
                return Removed(otherTags: try await removeWhole(image, by: engine).map { [$0] } ?? [])
            } else {
                return Removed(otherTags: try await removeTags(of: image, by: engine, changes))
            }
        }
        return Removed()
    }

    /// Removes an image with at most one tag; the tag that it had by the plan, where that was not taken off with it.
    private static func removeWhole(_ image: EngineImage, by engine: any ContainerEngine) async throws -> ImageReference? {
        let done: ImageRemoval
        do {
            // By ID: should the tag have moved, the image that has it now is not touched.
            done = try await engine.removeImage(image.id)
        } catch let error as EngineError where error.code == .badAnswer {
            switch await look(at: image, by: engine) {
            case .gone: throw RemovedWithFailure(cause: error.description)
            case .unknown: throw EngineError(.unknownOutcome, error.description)
            case .there(let left):
                let lost = image.references.filter { !left.contains($0.description) }
                if lost.isEmpty { throw error }
                throw LostTags(tags: lost, ending: "before the engine failed", cause: error.description)
            }
        }
        let untagged = done.untagged.compactMap(ImageReference.init).filter { $0.digest == nil }
        let others = untagged.filter { !image.references.contains($0) }
        if !others.isEmpty { throw TookMore(tags: others) }
        if isGone(image, done.deleted) { return image.references.first { !untagged.contains($0) } }
        let now = await look(at: image, by: engine)
        if now.isGone { return nil }
        if image.references.isEmpty { throw now.isThere ? Changed(reason: silence) : EngineError(.unknownOutcome, silence) }
        throw LostTags(tags: image.references, ending: "and \(silence)", cause: nil, isKnownToStay: now.isThere)
    }

    /// What a look at an image finds after its removal did not end as it should.
    private enum Look {
        case gone
        case there(tags: [String])
        /// The engine does not say, which must not hide what is known to be off.
        case unknown

        var isGone: Bool { if case .gone = self { true } else { false } }
        var isThere: Bool { if case .there = self { true } else { false } }
    }

    /// Looks again at an image, since an engine that fails midway has taken off tags before, or all of it.
    private static func look(at image: EngineImage, by engine: any ContainerEngine) async -> Look {
        do {
            return try await engine.tags(of: image.id).map { .there(tags: $0) } ?? .gone
        } catch {
            return .unknown
        }
    }

    /// Removes an image tag by tag; the tags that it had by the plan, where it went before their turn.
    ///
    /// Where it stays after all, the tags that are off already are part of what is thrown.
    private static func removeTags(
        of image: EngineImage,
        by engine: any ContainerEngine,
        _ changes: PruneChanges
    ) async throws -> [ImageReference] {
        var removed: [ImageReference] = []
        var deleted: [String] = []
        for reference in image.references {
            do {
                let isFirst = removed.isEmpty
                let reason = try await isFirst ? changes.reason(toKeepTagsOf: image) : changes.reason(toKeep: .image(image))
                if let reason { throw Changed(reason: reason) }
                deleted += try await engine.removeTag(reference, of: image.id).deleted
                removed.append(reference)
                // Should the others have moved by now, they are other images' tags.
                if isGone(image, deleted) { return image.references.filter { !removed.contains($0) } }
            } catch let error as Changed {
                if removed.isEmpty { throw error }
                throw LostTags(tags: removed, ending: "before this was seen: \(error.reason)", cause: nil)
            } catch let error as EngineError where error.code == .changed || error.code == .notFound {
                // Somebody else may have finished it.
                let now = await look(at: image, by: engine)
                if now.isGone { throw EngineError(.notFound, error.description) }
                if removed.isEmpty { throw Changed(reason: PruneChanges.otherTags) }
                let ending = "before '\(reference)' was found to be its tag no more"
                throw LostTags(tags: removed, ending: ending, cause: "\(error)", isKnownToStay: now.isThere)
            } catch let caught {
                let error = caught as? EngineError
                var isUnknown = error?.isOfUnknownOutcome ?? false
                if error?.code == .badAnswer {
                    switch await look(at: image, by: engine) {
                    case .gone: throw RemovedWithFailure(cause: "\(caught)")
                    case .unknown: isUnknown = true
                    case .there(let left): if !left.contains(reference.description) { removed.append(reference) }
                    }
                }
                if removed.isEmpty { throw isUnknown ? EngineError(.unknownOutcome, "\(caught)") : caught }
                let ending = error?.code == .conflict ? "before the engine refused" : "before something failed"
                throw LostTags(tags: removed, ending: ending, cause: "\(caught)", isKnownToStay: !isUnknown)
            }
        }
        let now = await look(at: image, by: engine)
        if now.isGone { return [] }
        throw LostTags(tags: removed, ending: "and \(silence)", cause: nil, isKnownToStay: now.isThere)
    }

    private static let silence = "the engine does not say that it is gone"

    /// Says whether the engine names the image among what it deleted; Podman leaves out the algorithm.
    private static func isGone(_ image: EngineImage, _ deleted: [String]) -> Bool { deleted.contains { $0.hasSuffix(image.id.hex) } }

    /// What came of a removal.
    private struct Removed {
        /// What the engine says that it gave back.
        var freed: ByteSize?
        /// The tags that it had by the plan, and not any more when it was removed.
        var otherTags: [ImageReference] = []
    }

    /// Some tags of an image are off, and the image stays, or may stay.
    private struct LostTags: Error {
        let tags: [ImageReference]
        /// How the sentence on the tags ends.
        let ending: String
        let cause: String?
        var isKnownToStay = true
    }

    /// The image is gone, and the engine says that it failed.
    private struct RemovedWithFailure: Error {
        let cause: String
    }

    /// The image got a tag between the last look and its removal, and went with it.
    private struct TookMore: Error {
        let tags: [ImageReference]
    }

    private static func list(_ tags: [ImageReference]) -> String { tags.map { "'\($0)'" }.joined(separator: ", ") }

    private mutating func report(_ removal: PrunePlan.Removal, _ result: Result<Removed, any Error>, of total: Int) {
        completed += 1
        context.progress(completed: completed, total: total)
        if let holder = Self.holder(removal, result) { holders.keep(removal.item, as: holder) }
        let tags = removal.otherTagsByThePlan()
        switch result {
        case .success(let removed):
            let bytes = removed.freed ?? layers?.remove(removal.item) ?? removal.bytes
            let others = removed.otherTags
            let note =
                others.isEmpty ? "" : "; \(Self.list(others)) \(others.count == 1 ? "was not its tag" : "were not its tags") any more"
            context.report(
                .passed(
                    subject: removal.subject,
                    type: "removed",
                    message: removal.message + note,
                    details: removal.tagDetails,
                    bytes: bytes
                )
            )
            if let bytes { context.reclaimed(bytes) }
        case .failure(let error as Changed):
            context.report(
                .skipped(
                    subject: removal.subject,
                    type: "not-removed",
                    message: "kept: \(error.reason)\(tags)",
                    details: removal.tagDetails,
                    bytes: removal.bytes
                )
            )
        case .failure(let error as LostTags):
            var remedy: String?
            if case .image(let image) = removal.item {
                remedy = error.tags.map { "\(docker) tag \(image.id.short) \($0)" }.joined(separator: "; ")
            }
            context.report(
                .error(
                    subject: removal.subject,
                    type: "partly-untagged",
                    message:
                        "the image \(error.isKnownToStay ? "stays" : "may stay"), but \(Self.list(error.tags)) "
                        + "\(error.tags.count == 1 ? "was" : "were") taken off \(error.ending)"
                        + removal.otherTagsByThePlan(than: error.tags),
                    details: (error.cause.map { [$0] } ?? []) + removal.tagDetails,
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
        case .failure(let error as RemovedWithFailure):
            context.report(
                .error(
                    subject: removal.subject,
                    type: "removed-with-failure",
                    message: "it is gone, though the engine failed on the way, so that its space may not be free: \(error.cause)\(tags)",
                    details: removal.tagDetails
                )
            )
        case .failure(let error as EngineError) where error.code == .conflict && removal.isOfBuildCache:
            // The engine keeps a record, and passes over one that is not there, without a word.
            context.report(
                .skipped(
                    subject: removal.subject,
                    type: "not-removed",
                    message: "a build uses it, another record builds on it, or it is gone already",
                    details: [error.description],
                    bytes: removal.bytes
                )
            )
        case .failure(let error as EngineError) where error.code == .conflict:
            context.report(
                .skipped(
                    subject: removal.subject,
                    type: "not-removed",
                    message: "kept: the engine refuses to remove it\(tags)",
                    details: [error.description] + removal.tagDetails,
                    bytes: removal.bytes
                )
            )
        case .failure(let error as EngineError) where error.code == .notFound:
            let message = "somebody else removed it meanwhile\(tags)"
            context.report(.skipped(subject: removal.subject, type: "gone", message: message, details: removal.tagDetails))
        case .failure(let error as EngineError) where error.isOfUnknownOutcome:
            // The request may have arrived.
            context.report(
                .error(
                    subject: removal.subject,
                    type: "unknown",
                    message: "whether it is removed is not known: \(error)",
                    details: removal.allTags,
                    remedy: "look at the engine, or run the stage again"
                )
            )
        case .failure(let error):
            context.report(.error(subject: removal.subject, type: "not-removed", message: "\(error)", details: removal.allTags))
        }
    }

    /// How what was not removed is spoken of where it holds something else; `nil` for what is gone.
    private static func holder(_ removal: PrunePlan.Removal, _ result: Result<Removed, any Error>) -> String? {
        guard case .failure(let error) = result, !(error is TookMore), !(error is RemovedWithFailure) else { return nil }
        let refusal = error as? EngineError
        guard refusal?.code != .notFound else { return nil }
        let isKnownToStay =
            refusal.map { !$0.isOfUnknownOutcome && !($0.code == .conflict && removal.isOfBuildCache) } ?? (error as? LostTags)?
            .isKnownToStay ?? true
        return "'\(removal.subject)', which \(isKnownToStay ? "was not removed" : "may still be there"),"
    }
}

extension PrunePlan.Removal {
    fileprivate var isOfBuildCache: Bool { if case .buildCache = item { true } else { false } }
}

extension EngineError {
    /// Says whether the request may have arrived, and been carried out.
    fileprivate var isOfUnknownOutcome: Bool { [.unknownOutcome, .timeout, .unreachable].contains(code) }
}
