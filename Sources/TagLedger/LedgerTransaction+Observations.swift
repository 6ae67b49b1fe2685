import GRDB
import HookKit
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension LedgerTransaction {
    /// The present generation of a tag.
    private struct Present {
        /// The tag's row.
        let tag: Int64
        /// The generation's row; `nil` for a tag that never named an image.
        let generation: StoredGeneration?
    }

    /// Writes what the tags name, and says what that means.
    ///
    /// One call is one look: every observation is held against what was known before it, and a tag that is given twice is written as
    /// it was given first.
    mutating func record(
        _ observations: [TagObservation],
        on engine: EngineIdentity,
        by build: BuildRecord,
        at time: Timestamp
    ) throws -> [TagChange] {
        let engine = try writtenEngine(engine)
        let build = try writtenBuild(build)
        let tags = try observations.map { observation in
            (repository: try writtenRepository(observation.reference, engine: engine), name: Self.tagName(observation.reference))
        }
        let presents = try presents(of: tags)
        var written: Set<ImageReference> = []
        written.reserveCapacity(observations.count)
        var changes: [TagChange] = []
        changes.reserveCapacity(observations.count)
        for (place, observation) in observations.enumerated() {
            let present = presents[place]
            changes.append(try change(observation, from: present?.generation))
            guard written.insert(observation.reference).inserted else { continue }
            if let generation = present?.generation, generation.image == observation.image.bytes {
                try sight(generation, manifest: observation.manifestDigest, build: build, time: time)
            } else {
                let tag = try present?.tag ?? writtenTag(repository: tags[place].repository, name: tags[place].name)
                try begin(tag: tag, after: present?.generation, observation: observation, build: build, time: time)
            }
        }
        return changes
    }

    /// Says what `record` would say.
    mutating func compare(_ observations: [TagObservation], on engine: EngineIdentity) throws -> [TagChange] {
        guard let engine = try self.engine(engine) else { return observations.map { TagChange(observation: $0, kind: .new) } }
        // No repository has the number 0, so that a tag of an unknown one is not found.
        let tags = try observations.map { observation in
            (repository: try repository(observation.reference, engine: engine) ?? 0, name: Self.tagName(observation.reference))
        }
        let presents = try presents(of: tags)
        return try zip(observations, presents).map { try change($0, from: $1?.generation) }
    }

    private mutating func change(_ observation: TagObservation, from before: StoredGeneration?) throws -> TagChange {
        guard let before else { return TagChange(observation: observation, kind: .new) }
        guard before.image != observation.image.bytes else { return TagChange(observation: observation, kind: .unchanged) }
        return TagChange(observation: observation, kind: .moved(from: try generation(before, reference: observation.reference)))
    }

    /// The present generations of tags, in the order of the tags; `nil` for one that the ledger does not know.
    private func presents(of tags: [(repository: Int64, name: String)]) throws -> [Present?] {
        let sql = """
            SELECT wanted.place, t.id, \(StoredGeneration.columns)
            FROM wanted CROSS JOIN tag t ON t.repository = wanted.repository AND t.name = wanted.name
            LEFT JOIN generation g ON g.id = t.present
            """
        var presents = [Present?](repeating: nil, count: tags.count)
        try forEachRow(ofTags: tags, nil, sql) { row in
            presents[try row.decode(Int.self, atIndex: 0)] = Present(
                tag: try row.decode(Int64.self, atIndex: 1),
                generation: row.hasNull(atIndex: 2) ? nil : try StoredGeneration(row, from: 2)
            )
        }
        return presents
    }

    private func writtenTag(repository: Int64, name: String) throws -> Int64 {
        try execute("INSERT INTO tag (repository, name) VALUES (?, ?)", [repository, name])
        return database.lastInsertedRowID
    }

    /// Counts one more look that found the same.
    ///
    /// Of two looks whose transactions came in the other order, or with a clock that was set back, the later one stays the last.
    private func sight(_ generation: StoredGeneration, manifest: Digest?, build: Int64, time: Timestamp) throws {
        let isLater = time.nanoseconds >= generation.lastSeen
        let (seen, seer) = isLater ? (time.nanoseconds, build) : (generation.lastSeen, generation.lastBuild)
        try execute(
            "UPDATE generation SET last_seen = ?, last_build = ?, sightings = sightings + 1, manifest = ifnull(manifest, ?) WHERE id = ?",
            [
                seen == generation.firstSeen ? nil : seen, seer == generation.firstBuild ? nil : seer,
                StoredGeneration.stored(manifest: manifest?.bytes, image: generation.image), generation.id,
            ]
        )
    }

    private func begin(
        tag: Int64,
        after previous: StoredGeneration?,
        observation: TagObservation,
        build: Int64,
        time: Timestamp
    ) throws {
        let image = observation.image.bytes
        let sql = """
            INSERT INTO generation (tag, previous, image, manifest, first_seen, first_build, sightings) VALUES (?, ?, ?, ?, ?, ?, 1)
            """
        let manifest = StoredGeneration.stored(manifest: observation.manifestDigest?.bytes, image: image)
        try execute(sql, [tag, previous?.id, image, manifest, time.nanoseconds, build])
        try execute(
            "UPDATE tag SET present = ?, generations = generations + 1 WHERE id = ?",
            [database.lastInsertedRowID, tag]
        )
    }
}
