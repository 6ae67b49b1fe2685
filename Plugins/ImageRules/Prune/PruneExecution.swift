import HookKit

/// Carries out a plan, once: only what it names, and only as long as it is still as it was when the plan was made.
struct PruneExecution {
    /// How many removals are under way at once; the engine removes layers one after the other, so more do not help.
    private static let width = 8

    private let engine: any ContainerEngine
    private let watch: any EngineWatch
    private let context: RuleContext
    /// The images that must not be touched any more, with the reason.
    private var changed: [Digest: String] = [:]
    private var completed = 0
    private var freedElsewhere = ByteSize.zero
    private var removedImages = 0

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
        for (_, removals) in waves {
            for start in stride(from: 0, to: removals.count, by: Self.width * 4) {
                let batch = Array(removals[start..<min(start + Self.width * 4, removals.count)])
                try Task.checkCancellation()
                try await lookAgain(before: batch)
                try await remove(batch, of: plan.removals.count)
            }
        }
    }

    /// Compares what the engine says has changed with what is about to be removed.
    private mutating func lookAgain(before batch: [PrunePlan.Removal]) async throws {
        let naming: Set = ["tag", "load", "pull", "import"]
        guard try await watch.arrived().contains(where: { $0.kind == "image" && naming.contains($0.action) }) else { return }
        let now = Dictionary(try await engine.images(.current).map { ($0.id, $0) }) { first, _ in first }
        for removal in batch {
            guard case .image(let planned) = removal.item else { continue }
            guard let image = now[planned.id] else { continue }
            if Set(image.references) != Set(planned.references) || image.unreadableReferences != planned.unreadableReferences {
                changed[planned.id] = image.references.first.map { "it was tagged '\($0)' since the plan was made" } ?? "its tags changed"
            }
        }
    }

    private mutating func remove(_ batch: [PrunePlan.Removal], of total: Int) async throws {
        let engine = engine
        let changed = changed
        await withTaskGroup(of: (PrunePlan.Removal, Result<ByteSize?, any Error>).self) { group in
            var next = batch.makeIterator()
            func start() {
                // A removal that has not begun when the run is interrupted does not begin.
                guard !Task.isCancelled, let removal = next.next() else { return }
                group.addTask {
                    do {
                        return (removal, .success(try await Self.remove(removal.item, changed: changed, by: engine)))
                    } catch {
                        return (removal, .failure(error))
                    }
                }
            }
            for _ in 0..<Self.width { start() }
            for await (removal, result) in group {
                report(removal, result)
                completed += 1
                context.progress(completed: completed, total: total)
                start()
            }
        }
        try Task.checkCancellation()
    }

    /// The image was given a tag, or another, since the plan was made.
    private struct Changed: Error {
        let reason: String
    }

    private static func remove(_ item: PrunePlan.Item, changed: [Digest: String], by engine: any ContainerEngine) async throws -> ByteSize?
    {
        switch item {
        case .container(let container): try await engine.removeContainer(container.id)
        case .network(let network): try await engine.removeNetwork(network.id)
        case .volume(let volume): try await engine.removeVolume(volume.name)
        case .buildCache(let record): return try await engine.removeBuildCache(record.id)
        case .image(let image):
            if let reason = changed[image.id] { throw Changed(reason: reason) }
            if image.references.count <= 1 {
                // By ID: should the tag have moved, the image that has it now is not touched.
                _ = try await engine.removeImage(image.id)
            } else {
                for reference in image.references { _ = try await engine.removeTag(reference) }
            }
        }
        return nil
    }

    private mutating func report(_ removal: PrunePlan.Removal, _ result: Result<ByteSize?, any Error>) {
        switch result {
        case .success(let freed):
            context.report(
                .passed(subject: removal.subject, type: "removed", message: removal.reason, bytes: freed ?? removal.bytes)
            )
            if let bytes = freed ?? removal.bytes { context.reclaimed(bytes) }
        case .failure(let error as Changed):
            context.report(.skipped(subject: removal.subject, type: "not-removed", message: "kept: \(error.reason)", bytes: removal.bytes))
        case .failure(let error as EngineError) where error.code == .conflict:
            context.report(
                .skipped(
                    subject: removal.subject,
                    type: "not-removed",
                    message: "kept: the engine says that it is in use",
                    details: [error.description],
                    bytes: removal.bytes
                )
            )
        case .failure(let error as EngineError) where error.code == .notFound:
            context.report(.skipped(subject: removal.subject, type: "gone", message: "somebody else removed it meanwhile"))
        case .failure(let error):
            context.report(.error(subject: removal.subject, type: "not-removed", message: "\(error)"))
        }
    }
}
