import GRDB
import HookKit
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension LedgerTransaction {
    /// The generations of images, by image, in the order in which they began.
    mutating func generations(of images: [Digest], on engine: EngineIdentity) throws -> [Digest: [TagGeneration]] {
        guard let engine = try self.engine(engine) else { return [:] }
        let wanted = Dictionary(images.map { ($0.bytes, $0) }) { first, _ in first }
        let sql = """
            SELECT \(StoredGeneration.columns), t.id, r.name, t.name
            FROM wanted CROSS JOIN generation g INDEXED BY generation_image
            CROSS JOIN tag t ON t.id = g.tag CROSS JOIN repository r ON r.id = t.repository
            WHERE substr(g.image, 1, 4) = substr(wanted.value, 1, 4) AND g.image = wanted.value AND r.engine = ?1
            ORDER BY g.id
            """
        var result: [Digest: [TagGeneration]] = [:]
        try forEachRow(wanted.keys.map(\.databaseValue), engine: engine, sql) { row in
            let stored = try StoredGeneration(row, from: 0)
            guard let image = wanted[stored.image] else { return }
            result[image, default: []].append(try generation(stored, reference: reference(row, from: 8), image: image))
        }
        return result
    }

    /// The newest generations of tags, or all, by tag, in the order in which they began.
    mutating func generations(
        of references: [ImageReference],
        newest count: Int?,
        on engine: EngineIdentity
    ) throws -> [ImageReference: [TagGeneration]] {
        guard let engine = try self.engine(engine) else { return [:] }
        return try generations(of: references, newest: count, onEngine: engine)
    }

    /// The same on every engine that the ledger knows, one after the other.
    func generationsOnEveryEngine(of references: [ImageReference], newest count: Int?) throws -> [ImageReference: [TagGeneration]] {
        var result: [ImageReference: [TagGeneration]] = [:]
        for engine in try Int64.fetchAll(statement("SELECT id FROM engine ORDER BY id")) {
            // What a transaction remembers of repositories is of one engine.
            var transaction = LedgerTransaction(database)
            result.merge(try transaction.generations(of: references, newest: count, onEngine: engine)) { $0 + $1 }
        }
        return result
    }

    private mutating func generations(
        of references: [ImageReference],
        newest count: Int?,
        onEngine engine: Int64
    ) throws -> [ImageReference: [TagGeneration]] {
        guard count ?? 1 > 0 else { return [:] }
        var known: [ImageReference] = []
        var tags: [(repository: Int64, name: String)] = []
        for reference in Set(references) {
            guard let repository = try repository(reference, engine: engine) else { continue }
            known.append(reference)
            tags.append((repository, Self.tagName(reference)))
        }
        // From the newest, which the tag has, back as far as asked for, without a look at the older ones.
        let isWithinCount = count == nil ? "" : " AND chain.number < ?1"
        let sql = """
            , chain (id, place, number) AS (
                SELECT t.present, wanted.place, 1
                FROM wanted CROSS JOIN tag t ON t.repository = wanted.repository AND t.name = wanted.name
                WHERE t.present IS NOT NULL
                UNION ALL
                SELECT g.previous, chain.place, chain.number + 1
                FROM chain CROSS JOIN generation g ON g.id = chain.id
                WHERE g.previous IS NOT NULL\(isWithinCount)
            )
            SELECT \(StoredGeneration.columns), chain.place
            FROM chain CROSS JOIN generation g ON g.id = chain.id
            ORDER BY g.id
            """
        var result: [ImageReference: [TagGeneration]] = [:]
        result.reserveCapacity(known.count)
        try forEachRow(ofTags: tags, count.map(Int64.init), sql) { row in
            let reference = known[try row.decode(Int.self, atIndex: 8)]
            result[reference, default: []].append(try generation(StoredGeneration(row, from: 0), reference: reference))
        }
        return result
    }

    /// The present generation of every tag, by repository and tag.
    mutating func latestGenerations(on engine: EngineIdentity) throws -> [TagGeneration] {
        guard let engine = try self.engine(engine) else { return [] }
        let sql = """
            SELECT \(StoredGeneration.columns), t.id, r.name, t.name
            FROM repository r CROSS JOIN tag t ON t.repository = r.id
            CROSS JOIN generation g ON g.id = t.present
            WHERE r.engine = ?
            ORDER BY r.name, t.name
            """
        return try generations(sql, [engine])
    }

    /// The generation of a row; `image` is its image where that is known already.
    mutating func generation(_ stored: StoredGeneration, reference: ImageReference, image: Digest? = nil) throws -> TagGeneration {
        guard let image = image ?? Digest(bytes: stored.image) else { throw LedgerDamage(cause: "generation \(stored.id) has no image") }
        return TagGeneration(
            reference: reference,
            image: image,
            manifestDigest: stored.manifest.flatMap(Digest.init(bytes:)),
            firstSeen: Timestamp(nanoseconds: stored.firstSeen),
            firstBuild: try build(stored.firstBuild),
            lastSeen: Timestamp(nanoseconds: stored.lastSeen),
            lastBuild: try build(stored.lastBuild),
            sightings: stored.sightings
        )
    }

    private mutating func reference(_ row: Row, from index: Int) throws -> ImageReference {
        try reference(
            tag: row.decode(Int64.self, atIndex: index),
            repository: row.decode(String.self, atIndex: index + 1),
            name: row.decode(String.self, atIndex: index + 2)
        )
    }

    private mutating func generations(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> [TagGeneration] {
        var result: [TagGeneration] = []
        let rows = try Row.fetchCursor(statement(sql), arguments: StatementArguments(arguments))
        while let row = try rows.next() {
            result.append(try generation(StoredGeneration(row, from: 0), reference: reference(row, from: 8)))
        }
        return result
    }
}
