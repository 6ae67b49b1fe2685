import HookKit

/// Everything that the snapshot knows of one untagged image.
struct ImageKnowledge {
    let image: EngineImage
    private let snapshot: EngineSnapshot
    private let generations: [TagGeneration]
    private let events: [EngineEvent]

    init(_ image: EngineImage, in snapshot: EngineSnapshot) {
        self.image = image
        self.snapshot = snapshot
        generations = snapshot.generations[image.id] ?? []
        events = snapshot.eventsByImage[image.id] ?? []
    }

    /// The tags that it had, the latest first, with the evidence for each.
    private var knownTags: [(reference: ImageReference, time: Timestamp, evidence: String)] {
        let fromLedger = generations.map { generation in
            (
                generation.reference, generation.lastSeen,
                "the ledger saw '\(generation.reference)' on it until \(generation.lastSeen) (\(generation.lastBuild.shortDescription))"
            )
        }
        let fromEvents = events.compactMap { event in
            event.taggedReference.map { ($0, event.time, "the engine tagged it '\($0)' at \(event.time)") }
        }
        return (fromLedger + fromEvents).sorted { $0.1 > $1.1 }
    }

    /// The latest of its tags that names another image now.
    var takenTag: (reference: ImageReference, evidence: String)? {
        knownTags.first { snapshot.holders[$0.reference].map { $0 != image.id } ?? false }.map { ($0.reference, $0.evidence) }
    }

    /// The latest of its tags.
    var lastKnownTag: ImageReference? { knownTags.first?.reference }

    var lastLoad: EngineEvent? { events.last { $0.action == "load" } }
    var lastUntag: EngineEvent? { events.last { $0.action == "untag" } }
    var lastSave: EngineEvent? { events.last { $0.action == "save" } }

    /// Says whether the engine loaded it after it was last known under a name.
    var cameBackWithoutName: Bool {
        guard let load = lastLoad, let known = knownTags.first else { return false }
        return load.time > known.time
    }

    /// Says whether the engine has no memory of ever tagging it; false where it was not asked.
    var wasNeverTaggedHere: Bool { snapshot.details[image.id].map { $0.lastTagged == nil } ?? false }

    /// A later image that could have taken the name which an archive brought.
    ///
    /// A `load` that takes a name sends no event of it, so every later load of an image that has a name now is a candidate.
    var laterTakeover: String? {
        guard generations.isEmpty, let load = lastLoad else { return nil }
        for event in snapshot.engineEvents where event.time > load.time && event.kind == "image" {
            guard event.action == "load" || event.action == "tag", let id = Digest(event.actor), id != image.id,
                let name = snapshot.images[id]?.references.first
            else { continue }
            return "'\(name)'"
        }
        return nil
    }

    /// The evidence that it was built on this engine, where there is some.
    var buildEvidence: [String]? {
        guard image.repositoryDigests.isEmpty || snapshot.engine.imageStore != .classic else { return nil }
        if events.contains(where: { $0.action == "pull" || $0.action == "import" || $0.action == "load" }) { return nil }
        var lines: [String] = []
        if let parent = image.parent ?? snapshot.details[image.id]?.parent {
            lines.append("this engine built it on \(parent.short)")
        }
        if let oldest = snapshot.engineEvents.first?.time, image.created > oldest, image.created <= snapshot.now {
            lines.append(
                "the engine's events go back to \(oldest), before it was made at \(image.created), and show no load, pull or import of it"
            )
        }
        guard !lines.isEmpty else { return nil }
        if wasNeverTaggedHere, snapshot.engine.imageStore == .classic { lines.append("no tag was ever put on it by this engine") }
        return lines
    }

    var ledgerLines: [String] {
        guard !generations.isEmpty else { return ["the ledger never saw a tag on it"] }
        return generations.suffix(3).map { generation in
            "ledger: '\(generation.reference)' from \(generation.firstSeen) to \(generation.lastSeen), first by "
                + generation.firstBuild.shortDescription
        }
    }

    var unknownMessage: String {
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
