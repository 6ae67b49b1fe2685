import GRDB
import History
import HookKit
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the history of tags is told from, on all engines that the ledger knows.
extension LedgerTransaction {
    /// The engines, in the order in which they were first seen.
    func engines() throws -> [(row: Int64, engine: LedgerEngine)] {
        var engines: [(row: Int64, engine: LedgerEngine)] = []
        try forEachRow("SELECT id, identifier, name, product, image_store, endpoint FROM engine ORDER BY id", []) { row in
            let engine = LedgerEngine(
                identifier: try row.decode(String.self, atIndex: 1),
                name: try row.decode(String.self, atIndex: 2),
                product: try row.decode(String.self, atIndex: 3),
                imageStore: try row.decode(String.self, atIndex: 4),
                endpoint: try row.decode(String.self, atIndex: 5)
            )
            engines.append((try row.decode(Int64.self, atIndex: 0), engine))
        }
        return engines
    }

    /// The tags, the one that changed last first.
    mutating func summaries(limit: Int?) throws -> TagSummaries {
        let engines = try engines()
        let byRow = Dictionary(engines.map { ($0.row, $0.engine) }) { first, _ in first }
        let total = try number("SELECT count(*) FROM tag WHERE present IS NOT NULL", []) ?? 0
        let sql = """
            SELECT \(StoredGeneration.columns), t.id, r.name, t.name, t.generations, r.engine
            FROM tag t INDEXED BY tag_present CROSS JOIN generation g ON g.id = t.present
            CROSS JOIN repository r ON r.id = t.repository
            WHERE t.present IS NOT NULL
            ORDER BY t.present DESC LIMIT ?
            """
        var tags: [TagSummary] = []
        let rows = try Row.fetchCursor(statement(sql), arguments: [limit.map(Int64.init) ?? -1])
        while let row = try rows.next() {
            guard let engine = byRow[try row.decode(Int64.self, atIndex: 12)] else { throw LedgerDamage(cause: "a tag is on no engine") }
            let reference = try reference(
                tag: row.decode(Int64.self, atIndex: 8),
                repository: row.decode(String.self, atIndex: 9),
                name: row.decode(String.self, atIndex: 10)
            )
            tags.append(
                TagSummary(
                    engine: engine,
                    latest: try generation(StoredGeneration(row, from: 0), reference: reference),
                    generationCount: try row.decode(Int.self, atIndex: 11)
                )
            )
        }
        return TagSummaries(tags: tags, total: Int(total), engines: engines.map(\.engine))
    }

    /// What is known of a tag, on each engine that has or had it.
    ///
    /// A name without a registry is looked for on `localhost` too, where the engine is Podman and knows none on the default registry.
    mutating func records(of reference: ImageReference, limit: Int?) throws -> [TagRecord] {
        var records: [TagRecord] = []
        for (row, engine) in try engines() {
            let isPodman = engine.imageStore == EngineIdentity.ImageStore.podman.rawValue
            for name in [reference, isPodman ? reference.onLocalhost : nil].compactMap({ $0 }) {
                guard let record = try record(of: name, limit: limit, row: row, engine: engine) else { continue }
                records.append(record)
                break
            }
        }
        return records
    }

    private mutating func record(of reference: ImageReference, limit: Int?, row: Int64, engine: LedgerEngine) throws -> TagRecord? {
        let find = """
            SELECT t.generations FROM repository r CROSS JOIN tag t ON t.repository = r.id
            WHERE r.engine = ? AND r.name = ? AND t.name = ? AND t.present IS NOT NULL
            """
        guard let count = try number(find, [row, reference.name, Self.tagName(reference)]) else { return nil }
        let generations = try generations(of: reference, newest: limit, engine: row)
        let images = Set(generations.map(\.image))
        return TagRecord(
            reference: reference,
            engine: engine,
            generations: generations,
            generationCount: Int(count),
            lastSights: try lastSights(of: images, engine: row),
            events: try events(of: images, and: reference, since: generations.first?.firstSeen, engine: row)
        )
    }

    private mutating func generations(of reference: ImageReference, newest count: Int?, engine: Int64) throws -> [TagGeneration] {
        let sql = """
            WITH chain (id, number) AS (
                SELECT t.present, 1 FROM repository r CROSS JOIN tag t ON t.repository = r.id
                WHERE r.engine = ?1 AND r.name = ?2 AND t.name = ?3
                UNION ALL
                SELECT g.previous, chain.number + 1 FROM chain CROSS JOIN generation g ON g.id = chain.id
                WHERE g.previous IS NOT NULL AND chain.number < ?4
            )
            SELECT \(StoredGeneration.columns) FROM chain CROSS JOIN generation g ON g.id = chain.id ORDER BY g.id
            """
        var result: [TagGeneration] = []
        let arguments: StatementArguments = [engine, reference.name, Self.tagName(reference), count.map(Int64.init) ?? Int64.max]
        let rows = try Row.fetchCursor(statement(sql), arguments: arguments)
        while let row = try rows.next() { result.append(try generation(StoredGeneration(row, from: 0), reference: reference)) }
        return result
    }

    private func lastSights(of images: Set<Digest>, engine: Int64) throws -> [Digest: Timestamp] {
        let sql = """
            SELECT g.image, ifnull(g.last_seen, g.first_seen)
            FROM wanted CROSS JOIN generation g INDEXED BY generation_image
            CROSS JOIN tag t ON t.id = g.tag CROSS JOIN repository r ON r.id = t.repository
            WHERE substr(g.image, 1, 4) = substr(wanted.value, 1, 4) AND g.image = wanted.value AND r.engine = ?1
            """
        var result: [Digest: Timestamp] = [:]
        try forEachRow(images.map(\.bytes.databaseValue), engine: engine, sql) { row in
            guard let image = Digest(bytes: try row.decode(Data.self, atIndex: 0)) else { return }
            let time = Timestamp(nanoseconds: try row.decode(Int64.self, atIndex: 1))
            result[image] = max(result[image] ?? time, time)
        }
        return result
    }

    /// The events that tell what became of images, and what was done with a tag since a day before a moment, by time.
    private mutating func events(of images: Set<Digest>, and reference: ImageReference, since: Timestamp?, engine: Int64) throws
        -> [EngineEvent]
    {
        var found: [Int64: EngineEvent] = [:]
        func collect(_ row: Row) throws { found[try row.decode(Int64.self, atIndex: 0)] = try event(row) }
        let byImage = """
            SELECT id, \(StoredEvent.columns) FROM wanted CROSS JOIN event INDEXED BY event_actor
            WHERE substr(actor, 1, 4) = substr(wanted.value, 1, 4) AND actor = wanted.value AND engine = ?1 AND kind = 0
            AND action IN ('delete', 'remove', 'tag', 'load', 'loadfromarchive', 'pull', 'import', 'build')
            """
        let actors = try stored(Set(images.flatMap { Self.imageActors($0.description) }))
        try forEachRow(actors.keys, engine: engine, byImage, collect)
        let byTag = """
            SELECT id, \(StoredEvent.columns) FROM event INDEXED BY event_subject
            WHERE engine = ? AND subject = ? AND kind = 0 AND time >= ? AND action IN ('push', 'tag', 'pull', 'untag')
            """
        let start = since.map { $0 - .seconds(86_400) } ?? Timestamp(nanoseconds: .min)
        for subject in try stored([StoredEvent.subject(reference)]).keys {
            try forEachRow(byTag, [engine, subject, start.nanoseconds], collect)
        }
        return found.sorted { ($0.value.time, $0.key) < ($1.value.time, $1.key) }.map(\.value)
    }

    // MARK: What was probably meant

    /// How many tags of a repository are held against a name, the ones that changed last first.
    private static let nearest = 500

    /// What the ledger knows instead of a tag that it does not know.
    func near(_ reference: ImageReference) throws -> NearTags {
        var repositories: [Int64: ImageReference] = [:]
        try forEachRow("SELECT id, name FROM repository", []) { row in
            repositories[try row.decode(Int64.self, atIndex: 0)] = ImageReference(try row.decode(String.self, atIndex: 1))
        }
        let meant = [reference.name, reference.onLocalhost?.name]
        let same = repositories.filter { meant.contains($0.value.name) }
        if !same.isEmpty {
            let tags = try newestTags(of: same)
            let wanted = Self.tagName(reference)
            if let near = NearestName.suggestion(for: wanted, among: tags.map(\.name)), let tag = tags.first(where: { $0.name == near }) {
                return .similar(tag.reference)
            }
            if !tags.isEmpty {
                let shown = tags.prefix(5).map(\.reference)
                return .sameRepository(shown, more: tags.count - shown.count)
            }
        }
        let names = Set(repositories.values.map(\.familiarName)).sorted()
        guard let near = NearestName.suggestion(for: reference.familiarName, among: names) else { return .none }
        let tags = try newestTags(of: repositories.filter { $0.value.familiarName == near })
        return (tags.first { $0.name == Self.tagName(reference) } ?? tags.first).map { .similar($0.reference) } ?? .none
    }

    /// The tags of repositories, the one that changed last first.
    private func newestTags(of repositories: [Int64: ImageReference]) throws -> [(name: String, reference: ImageReference)] {
        var tags: [(present: Int64, name: String, reference: ImageReference)] = []
        for (repository, name) in repositories {
            let sql =
                "SELECT present, name FROM tag WHERE repository = ? AND present IS NOT NULL ORDER BY present DESC LIMIT \(Self.nearest)"
            try forEachRow(sql, [repository]) { row in
                let tag = try row.decode(String.self, atIndex: 1)
                guard let reference = ImageReference(name.name + (tag.isEmpty || tag.hasPrefix("@") ? tag : ":\(tag)")) else { return }
                tags.append((try row.decode(Int64.self, atIndex: 0), tag, reference))
            }
        }
        return tags.sorted { $0.present > $1.present }.map { ($0.name, $0.reference) }
    }
}
