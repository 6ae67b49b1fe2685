public import HookKit
public import OCI
import Synchronization

/// A ledger of tags in memory.
public final class FakeLedger: TagLedger {
    /// What the ledger lets its user do.
    public enum Access: Sendable {
        /// Everything.
        case changes
        /// In a dry run nothing is written, and `record` says what it would say.
        case dryRun
    }

    /// Everything that a ledger holds, to be compared before and after.
    public struct State: Hashable, Sendable {
        /// The generations by the engine's identifier, in the order in which they began.
        public var generations: [String: [TagGeneration]]
        /// The events by the engine's identifier, in the order in which they were written.
        public var events: [String: [EngineEvent]]

        /// Makes a state.
        public init(generations: [String: [TagGeneration]] = [:], events: [String: [EngineEvent]] = [:]) {
            self.generations = generations
            self.events = events
        }
    }

    private let inner: Mutex<State>
    private let access: Access

    /// Makes a ledger.
    public init(_ state: State = State(), access: Access = .changes) {
        var state = state
        for engine in state.generations.keys { state.generations[engine]?.sort { $0.firstSeen < $1.firstSeen } }
        inner = Mutex(state)
        self.access = access
    }

    /// Makes a ledger that knows what a world says of the tags on an engine.
    public convenience init(_ world: ExampleWorld, engine: EngineIdentity = FakeEngine.exampleIdentity, access: Access = .changes) {
        self.init(State(generations: [engine.identifier: world.ledger]), access: access)
    }

    /// What the ledger holds now.
    public var state: State { inner.withLock { $0 } }

    /// Writes what every given tag names now.
    public func record(
        _ observations: [TagObservation],
        on engine: EngineIdentity,
        by build: BuildRecord,
        at time: Timestamp
    ) async throws -> [TagChange] {
        inner.withLock { state in
            var known = state.generations[engine.identifier] ?? []
            var changes: [TagChange] = []
            for observation in observations {
                let change = Self.change(observation, against: known)
                changes.append(change)
                let isUnchanged = change.kind == .unchanged
                if isUnchanged, let index = Self.latest(observation.reference, in: known) {
                    let seen = known[index]
                    known[index] = TagGeneration(
                        reference: seen.reference,
                        image: seen.image,
                        manifestDigest: seen.manifestDigest ?? observation.manifestDigest,
                        firstSeen: seen.firstSeen,
                        firstBuild: seen.firstBuild,
                        lastSeen: max(seen.lastSeen, time),
                        lastBuild: build,
                        sightings: seen.sightings + 1
                    )
                } else {
                    known.append(
                        TagGeneration(
                            reference: observation.reference,
                            image: observation.image,
                            manifestDigest: observation.manifestDigest,
                            firstSeen: time,
                            firstBuild: build,
                            lastSeen: time,
                            lastBuild: build,
                            sightings: 1
                        )
                    )
                }
            }
            if access == .changes { state.generations[engine.identifier] = known }
            return changes
        }
    }

    /// Says what `record` would say.
    public func compare(_ observations: [TagObservation], on engine: EngineIdentity) async throws -> [TagChange] {
        let known = state.generations[engine.identifier] ?? []
        return observations.map { Self.change($0, against: known) }
    }

    /// Writes the events that are not known yet.
    public func record(_ events: [EngineEvent], on engine: EngineIdentity) async throws {
        guard access == .changes else { return }
        inner.withLock { state in
            var known = state.events[engine.identifier] ?? []
            for event in events where !known.contains(event) { known.append(event) }
            state.events[engine.identifier] = known
        }
    }

    /// The generations of images, oldest first.
    public func generations(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: [TagGeneration]] {
        let known = (state.generations[engine.identifier] ?? []).filter { images.contains($0.image) }
        return Dictionary(grouping: known, by: \.image)
    }

    /// The generations of tags, oldest first.
    public func generations(
        of references: [ImageReference],
        newest count: Int?,
        on engine: EngineIdentity?
    ) async throws -> [ImageReference: [TagGeneration]] {
        let engines = engine.map { [$0.identifier] } ?? state.generations.keys.sorted()
        var found: [ImageReference: [TagGeneration]] = [:]
        for engine in engines {
            let known = (state.generations[engine] ?? []).filter { references.contains($0.reference) }
            let newest = Dictionary(grouping: known, by: \.reference).mapValues { Array($0.suffix(count ?? $0.count)) }
            found.merge(newest) { $0 + $1 }
        }
        return found
    }

    /// The newest generation of every tag, by tag.
    public func latestGenerations(on engine: EngineIdentity) async throws -> [TagGeneration] {
        let known = state.generations[engine.identifier] ?? []
        return Set(known.map(\.reference)).sorted().compactMap { Self.latest($0, in: known).map { known[$0] } }
    }

    /// The events whose actor, name or image is one of the subjects, oldest first.
    public func events(about subjects: [String], on engine: EngineIdentity) async throws -> [EngineEvent] {
        (state.events[engine.identifier] ?? [])
            .filter { event in
                [event.actor, event.attributes["name"], event.attributes["image"]].contains { $0.map(subjects.contains) ?? false }
            }
            .sorted { $0.time < $1.time }
    }

    /// The time of the newest event.
    public func newestEvent(on engine: EngineIdentity) async throws -> Timestamp? {
        (state.events[engine.identifier] ?? []).map(\.time).max()
    }

    /// The last time that each image came to the engine, that a tag was put on it, or that a container was made from it, started or ended.
    public func lastUses(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: Timestamp] {
        let state = self.state
        let known = state.generations[engine.identifier] ?? []
        var uses: [Digest: Timestamp] = [:]
        func use(_ image: Digest?, at time: Timestamp) {
            guard let image, images.contains(image) else { return }
            uses[image] = max(uses[image] ?? time, time)
        }
        for generation in known { use(generation.image, at: generation.firstSeen) }
        for event in state.events[engine.identifier] ?? [] {
            switch event.kind {
            case "image" where Self.arrivals.contains(event.action): use(Digest(event.actor), at: event.time)
            case "container" where Self.containerUses.contains(event.action):
                let name = event.attributes["image"] ?? ""
                use(Digest(name) ?? Self.image(of: name, at: event.time, in: known), at: event.time)
            default: break
            }
        }
        return uses
    }

    /// The last time that each volume was made, mounted or unmounted.
    public func lastUses(ofVolumes names: [String], on engine: EngineIdentity) async throws -> [String: Timestamp] {
        let events = (state.events[engine.identifier] ?? []).filter {
            $0.kind == "volume" && $0.action != "destroy" && names.contains($0.actor)
        }
        return Dictionary(events.map { ($0.actor, $0.time) }, uniquingKeysWith: max)
    }

    /// Events that say that an image came to be on the engine, or that a tag was put on it.
    private static let arrivals: Set = ["tag", "load", "loadfromarchive", "import", "pull", "build", "create"]
    /// Events that say that a container used its image.
    private static let containerUses: Set = ["create", "start", "die", "died"]

    /// The image that a reference, as it was typed, named at a moment, or where that is not known, the first that it is known to have named.
    private static func image(of name: String, at time: Timestamp, in known: [TagGeneration]) -> Digest? {
        guard let typed = ImageReference(name), typed.digest == nil else { return nil }
        let reference = typed.tag == nil ? ImageReference("\(name):latest") : typed
        let generations = known.filter { $0.reference == reference }
        return (generations.last { $0.firstSeen <= time } ?? generations.first)?.image
    }

    private static func latest(_ reference: ImageReference, in known: [TagGeneration]) -> Int? {
        known.lastIndex { $0.reference == reference }
    }

    private static func change(_ observation: TagObservation, against known: [TagGeneration]) -> TagChange {
        guard let index = latest(observation.reference, in: known) else { return TagChange(observation: observation, kind: .new) }
        let generation = known[index]
        return TagChange(observation: observation, kind: generation.image == observation.image ? .unchanged : .moved(from: generation))
    }
}
