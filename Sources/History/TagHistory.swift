import HookKit
package import OCI

/// The generations of a tag on one engine, each with what became of it.
///
/// What is said stands on the ledger's looks, on events, and on the engine where it answers. What none of them tells is not known; nothing is
/// inferred from what is usual.
package struct TagHistory: Hashable, Sendable {
    /// Where the tag points now, as an engine says that was asked.
    package enum Present: Hashable, Sendable {
        /// To the image of the newest generation.
        case newest
        /// To an image that no look has seen there yet.
        case unseen(Digest)
        /// To none.
        case nothing
        /// No engine says.
        case notKnown
    }

    /// The tag.
    package let reference: ImageReference
    /// The engine.
    package let engine: LedgerEngine
    /// Generations, the newest first.
    package let generations: [PastGeneration]
    /// How many there are in the ledger.
    package let generationCount: Int
    /// Where the tag points now.
    package let present: Present

    /// Works out what became of each generation.
    package init(_ record: TagRecord, _ answer: EngineAnswer) {
        var view: EngineView?
        // Another engine's images say nothing of this one's.
        if case .answered(let found) = answer, found.identity.identifier == record.engine.identifier { view = found }
        reference = record.reference
        engine = record.engine
        generationCount = record.generationCount
        if let view {
            switch view.holders[record.reference] {
            case nil: present = .nothing
            case let image? where image == record.generations.last?.image: present = .newest
            case let image?: present = .unseen(image)
            }
        } else {
            present = .notKnown
        }
        let events = Self.merged(record.events, view?.events ?? [])
        let pushes = Self.pushes(of: record, events: events, view: view)
        let oldest = record.generationCount - record.generations.count + 1
        generations = record.generations.indices.reversed().map { index in
            let generation = record.generations[index]
            return PastGeneration(
                number: oldest + index,
                generation: generation,
                next: index + 1 < record.generations.count ? record.generations[index + 1] : nil,
                fate: Self.fate(of: generation.image, lastSeen: record.lastSights[generation.image] ?? generation.lastSeen, events, view),
                containers: view?.containers[generation.image] ?? [],
                pushes: pushes[index] ?? []
            )
        }
    }

    // MARK: Fates

    private static let deletions: Set<String> = ["delete", "remove"]
    private static let arrivals: Set<String> = ["tag", "load", "loadfromarchive", "pull", "import", "build"]

    private static func fate(of image: Digest, lastSeen: Timestamp, _ events: [EngineEvent], _ view: EngineView?) -> Fate {
        if let present = view?.images[image] {
            guard present.isUntagged else { return .named(present.references) }
            return .untagged
        }
        var removed: Timestamp?
        for event in events where event.image == image {
            if deletions.contains(event.action) {
                removed = event.time
            } else if arrivals.contains(event.action) {
                removed = nil
            }
        }
        // A look that found it later says that it came back, whatever brought it.
        if let removed, removed >= lastSeen { return .removed(removed) }
        return view == nil ? .notKnown : .gone
    }

    // MARK: Pushes

    /// A moment at which it is known what the tag named.
    private struct Moment {
        let time: Timestamp
        /// The generation, by index; `nil` where the tag moved to something that is none of them.
        let generation: Int?
        /// Says whether the tag moved in this very moment.
        let isMove: Bool
    }

    /// The pushes of each generation, by index.
    ///
    /// A push counts for the image that the tag named at the moment before it, where the next moment shows the same or is a move: what
    /// happened between two looks that differ nobody knows.
    private static func pushes(of record: TagRecord, events: [EngineEvent], view: EngineView?) -> [Int: [Timestamp]] {
        let named = events.filter { $0.kind == "image" && $0.names(record.reference) }
        let pushes = named.filter { $0.action == "push" }
        guard !pushes.isEmpty else { return [:] }
        var moments: [Moment] = []
        for (index, generation) in record.generations.enumerated() {
            moments.append(Moment(time: generation.firstSeen, generation: index, isMove: false))
            moments.append(Moment(time: generation.lastSeen, generation: index, isMove: false))
        }
        for event in named where event.action == "tag" {
            // Of several generations of one image, the one is meant that was seen next, or the last.
            let index =
                record.generations.firstIndex { $0.image == event.image && $0.lastSeen >= event.time }
                ?? record.generations.lastIndex { $0.image == event.image }
            moments.append(Moment(time: event.time, generation: index, isMove: true))
        }
        for event in named where event.action == "pull" || event.action == "untag" {
            moments.append(Moment(time: event.time, generation: nil, isMove: true))
        }
        if let image = view?.holders[record.reference], image == record.generations.last?.image {
            let last = record.generations.count - 1
            moments.append(Moment(time: Timestamp(nanoseconds: .max), generation: last, isMove: false))
        }
        moments.sort { $0.time < $1.time }
        return pushes.reduce(into: [:]) { result, push in
            guard let before = moments.last(where: { $0.time <= push.time })?.generation,
                let after = moments.first(where: { $0.time > push.time }), after.isMove || after.generation == before
            else { return }
            result[before, default: []].append(push.time)
        }
    }

    /// The events of both lists, each once, oldest first.
    private static func merged(_ left: [EngineEvent], _ right: [EngineEvent]) -> [EngineEvent] {
        struct Key: Hashable {
            let time: Timestamp
            let action: String
            let actor: String
        }
        var seen = Set<Key>()
        return (left + right).filter { seen.insert(Key(time: $0.time, action: $0.action, actor: $0.actor)).inserted }
            .sorted { $0.time < $1.time }
    }
}

extension EngineEvent {
    /// The image that the event is about, written with or without its algorithm.
    fileprivate var image: Digest? { kind == "image" ? Digest(actor) ?? Digest(algorithm: .sha256, hex: actor) : nil }

    /// Says whether the event is about a tag: as its actor, or as its name where the actor is an image.
    fileprivate func names(_ reference: ImageReference) -> Bool {
        guard let text = image == nil ? actor : attributes["name"], let named = ImageReference(text) else { return false }
        return named == reference || (named.tag == nil && named.digest == nil && named.latest == reference)
    }
}
