import GRDB
import HookKit
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension LedgerTransaction {
    /// When each image was last used, as far as the ledger knows; an image that it knows nothing of is missing.
    ///
    /// Uses are: a tag that was put on the image (the first sight of it there, or the engine's event), its arrival on the engine, and a
    /// container that was made from it, started or ended. Being seen with a tag is none: every image that keeps its tag would look fresh.
    ///
    /// An event of a container names its image as it was typed, mostly by a tag. What that tag named at the time is told by the tag's
    /// generations and by the engine's events: what they said last before it, or, where the container is older than everything known of
    /// the tag, what they said first.
    mutating func lastUses(of images: [Digest], on engine: EngineIdentity) throws -> [Digest: Timestamp] {
        guard let engine = try self.engine(engine) else { return [:] }
        let wanted = Dictionary(images.map { ($0.bytes, $0) }) { first, _ in first }
        var uses: [Data: Int64] = [:]
        func use(_ image: Data, at time: Int64) { uses[image] = max(uses[image] ?? time, time) }
        // What each image may be called where a container is made from it.
        var tags: [String: Set<Data>] = [:]
        var names: [EventName: Set<Data>] = [:]
        for (bytes, image) in wanted {
            for name in Self.subjects(image.description) { names[name, default: []].insert(bytes) }
        }

        try forEachRow(wanted.keys.map(\.databaseValue), engine: engine, Self.firstSights) { row in
            let image = try row.decode(Data.self, atIndex: 0)
            use(image, at: try row.decode(Int64.self, atIndex: 1))
            // One without bytes is the image's own digest, which is among the names already.
            if let manifest = try row.decode(Data?.self, atIndex: 2), !manifest.isEmpty {
                names[.bytes(manifest), default: []].insert(image)
            }
            let tag = "\(try row.decode(String.self, atIndex: 3)):\(try row.decode(String.self, atIndex: 4))"
            tags[tag, default: []].insert(image)
        }
        let actors = wanted.reduce(into: [EventName: Data]()) { actors, image in
            for actor in Self.imageActors(image.value.description) { actors[actor] = image.key }
        }
        let storedActors = try stored(Set(actors.keys))
        try forEachRow(storedActors.keys, engine: engine, Self.arrivals) { row in
            guard let actor = storedActors[row[0]], let image = actors[actor] else { return }
            use(image, at: try row.decode(Int64.self, atIndex: 1))
            if case .int64(let tag) = (row[2] as DatabaseValue).storage { tags[try text(tag), default: []].insert(image) }
        }
        let storedNames = try stored(Set(names.keys))
        try forEachRow(storedNames.keys, engine: engine, Self.newestContainers) { row in
            guard let time = try row.decode(Int64?.self, atIndex: 1), let name = storedNames[row[0]] else { return }
            for image in names[name] ?? [] { use(image, at: time) }
        }
        let storedTags = try stored(Set(tags.keys.map(EventName.shared)))
        var usedTags: [(row: DatabaseValue, tag: String)] = []
        try forEachRow(storedTags.keys, engine: engine, Self.newestContainers) { row in
            guard !row.hasNull(atIndex: 1), case .shared(let tag) = storedTags[row[0]] else { return }
            usedTags.append((row[0], tag))
        }
        for (row, tag) in usedTags {
            let holders = try containerUses(tag: tag, stored: row, engine: engine)
            for image in tags[tag] ?? [] {
                if let time = holders[image] { use(image, at: time) }
            }
        }
        return uses.reduce(into: [:]) { result, use in
            if let image = wanted[use.key] { result[image] = Timestamp(nanoseconds: use.value) }
        }
    }

    /// When each volume was last used, as far as the ledger knows; a volume that it knows nothing of is missing.
    mutating func lastUses(ofVolumes names: [String], on engine: EngineIdentity) throws -> [String: Timestamp] {
        guard let engine = try self.engine(engine) else { return [:] }
        let sql = """
            SELECT wanted.value, (
                SELECT max(time) FROM event INDEXED BY event_subject WHERE engine = ?1 AND subject = wanted.value AND kind = 2
            )
            FROM wanted
            """
        var uses: [String: Timestamp] = [:]
        try forEachRow(Set(names).map(\.databaseValue), engine: engine, sql) { row in
            guard let time = try row.decode(Int64?.self, atIndex: 1) else { return }
            uses[try row.decode(String.self, atIndex: 0)] = Timestamp(nanoseconds: time)
        }
        return uses
    }

    private static let firstSights = """
        SELECT g.image, g.first_seen, g.manifest, r.name, t.name
        FROM wanted CROSS JOIN generation g INDEXED BY generation_image
        CROSS JOIN tag t ON t.id = g.tag CROSS JOIN repository r ON r.id = t.repository
        WHERE substr(g.image, 1, 4) = substr(wanted.value, 1, 4) AND g.image = wanted.value AND r.engine = ?1
        """

    /// Events that say that an image came to be on the engine, or that a tag was put on it.
    private static let arrivals = """
        SELECT actor, time, subject FROM wanted CROSS JOIN event INDEXED BY event_actor
        WHERE substr(actor, 1, 4) = substr(wanted.value, 1, 4) AND actor = wanted.value AND engine = ?1 AND kind = 0
        AND action IN ('tag', 'load', 'loadfromarchive', 'import', 'pull', 'build', 'create')
        """

    /// The newest container whose image was typed like this, or NULL.
    private static let newestContainers = """
        SELECT wanted.value, (
            SELECT max(time) FROM event INDEXED BY event_subject
            WHERE engine = ?1 AND subject = wanted.value AND kind = 1 AND action IN \(StoredEvent.uses)
        )
        FROM wanted
        """

    /// When each image that had a tag was last used by a container that was made from the tag.
    private func containerUses(tag: String, stored: DatabaseValue, engine: Int64) throws -> [Data: Int64] {
        let holders = try holders(tag: tag, stored: stored, engine: engine)
        guard !holders.isEmpty else { return [:] }
        let sql = """
            SELECT time FROM event INDEXED BY event_subject
            WHERE engine = ? AND subject = ? AND kind = 1 AND action IN \(StoredEvent.uses)
            ORDER BY time
            """
        var uses: [Data: Int64] = [:]
        var index = 0
        try forEachRow(sql, [engine, stored]) { row in
            let time = try row.decode(Int64.self, atIndex: 0)
            while index + 1 < holders.count, holders[index + 1].time <= time { index += 1 }
            uses[holders[index].image] = time
        }
        return uses
    }

    /// The moments at which it is known what a tag named, oldest first.
    private func holders(tag: String, stored: DatabaseValue, engine: Int64) throws -> [(time: Int64, image: Data)] {
        var holders: [(time: Int64, image: Data)] = []
        if let reference = ImageReference(tag) {
            let sql = """
                WITH chain (id) AS (
                    SELECT t.present FROM repository r CROSS JOIN tag t ON t.repository = r.id
                    WHERE r.engine = ? AND r.name = ? AND t.name = ? AND t.present IS NOT NULL
                    UNION ALL
                    SELECT g.previous FROM chain CROSS JOIN generation g ON g.id = chain.id WHERE g.previous IS NOT NULL
                )
                SELECT g.first_seen, ifnull(g.last_seen, g.first_seen), g.image
                FROM chain CROSS JOIN generation g ON g.id = chain.id
                ORDER BY g.id
                """
            try forEachRow(sql, [engine, reference.name, Self.tagName(reference)]) { row in
                let image = try row.decode(Data.self, atIndex: 2)
                holders.append((try row.decode(Int64.self, atIndex: 0), image))
                holders.append((try row.decode(Int64.self, atIndex: 1), image))
            }
        }
        let sql = "SELECT time, actor FROM event INDEXED BY event_subject WHERE engine = ? AND subject = ? AND kind = 0 AND action = 'tag'"
        try forEachRow(sql, [engine, stored]) { row in
            switch (row[1] as DatabaseValue).storage {
            case .blob(let image): holders.append((try row.decode(Int64.self, atIndex: 0), image))
            case .string(let text):
                if let digest = StoredEvent.digest(text) { holders.append((try row.decode(Int64.self, atIndex: 0), digest.bytes)) }
            default: break
            }
        }
        // Of what was written for the same moment, the later counts.
        return holders.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }
}
