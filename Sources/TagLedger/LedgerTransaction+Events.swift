import GRDB
import HookKit
import OCI

extension LedgerTransaction {
    /// Writes events that are not written yet, and removes the oldest of those that are too many.
    func record(_ events: [StoredEvent], on engine: EngineIdentity, keeping limits: EventLimits) throws {
        let engine = try writtenEngine(engine)
        let before = try number("SELECT max(id) FROM event", []) ?? 0
        let sql = """
            INSERT OR IGNORE INTO event (engine, kind, time, action, actor, name, image, subject) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """
        for event in events {
            try execute(
                sql,
                [engine, event.kind.rawValue, event.time, event.action, event.actor, event.name, event.image, event.subject]
            )
        }
        let after = try number("SELECT max(id) FROM event", []) ?? 0
        for kind in StoredEvent.Kind.allCases {
            let limit = limits[kind]
            // Counting has its price: one look in a thousand events will do.
            let step = Int64(min(limit, 1000))
            guard before / step != after / step else { continue }
            let sql = """
                DELETE FROM event WHERE engine = ?1 AND kind = ?2
                AND time < (SELECT time FROM event WHERE engine = ?1 AND kind = ?2 ORDER BY time DESC LIMIT 1 OFFSET ?3)
                AND (kind = 0 OR subject IS NULL OR action NOT IN \(StoredEvent.uses) OR time < (
                    SELECT max(time) FROM event AS later
                    WHERE later.engine = ?1 AND later.subject = event.subject AND later.kind = 1 AND later.action IN \(StoredEvent.uses)
                ))
                """
            try execute(sql, [engine, kind.rawValue, limit - 1])
        }
    }

    /// The events that name one of the subjects, by time.
    func events(about subjects: [String], on engine: EngineIdentity) throws -> [EngineEvent] {
        guard let engine = try self.engine(engine) else { return [] }
        let byActor = """
            SELECT id, \(StoredEvent.columns) FROM wanted CROSS JOIN event INDEXED BY event_actor
            WHERE substr(actor, 1, 8) = substr(wanted.value, 1, 8) AND actor = wanted.value AND engine = ?1
            """
        let bySubject = """
            SELECT id, \(StoredEvent.columns) FROM wanted CROSS JOIN event INDEXED BY event_subject
            WHERE engine = ?1 AND subject = wanted.value
            """
        var found: [Int64: EngineEvent] = [:]
        func collect(_ row: Row) throws { found[try row.decode(Int64.self, atIndex: 0)] = try StoredEvent.event(row) }
        let actors = subjects.reduce(into: Set<DatabaseValue>()) { actors, subject in
            actors.formUnion(Self.imageActors(subject))
            actors.insert(StoredEvent.actor(subject, kind: .container))
        }
        let names = Set(subjects.flatMap(Self.subjects)).subtracting([.null])
        if try hasFewerEvents(than: actors.count + names.count) {
            // One look through all of them costs less than so many by an index.
            try forEachRow("SELECT id, \(StoredEvent.columns), subject FROM event WHERE engine = ?", [engine]) { row in
                if actors.contains(row[4]) || names.contains(row[7]) { try collect(row) }
            }
        } else {
            try forEachRow(actors, engine: engine, byActor, collect)
            try forEachRow(names, engine: engine, bySubject, collect)
        }
        return found.sorted { ($0.value.time, $0.key) < ($1.value.time, $1.key) }.map(\.value)
    }

    /// Says whether the events of all engines are certainly fewer than that; ids are counted, which is done at both ends of the table.
    private func hasFewerEvents(than count: Int) throws -> Bool {
        guard let oldest = try number("SELECT min(id) FROM event", []), let newest = try number("SELECT max(id) FROM event", []) else {
            return true
        }
        return newest - oldest < Int64(count)
    }

    /// The time of the newest event.
    func newestEvent(on engine: EngineIdentity) throws -> Timestamp? {
        guard let engine = try self.engine(engine) else { return nil }
        let times = try StoredEvent.Kind.allCases.compactMap { kind in
            try number("SELECT max(time) FROM event WHERE engine = ? AND kind = ?", [engine, kind.rawValue])
        }
        return times.max().map(Timestamp.init(nanoseconds:))
    }

    /// An image as an actor: with its algorithm and, as some engines write it, without.
    static func imageActors(_ text: String) -> [DatabaseValue] {
        guard let digest = StoredEvent.digest(text) else { return [text.databaseValue] }
        return [digest.bytes.databaseValue, digest.hex.databaseValue]
    }

    /// What a text may stand as in the subjects; for an image also its short ID, which people type after `docker run`.
    static func subjects(_ text: String) -> [DatabaseValue] {
        guard let digest = StoredEvent.digest(text) else { return [StoredEvent.subject(text)] }
        return [digest.bytes.databaseValue, StoredEvent.subject(digest.short)]
    }
}
