import GRDB
import HookKit
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension LedgerTransaction {
    /// Writes events that are not written yet, and removes the oldest of those that are too many.
    mutating func record(_ events: [StoredEvent], on engine: EngineIdentity, keeping limits: EventLimits) throws {
        let engine = try writtenEngine(engine)
        let before = try number("SELECT max(id) FROM event", []) ?? 0
        let sql = """
            INSERT INTO event (engine, kind, time, action, actor, name, image, subject) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
            WHERE NOT EXISTS (
                SELECT 1 FROM event INDEXED BY event_time
                WHERE engine = ?1 AND kind = ?2 AND time = ?3 AND action = ?4 AND actor = ?5 AND name IS ?6
            )
            """
        try recordUses(ofVolumes: events.filter { $0.kind == .volume }, engine: engine)
        for event in events where event.kind != .volume {
            let arguments: [(any DatabaseValueConvertible)?] = [
                engine, event.kind.rawValue, event.time, event.action, try written(event.actor), try written(event.name),
                try written(event.image), try event.subject.map { try written($0) },
            ]
            try execute(sql, arguments)
        }
        let after = try number("SELECT max(id) FROM event", []) ?? 0
        // Counting has its price: one look in a thousand events will do.
        for kind in StoredEvent.Kind.allCases where Self.isTime(after: before, after, every: min(limits[kind], 1000)) {
            let sql = """
                DELETE FROM event WHERE engine = ?1 AND kind = ?2
                AND time < (SELECT time FROM event WHERE engine = ?1 AND kind = ?2 ORDER BY time DESC LIMIT 1 OFFSET ?3)
                AND (kind <> 1 OR subject IS NULL OR action NOT IN \(StoredEvent.uses) OR time < (
                    SELECT max(time) FROM event AS later
                    WHERE later.engine = ?1 AND later.subject = event.subject AND later.kind = 1 AND later.action IN \(StoredEvent.uses)
                ))
                """
            try execute(sql, [engine, kind.rawValue, limits[kind] - 1])
        }
        // So has a look at all events, for the texts that none of them has any more; what waits for it is small.
        if Self.isTime(after: before, after, every: min(limits.images, 10_000)) { try removeUnusedTexts() }
    }

    /// Keeps the last use of each volume alone, and nothing of one that is gone: anonymous volumes come and go by the thousand.
    private mutating func recordUses(ofVolumes events: [StoredEvent], engine: Int64) throws {
        let isVolume = "engine = ?1 AND subject = ?2 AND kind = 2"
        let insertion = """
            INSERT INTO event (engine, kind, time, action, actor, subject) SELECT ?1, 2, ?3, ?4, ?5, ?2
            WHERE NOT EXISTS (SELECT 1 FROM event INDEXED BY event_subject WHERE \(isVolume))
            """
        // Of one moment, what came later counts.
        let last = Dictionary(events.map { ($0.subject, $0) }) { $1.time < $0.time ? $0 : $1 }
        for (subject, event) in last {
            let volume = try subject.map { try written($0) }
            if event.action == "destroy" {
                try execute("DELETE FROM event WHERE \(isVolume) AND time <= ?3", [engine, volume, event.time])
            } else {
                let update = "UPDATE event SET time = ?3, action = ?4 WHERE \(isVolume) AND time < ?3"
                try execute(update, [engine, volume, event.time, event.action])
                try execute(insertion, [engine, volume, event.time, event.action, try written(event.actor)])
            }
        }
    }

    /// Says whether a step begins between two ids.
    private static func isTime(after before: Int64, _ after: Int64, every step: Int) -> Bool {
        before / Int64(step) != after / Int64(step)
    }

    // MARK: Looking up

    /// The events that name one of the subjects, by time.
    mutating func events(about subjects: [String], on engine: EngineIdentity) throws -> [EngineEvent] {
        guard let engine = try self.engine(engine) else { return [] }
        let byActor = """
            SELECT id, \(StoredEvent.columns) FROM wanted CROSS JOIN event INDEXED BY event_actor
            WHERE substr(actor, 1, 4) = substr(wanted.value, 1, 4) AND actor = wanted.value AND engine = ?1
            """
        let bySubject = """
            SELECT id, \(StoredEvent.columns) FROM wanted CROSS JOIN event INDEXED BY event_subject
            WHERE engine = ?1 AND subject = wanted.value
            """
        let actors = try stored(
            subjects.reduce(into: Set<EventName>()) { actors, subject in
                actors.formUnion(Self.imageActors(subject))
                actors.insert(StoredEvent.actor(subject, kind: .container))
            }
        )
        let names = try stored(Set(subjects.flatMap(Self.subjects)))
        var found: [Int64: EngineEvent] = [:]
        func collect(_ row: Row) throws { found[try row.decode(Int64.self, atIndex: 0)] = try event(row) }
        if try hasFewerEvents(than: actors.count + names.count) {
            // One look through all of them costs less than so many by an index.
            try forEachRow("SELECT id, \(StoredEvent.columns) FROM event WHERE engine = ?", [engine]) { row in
                if actors[row[4]] != nil || names[row[7]] != nil { try collect(row) }
            }
        } else {
            try forEachRow(actors.keys, engine: engine, byActor, collect)
            try forEachRow(names.keys, engine: engine, bySubject, collect)
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
    static func imageActors(_ text: String) -> [EventName] {
        guard let digest = StoredEvent.digest(text) else { return [.shared(text)] }
        return [.bytes(digest.bytes), .text(digest.hex)]
    }

    /// What a text may stand as in the subjects; for an image also its short ID, which people type after `docker run`.
    static func subjects(_ text: String) -> [EventName] {
        guard let digest = StoredEvent.digest(text) else { return StoredEvent.subject(text).map { [$0] } ?? [] }
        return [.bytes(digest.bytes)] + (StoredEvent.subject(digest.short).map { [$0] } ?? [])
    }

    // MARK: Rows

    /// The event of a row whose first column is its id, and then `StoredEvent.columns`.
    mutating func event(_ row: Row) throws -> EngineEvent {
        guard let kind = StoredEvent.Kind(rawValue: try row.decode(Int64.self, atIndex: 1)) else {
            throw LedgerDamage(cause: "an event is of no kind")
        }
        let action = try row.decode(String.self, atIndex: 3)
        let actor: String
        switch (row[4] as DatabaseValue).storage {
        case .string(let text): actor = text
        case .int64(let id): actor = try text(id)
        case .blob(let bytes) where kind == .image: actor = try Self.digest(bytes)
        case .blob(let bytes): actor = bytes.hex
        default: throw LedgerDamage(cause: "an event has no actor")
        }
        var attributes: [String: String] = [:]
        if let name = try label(row[5], beside: row[4]) { attributes["name"] = name }
        if let image = try label(row[6], beside: row[7]) {
            attributes[kind == .container && action == "commit" ? "imageID" : "image"] = image
        }
        return EngineEvent(
            time: Timestamp(nanoseconds: try row.decode(Int64.self, atIndex: 2)),
            kind: kind.word,
            action: action,
            actor: actor,
            attributes: attributes
        )
    }

    /// The text of an attribute; the digest is in the other column where this one has no bytes.
    private mutating func label(_ value: DatabaseValue, beside other: DatabaseValue) throws -> String? {
        switch (value.storage, other.storage) {
        case (.null, _): return nil
        case (.string(let text), _): return text
        case (.int64(let id), _): return try text(id)
        case (.blob(let none), .blob(let bytes)) where none.isEmpty: return try Self.digest(bytes)
        default: throw LedgerDamage(cause: "an event's attribute is no text")
        }
    }

    private static func digest(_ bytes: Data) throws -> String {
        guard let digest = Digest(bytes: bytes) else { throw LedgerDamage(cause: "an event names no image") }
        return digest.description
    }

    private mutating func written(_ label: EventLabel?) throws -> DatabaseValue {
        switch label {
        case nil: .null
        case .same: Data().databaseValue
        case .name(let name): try written(name)
        }
    }

    // MARK: Texts

    /// What a column holds for a name; its text is written where it is missing.
    private mutating func written(_ name: EventName) throws -> DatabaseValue {
        guard case .shared(let text) = name else { return Self.value(name) }
        if let known = textRows[text] { return known.databaseValue }
        let row: Int64
        if let known = try number("SELECT id FROM event_text WHERE text = ?", [text]) {
            row = known
        } else {
            try execute("INSERT INTO event_text (text) VALUES (?)", [text])
            row = database.lastInsertedRowID
        }
        textRows[text] = row
        return row.databaseValue
    }

    /// The names by what a column holds for them; a text that no event has is left out.
    mutating func stored(_ names: Set<EventName>) throws -> [DatabaseValue: EventName] {
        var stored: [DatabaseValue: EventName] = [:]
        var shared: [DatabaseValue] = []
        for name in names {
            if case .shared(let text) = name { shared.append(text.databaseValue) } else { stored[Self.value(name)] = name }
        }
        let sql = "SELECT t.id, t.text FROM wanted CROSS JOIN event_text t ON t.text = wanted.value"
        try forEachRow(shared, engine: 0, sql) { row in
            stored[row[0]] = .shared(try row.decode(String.self, atIndex: 1))
        }
        return stored
    }

    /// The text of a row in the table of texts.
    mutating func text(_ row: Int64) throws -> String {
        if let known = texts[row] { return known }
        guard let text = try String.fetchOne(statement("SELECT text FROM event_text WHERE id = ?"), arguments: [row]) else {
            throw LedgerDamage(cause: "the text \(row) of an event is missing")
        }
        texts[row] = text
        return text
    }

    private static func value(_ name: EventName) -> DatabaseValue {
        switch name {
        case .bytes(let bytes): bytes.databaseValue
        case .text(let text), .shared(let text): text.databaseValue
        }
    }

    private mutating func removeUnusedTexts() throws {
        let used = ["actor", "name", "image", "subject"].map { "SELECT \($0) FROM event WHERE typeof(\($0)) = 'integer'" }
        try execute("DELETE FROM event_text WHERE id NOT IN (\(used.joined(separator: " UNION ALL ")))", [])
        textRows = [:]
    }
}
