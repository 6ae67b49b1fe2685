import HookKit

/// Everything that the snapshot knows of one untagged image.
struct ImageKnowledge {
    let image: EngineImage
    private let snapshot: EngineSnapshot
    private let generations: [TagGeneration]
    private let events: [EngineEvent]
    /// The tags that it had, the latest first.
    private let knownTags: [KnownTag]

    /// A tag that the image had, and from where that is known.
    private struct KnownTag {
        enum Source {
            case ledger(TagGeneration)
            case event(EngineEvent)
        }
        let reference: ImageReference
        let time: Timestamp
        let source: Source

        var evidence: String {
            switch source {
            case .ledger(let generation):
                "the ledger saw '\(reference)' on it until \(generation.lastSeen) (\(generation.lastBuild.shortDescription))"
            case .event(let event): "the engine tagged it '\(reference)' at \(event.time)"
            }
        }
    }

    /// Gathers what is known.
    ///
    /// - Parameter isMeant: says of which tags to speak where the image had several; where it had none of those, all of its tags count.
    init(_ image: EngineImage, in snapshot: EngineSnapshot, isMeant: (ImageReference) -> Bool) {
        self.image = image
        self.snapshot = snapshot
        generations = snapshot.generations[image.id] ?? []
        events = snapshot.eventsByImage[image.id] ?? []
        let fromLedger = generations.map { KnownTag(reference: $0.reference, time: $0.lastSeen, source: .ledger($0)) }
        let fromEvents = events.compactMap { event in
            event.taggedReference.map { KnownTag(reference: $0, time: event.time, source: .event(event)) }
        }
        let all = (fromLedger + fromEvents).sorted { $0.time > $1.time }
        let meant = all.filter { isMeant($0.reference) }
        knownTags = meant.isEmpty ? all : meant
    }

    /// Its tags that name another image now, the latest first, with who holds each and when it was last known on this image.
    var takenTags: [(reference: ImageReference, holder: Digest, lastKnown: Timestamp, evidence: String)] {
        var seen = Set<ImageReference>()
        return knownTags.compactMap { known in
            guard let holder = snapshot.holders[known.reference], holder != image.id, seen.insert(known.reference).inserted else {
                return nil
            }
            return (known.reference, holder, known.time, known.evidence)
        }
    }

    /// The latest of its tags.
    var lastKnownTag: ImageReference? { knownTags.first?.reference }

    /// The load that brought it: one that names it, or, where the engine does not say what it loaded, one after it was deleted.
    var lastLoad: EngineEvent? {
        if let load = events.last(where: { $0.action == "load" }) { return load }
        guard let deletion = events.last(where: { $0.action == "delete" }) else { return nil }
        return snapshot.engineEvents.last { event in
            event.kind == "image" && event.action.hasPrefix("load") && Digest(event.actor) == nil && event.time >= deletion.time
        }
    }
    var lastUntag: EngineEvent? { events.last { $0.action == "untag" } }
    var lastSave: EngineEvent? { events.last { $0.action == "save" } }

    /// When a tag was last known on it; `nil` where it never was.
    func lastKnown(_ reference: ImageReference) -> Timestamp? { knownTags.first { $0.reference == reference }?.time }

    /// Says whether the engine loaded it after it was last known under a name.
    ///
    /// The load of an image that is there changes nothing: where the events go back far enough, they show that it was deleted before.
    var cameBackWithoutName: Bool {
        guard let load = lastLoad, let known = knownTags.first, load.time > known.time else { return false }
        guard let oldest = snapshot.engineEvents.first?.time, oldest <= known.time else { return true }
        return events.contains { $0.action == "delete" && $0.time >= known.time && $0.time <= load.time }
    }

    /// The import that made it, where it got no name.
    var lastImport: EngineEvent? { events.last { $0.action == "import" } }

    /// Says whether the engine has no memory of ever tagging it; false where it was not asked, and on engines that do not keep it.
    var wasNeverTaggedHere: Bool {
        snapshot.engine.imageStore == .classic && (snapshot.details[image.id].map { $0.lastTagged == nil } ?? false)
    }

    /// A name that its archive may have brought, and that another image took since the load.
    ///
    /// A `load` that takes a name sends no event of it, so every later load of an image that has a name now is a candidate. Where names that it had
    /// are known, those count.
    var nameTakenSinceLoad: ImageReference? {
        guard let load = lastLoad else { return nil }
        let had = Set(knownTags.map(\.reference))
        let isCandidate = { (name: ImageReference) in had.isEmpty || had.contains(name) }
        for event in snapshot.engineEvents where event.time > load.time && event.kind == "image" {
            guard let id = Digest(event.actor), id != image.id else { continue }
            if let name = event.taggedReference, isCandidate(name) { return name }
            if event.action == "load", let name = snapshot.images[id]?.references.first(where: isCandidate) { return name }
        }
        return had.sorted().first { name in
            snapshot.tagGenerations[name]?.contains { $0.image != image.id && $0.firstSeen > load.time } ?? false
        }
    }

    /// Says whether it had more than one tag.
    var hadSeveralTags: Bool { Set(knownTags.map(\.reference)).count > 1 }

    /// The evidence that it was built on this engine and never had a name, where there is some.
    var buildEvidence: [String]? {
        let isClassic = snapshot.engine.imageStore == .classic
        guard isClassic ? wasNeverTaggedHere && image.repositoryDigests.isEmpty : !couldHaveLostName else { return nil }
        if events.contains(where: { $0.action == "pull" || $0.action == "import" || $0.action == "load" }) { return nil }
        var lines: [String] = []
        if let parent = image.parent ?? snapshot.details[image.id]?.parent {
            lines.append("this engine built it on \(parent.short)")
        }
        if let build = snapshot.engineEvents.last(where: { $0.action == "build" && isNamed(by: $0) }) {
            lines.append("this engine built it at \(build.time)")
        }
        if lines.isEmpty, let oldest = snapshot.engineEvents.first?.time, image.created > oldest, image.created <= snapshot.now {
            lines.append(
                "the engine's events go back to \(oldest), before it was made at \(image.created), and show no load, pull or import of it"
            )
        }
        guard !lines.isEmpty else { return nil }
        lines.append(isClassic ? "no tag was ever put on it by this engine" : "no tag was put on any image since it was made")
        return lines
    }

    /// Says whether a name that it may have had could be another image's now, on an engine that does not say when it last tagged an image.
    private var couldHaveLostName: Bool {
        if lastUntag != nil { return true }
        // Images are dated to the second; of those that it was built on it is known that they were there before.
        let ancestors = self.ancestors
        let isLater = { (time: Timestamp, id: Digest?) in
            id.map(ancestors.contains) ?? false ? time.seconds > image.created.seconds : time.seconds >= image.created.seconds
        }
        if snapshot.images.values.contains(where: { !$0.isUntagged && $0.id != image.id && isLater($0.created, $0.id) }) { return true }
        let naming: Set = ["tag", "pull", "import"]
        return snapshot.engineEvents.contains { event in
            event.kind == "image" && (naming.contains(event.action) || event.action.hasPrefix("load"))
                && isLater(event.time, Digest(event.actor))
        }
    }

    private var ancestors: Set<Digest> {
        var result = Set<Digest>()
        var next = image.parent
        while let id = next, result.insert(id).inserted { next = snapshot.images[id]?.parent }
        return result
    }

    /// Podman writes the image of a build where others write its name.
    private func isNamed(by event: EngineEvent) -> Bool {
        event.actor == image.id.description || event.actor == image.id.hex || event.attributes["name"] == image.id.hex
    }

    var ledgerLines: [String] {
        guard !generations.isEmpty else { return ["the ledger never saw a tag on it"] }
        return generations.suffix(3).map { generation in
            "ledger: '\(generation.reference)' from \(generation.firstSeen) to \(generation.lastSeen), first by "
                + generation.firstBuild.shortDescription
        }
    }

    var unknownMessage: String {
        if let lastImport, knownTags.isEmpty { return "was imported without a name at \(lastImport.time)" }
        if let digest = image.repositoryDigests.first, snapshot.engine.imageStore == .classic {
            return "came from a registry as '\(digest.familiarName)': pulled by digest, or its tag was moved before hook looked"
        }
        if let lastTagged = snapshot.details[image.id]?.lastTagged, snapshot.engine.imageStore == .classic {
            return "had a tag, last put on it at \(lastTagged), and lost it before hook looked"
        }
        if wasNeverTaggedHere {
            return "was never tagged by this engine: built without a name, or loaded, before hook looked"
        }
        return "has no tag, and nothing tells why"
    }
}
