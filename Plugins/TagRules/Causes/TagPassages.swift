import HookKit

/// Finds out how tags came from the images that lost them to those that have them now, by the engine's events and by the ledger.
struct TagPassages: Sendable {
    private let snapshot: EngineSnapshot
    /// What the ledger knows of each tag, the earliest first.
    private let generations: [ImageReference: [TagGeneration]]
    /// When the engine says that each tag was put on which image, the earliest first.
    private let taggings: [ImageReference: [(image: Digest, time: Timestamp)]]
    /// What the engine remembers that can move a tag without an event of the tag, the earliest first.
    private let movements: [Movement]

    /// An event that can move a tag without a word of it.
    private struct Movement {
        enum Kind {
            case load(Digest?)
            case untag(Digest?)
            case pull(ImageReference?)
        }
        let kind: Kind
        let time: Timestamp

        init?(_ event: EngineEvent) {
            guard event.kind == "image" else { return nil }
            switch event.action {
            case "load": kind = .load(Digest(event.actor))
            case "untag": kind = .untag(Digest(event.actor))
            case "pull": kind = .pull(event.namedReference)
            default: return nil
            }
            time = event.time
        }
    }

    /// Begins with the evidence.
    init(_ snapshot: EngineSnapshot) {
        self.snapshot = snapshot
        let lost = Dictionary(grouping: snapshot.generations.values.joined(), by: \.reference)
        generations = snapshot.tagGenerations.merging(lost) { $0 + $1 }.mapValues { $0.sorted { $0.firstSeen < $1.firstSeen } }
        movements = snapshot.engineEvents.compactMap(Movement.init)
        taggings = snapshot.eventsByTag.mapValues { events in
            events.compactMap { event in event.action == "tag" ? Digest(event.actor).map { ($0, event.time) } : nil }
        }
    }

    /// How a tag that names another image now came there; `nil` where it names none.
    func passage(of reference: ImageReference, from knowledge: ImageKnowledge, else lost: Timestamp?) -> TagPassage? {
        guard let holder = snapshot.holders[reference], holder != knowledge.image.id else { return nil }
        return passage(of: reference, from: knowledge.image.id, to: holder, after: knowledge.lastKnown(reference) ?? lost)
    }

    /// How a tag came from an image, which had it last at `lost`, to the one that has it now.
    ///
    /// Other images may have had the tag before the one that lost it: what was before that one last had it is no answer. Where it is not known when
    /// that was, only the image that has it now is spoken of.
    func passage(
        of reference: ImageReference,
        from image: Digest,
        to holder: Digest,
        after lost: Timestamp?
    ) -> TagPassage {
        let isLater = { (time: Timestamp) in lost.map { time >= $0 } ?? true }
        // A load that takes a name sends no event of the name.
        let isCovered = lost.map { lost in snapshot.engineEvents.first.map { $0.time <= lost } ?? false } ?? false
        let tagging = taggings[reference]?.last { $0.image == holder && isLater($0.time) }.map { exact(reference, $0.image, $0.time) }
        let load =
            isCovered && tagging == nil
            ? snapshot.eventsByImage[holder]?.last { $0.action == "load" && isLater($0.time) }.map { exact(reference, holder, $0.time) }
            : nil
        let last = tagging ?? load ?? generations[reference]?.last { $0.image == holder && isLater($0.firstSeen) }.map(Self.seen)
        let others = lost.map { takings(of: reference, from: image, after: $0) } ?? []
        // Of one moment, what the engine said comes first.
        let first = lost == nil ? last : (others.prefix { $0.isExact } + [load].compactMap(\.self) + others).min { $0.time < $1.time }
        return TagPassage(
            holder: holder,
            first: first,
            last: last,
            isDirect: isCovered && first.map { isDirect(reference, from: image, to: $0, after: lost) } ?? false
        )
    }

    /// The first that took a tag from an image, which had it last at `lost`, by the engine's events and by the ledger.
    func takings(of reference: ImageReference, from image: Digest, after lost: Timestamp) -> [TagPassage.Taking] {
        let tagged = taggings[reference]?.first { $0.time >= lost && $0.image != image }.map { exact(reference, $0.image, $0.time) }
        let found = generations[reference]?.first { $0.firstSeen >= lost && $0.image != image }.map(Self.seen)
        return [tagged, found].compactMap(\.self)
    }

    private func exact(_ reference: ImageReference, _ taker: Digest, _ time: Timestamp) -> TagPassage.Taking {
        let generation = generations[reference]?.first { $0.firstSeen >= time && $0.image == taker }
        return .init(image: taker, time: time, isExact: true, build: generation?.firstBuild)
    }

    private static func seen(_ generation: TagGeneration) -> TagPassage.Taking {
        .init(image: generation.image, time: generation.firstSeen, isExact: false, build: generation.firstBuild)
    }

    /// Says whether the engine's events show that nothing came between a loss and a taking, where they go back far enough.
    private func isDirect(_ reference: ImageReference, from image: Digest, to first: TagPassage.Taking, after lost: Timestamp?) -> Bool {
        // Podman moves a tag by a build without a word of the tag.
        guard first.isExact, snapshot.engine.imageStore != .podman else { return false }
        return !movements.contains { movement in
            guard lost.map({ movement.time > $0 }) ?? true, movement.time < first.time else { return false }
            return switch movement.kind {
            case .load(let loaded): loaded != first.image
            case .untag(let untagged): untagged == image
            case .pull(let pulled): pulled == reference
            }
        }
    }
}
