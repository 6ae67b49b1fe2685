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
    func lastUses(of images: [Digest], on engine: EngineIdentity) throws -> [Digest: Timestamp] {
        guard let engine = try self.engine(engine) else { return [:] }
        var usesByTag: [String: [Data: Int64]] = [:]
        var result: [Digest: Timestamp] = [:]
        for image in Set(images) {
            let bytes = image.bytes
            var tags: Set<String> = []
            var times: [Int64] = []
            let generations = """
                SELECT g.first_seen, g.manifest, r.name, t.name
                FROM generation g CROSS JOIN tag t ON t.id = g.tag CROSS JOIN repository r ON r.id = t.repository
                WHERE substr(g.image, 1, 8) = substr(?1, 1, 8) AND g.image = ?1 AND r.engine = ?2
                """
            var names = Self.subjects(image.description)
            try forEachRow(generations, [bytes, engine]) { row in
                times.append(try row.decode(Int64.self, atIndex: 0))
                if let manifest = try row.decode(Data?.self, atIndex: 1) { names.append(manifest.databaseValue) }
                tags.insert("\(try row.decode(String.self, atIndex: 2)):\(try row.decode(String.self, atIndex: 3))")
            }
            for actor in Self.imageActors(image.description) {
                try forEachRow(Self.arrivals, [actor, engine]) { row in
                    times.append(try row.decode(Int64.self, atIndex: 0))
                    if case .string(let tag) = (row[1] as DatabaseValue).storage { tags.insert(tag) }
                }
            }
            for name in names {
                if let time = try number("SELECT max(time) FROM (\(Self.containers))", [engine, name]) { times.append(time) }
            }
            for tag in tags {
                let uses = try usesByTag[tag] ?? containerUses(tag: tag, engine: engine)
                usesByTag[tag] = uses
                if let time = uses[bytes] { times.append(time) }
            }
            if let last = times.max() { result[image] = Timestamp(nanoseconds: last) }
        }
        return result
    }

    /// Events that say that an image came to be on the engine, or that a tag was put on it.
    private static let arrivals = """
        SELECT time, subject FROM event
        WHERE substr(actor, 1, 8) = substr(?1, 1, 8) AND actor = ?1 AND engine = ?2 AND kind = 0
        AND action IN ('tag', 'load', 'loadfromarchive', 'import', 'pull', 'build', 'create')
        """

    /// The times of the containers whose image was typed like this.
    private static let containers = """
        SELECT time FROM event
        WHERE engine = ? AND subject = ? AND kind = 1 AND action IN \(StoredEvent.uses)
        """

    /// When each image that had a tag was last used by a container that was made from the tag.
    private func containerUses(tag: String, engine: Int64) throws -> [Data: Int64] {
        var containers: [Int64] = []
        try forEachRow(Self.containers + " ORDER BY time", [engine, tag]) { row in
            containers.append(try row.decode(Int64.self, atIndex: 0))
        }
        guard !containers.isEmpty else { return [:] }
        let holders = try holders(tag: tag, engine: engine)
        var uses: [Data: Int64] = [:]
        var index = 0
        for time in containers {
            while index + 1 < holders.count, holders[index + 1].time <= time { index += 1 }
            if index < holders.count { uses[holders[index].image] = time }
        }
        return uses
    }

    /// The moments at which it is known what a tag named, oldest first.
    private func holders(tag: String, engine: Int64) throws -> [(time: Int64, image: Data)] {
        var holders: [(time: Int64, image: Data)] = []
        if let reference = ImageReference(tag) {
            let sql = """
                SELECT g.first_seen, g.last_seen, g.image
                FROM repository r CROSS JOIN tag t ON t.repository = r.id CROSS JOIN generation g ON g.tag = t.id
                WHERE r.engine = ? AND r.name = ? AND t.name = ?
                ORDER BY g.id
                """
            try forEachRow(sql, [engine, reference.name, Self.tagName(reference)]) { row in
                let image = try row.decode(Data.self, atIndex: 2)
                holders.append((try row.decode(Int64.self, atIndex: 0), image))
                holders.append((try row.decode(Int64.self, atIndex: 1), image))
            }
        }
        let sql = "SELECT time, actor FROM event WHERE engine = ? AND subject = ? AND kind = 0 AND action = 'tag'"
        try forEachRow(sql, [engine, tag]) { row in
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

    private func forEachRow(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?], _ body: (Row) throws -> Void) throws {
        let rows = try Row.fetchCursor(statement(sql), arguments: StatementArguments(arguments))
        while let row = try rows.next() { try body(row) }
    }
}
