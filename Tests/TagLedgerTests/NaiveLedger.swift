import HookKit
import OCI

@testable import TagLedger

/// What a ledger should do, in the plainest way: lists that are searched from one end to the other.
struct NaiveLedger {
    private struct Entry {
        let engine: String
        var generation: TagGeneration
    }
    private var entries: [Entry] = []
    private var events: [(engine: String, event: EngineEvent)] = []

    mutating func record(
        _ observations: [TagObservation],
        on engine: EngineIdentity,
        by build: BuildRecord,
        at time: Timestamp
    ) -> [TagChange] {
        let changes = compare(observations, on: engine)
        var done: Set<ImageReference> = []
        for observation in observations where done.insert(observation.reference).inserted {
            let index = entries.lastIndex { $0.engine == engine.identifier && $0.generation.reference == observation.reference }
            if let index, entries[index].generation.image == observation.image {
                let old = entries[index].generation
                let isLater = time >= old.lastSeen
                entries[index].generation = TagGeneration(
                    reference: old.reference,
                    image: old.image,
                    manifestDigest: old.manifestDigest ?? observation.manifestDigest,
                    firstSeen: old.firstSeen,
                    firstBuild: old.firstBuild,
                    lastSeen: isLater ? time : old.lastSeen,
                    lastBuild: isLater ? build : old.lastBuild,
                    sightings: old.sightings + 1
                )
            } else {
                let generation = TagGeneration(
                    reference: observation.reference,
                    image: observation.image,
                    manifestDigest: observation.manifestDigest,
                    firstSeen: time,
                    firstBuild: build,
                    lastSeen: time,
                    lastBuild: build,
                    sightings: 1
                )
                entries.append(Entry(engine: engine.identifier, generation: generation))
            }
        }
        return changes
    }

    func compare(_ observations: [TagObservation], on engine: EngineIdentity) -> [TagChange] {
        observations.map { observation in
            guard let latest = generations(on: engine).last(where: { $0.reference == observation.reference }) else {
                return TagChange(observation: observation, kind: .new)
            }
            return TagChange(observation: observation, kind: latest.image == observation.image ? .unchanged : .moved(from: latest))
        }
    }

    mutating func record(_ new: [EngineEvent], on engine: EngineIdentity) {
        for event in new where !events.contains(where: { $0.engine == engine.identifier && $0.event == event }) {
            events.append((engine.identifier, event))
        }
    }

    func generations(on engine: EngineIdentity) -> [TagGeneration] {
        entries.filter { $0.engine == engine.identifier }.map(\.generation)
    }

    func generations(of images: [Digest], on engine: EngineIdentity) -> [Digest: [TagGeneration]] {
        Dictionary(grouping: generations(on: engine).filter { images.contains($0.image) }, by: \.image)
    }

    func generations(of references: [ImageReference], on engine: EngineIdentity) -> [ImageReference: [TagGeneration]] {
        Dictionary(grouping: generations(on: engine).filter { references.contains($0.reference) }, by: \.reference)
    }

    func latestGenerations(on engine: EngineIdentity) -> Set<TagGeneration> {
        var latest: [ImageReference: TagGeneration] = [:]
        for generation in generations(on: engine) { latest[generation.reference] = generation }
        return Set(latest.values)
    }

    func events(on engine: EngineIdentity) -> [EngineEvent] {
        events.filter { $0.engine == engine.identifier }.map(\.event)
    }

    /// The events whose actor, name or image is one of the texts, as sets of equal times, oldest first.
    func events(about subjects: [String], on engine: EngineIdentity) -> [Set<EngineEvent>] {
        let found = events(on: engine).filter { event in
            subjects.contains(event.actor) || subjects.contains { event.attributes.values.contains($0) }
        }
        return Dictionary(grouping: found, by: \.time).sorted { $0.key < $1.key }.map { Set($0.value) }
    }

    func lastUses(of images: [Digest], on engine: EngineIdentity) -> [Digest: Timestamp] {
        var uses: [Digest: Timestamp] = [:]
        func use(_ image: Digest, _ time: Timestamp) { uses[image] = max(uses[image] ?? time, time) }
        for generation in generations(on: engine) { use(generation.image, generation.firstSeen) }
        for event in events(on: engine) {
            if event.kind == "image", event.action == "tag", let image = Digest(event.actor) { use(image, event.time) }
            guard event.kind == "container", let typed = event.attributes["image"] else { continue }
            if let image = Digest(typed) {
                use(image, event.time)
            } else if let image = holder(of: typed, at: event.time, on: engine) {
                use(image, event.time)
            }
        }
        return uses.filter { images.contains($0.key) }
    }

    private func holder(of name: String, at time: Timestamp, on engine: EngineIdentity) -> Digest? {
        var known: [(time: Timestamp, image: Digest)] = []
        for generation in generations(on: engine) where generation.reference.description == name {
            known.append((generation.firstSeen, generation.image))
            known.append((generation.lastSeen, generation.image))
        }
        for event in events(on: engine) where event.kind == "image" && event.attributes["name"] == name {
            if let image = Digest(event.actor) { known.append((event.time, image)) }
        }
        var holder: (time: Timestamp, image: Digest)?
        for moment in known where moment.time <= time && moment.time >= holder?.time ?? moment.time { holder = moment }
        var first: (time: Timestamp, image: Digest)?
        for moment in known where moment.time < first?.time ?? Timestamp(nanoseconds: .max) { first = moment }
        return (holder ?? first)?.image
    }
}
