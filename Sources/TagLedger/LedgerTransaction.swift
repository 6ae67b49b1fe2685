import GRDB
import HookKit
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One transaction on the ledger's tables, with what it has read of them already.
///
/// Statements are prepared once for a connection. Every one of them finds its rows by an index, so that their number does not depend on the
/// size of the ledger; the order of tables in joins is fixed (`CROSS JOIN`), since there are no statistics to choose by.
struct LedgerTransaction {
    let database: Database

    private var builds: [Int64: BuildRecord] = [:]
    private var repositories: [String: Int64] = [:]
    private var references: [Int64: ImageReference] = [:]
    /// The texts of events that were read, by their rows.
    var texts: [Int64: String] = [:]
    /// The rows of the texts of events that were written.
    var textRows: [String: Int64] = [:]

    /// Begins to read and write in a transaction that is open.
    init(_ database: Database) { self.database = database }

    // MARK: Engines

    /// The row of an engine; `nil` for one that the ledger does not know.
    func engine(_ engine: EngineIdentity) throws -> Int64? {
        try number("SELECT id FROM engine WHERE identifier = ?", [engine.identifier])
    }

    /// The row of an engine, made where it is missing, with what the engine says of itself now.
    func writtenEngine(_ engine: EngineIdentity) throws -> Int64 {
        let sql = """
            INSERT INTO engine (identifier, name, product, image_store, endpoint) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (identifier) DO UPDATE
            SET name = excluded.name, product = excluded.product, image_store = excluded.image_store, endpoint = excluded.endpoint
            WHERE (name, product, image_store, endpoint)
                <> (excluded.name, excluded.product, excluded.image_store, excluded.endpoint)
            """
        try execute(sql, [engine.identifier, engine.name, engine.product, engine.imageStore.rawValue, engine.endpoint])
        guard let row = try self.engine(engine) else { throw LedgerDamage(cause: "an engine that was just written is missing") }
        return row
    }

    // MARK: Builds

    /// The row of a build, made where it is missing.
    func writtenBuild(_ build: BuildRecord) throws -> Int64 {
        let run = PackedText.pack(build.run)
        if let row = try number("SELECT id FROM build WHERE substr(run, 1, 4) = substr(?1, 1, 4) AND run = ?1", [run]) { return row }
        let job = build.jobURL.map(Self.split(jobURL:))
        let sql = """
            INSERT INTO build (run, pipeline, revision, branch, system, number, job_base, job, user) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        try execute(
            sql,
            [
                run, writtenWord(build.pipeline), build.commit.map(PackedText.pack), build.branch.map(writtenWord),
                build.system.map(writtenWord), build.buildNumber.map(PackedText.packNumber), job.map { try writtenWord($0.base) },
                job.map { PackedText.packNumber($0.rest) },
                build.user.map(writtenWord),
            ]
        )
        return database.lastInsertedRowID
    }

    /// The build of a row.
    mutating func build(_ row: Int64) throws -> BuildRecord {
        if let known = builds[row] { return known }
        let sql = """
            SELECT b.run, p.text, b.revision, r.text, s.text, b.number, j.text, b.job, u.text
            FROM build b CROSS JOIN word p ON p.id = b.pipeline
            LEFT JOIN word r ON r.id = b.branch LEFT JOIN word s ON s.id = b.system
            LEFT JOIN word j ON j.id = b.job_base LEFT JOIN word u ON u.id = b.user
            WHERE b.id = ?
            """
        guard let found = try Row.fetchOne(statement(sql), arguments: [row]), let run = PackedText.unpack(found[0]) else {
            throw LedgerDamage(cause: "build \(row) is missing")
        }
        let job = PackedText.unpackNumber(found[7]) ?? ""
        let record = BuildRecord(
            run: run,
            pipeline: try found.decode(String.self, atIndex: 1),
            commit: PackedText.unpack(found[2]),
            branch: try found.decode(String?.self, atIndex: 3),
            system: try found.decode(String?.self, atIndex: 4),
            buildNumber: PackedText.unpackNumber(found[5]),
            jobURL: try found.decode(String?.self, atIndex: 6).map { $0 + job },
            user: try found.decode(String?.self, atIndex: 8)
        )
        builds[row] = record
        return record
    }

    private func writtenWord(_ text: String) throws -> Int64 {
        if let row = try number("SELECT id FROM word WHERE text = ?", [text]) { return row }
        try execute("INSERT INTO word (text) VALUES (?)", [text])
        return database.lastInsertedRowID
    }

    /// The URL up to the slash before its last component, which the jobs of a project share, and the rest.
    static func split(jobURL: String) -> (base: String, rest: String) {
        let end = jobURL.last == "/" ? jobURL.index(before: jobURL.endIndex) : jobURL.endIndex
        guard let slash = jobURL[..<end].lastIndex(of: "/") else { return (jobURL, "") }
        return (String(jobURL[...slash]), String(jobURL[jobURL.index(after: slash)...]))
    }

    // MARK: Tags

    /// The row of a repository; `nil` for one that the ledger does not know.
    mutating func repository(_ reference: ImageReference, engine: Int64) throws -> Int64? {
        let name = reference.name
        if let known = repositories[name] { return known }
        let row = try number("SELECT id FROM repository WHERE engine = ? AND name = ?", [engine, name])
        repositories[name] = row
        return row
    }

    /// The row of a repository, made where it is missing.
    mutating func writtenRepository(_ reference: ImageReference, engine: Int64) throws -> Int64 {
        if let row = try repository(reference, engine: engine) { return row }
        try execute("INSERT INTO repository (engine, name) VALUES (?, ?)", [engine, reference.name])
        let row = database.lastInsertedRowID
        repositories[reference.name] = row
        return row
    }

    /// What follows a repository's name in a reference, without the colon of the tag.
    static func tagName(_ reference: ImageReference) -> String {
        (reference.tag ?? "") + (reference.digest.map { "@\($0)" } ?? "")
    }

    /// The reference of a tag's row.
    mutating func reference(tag: Int64, repository: String, name: String) throws -> ImageReference {
        if let known = references[tag] { return known }
        guard let reference = ImageReference(repository + (name.isEmpty || name.hasPrefix("@") ? name : ":" + name)) else {
            throw LedgerDamage(cause: "tag \(tag) is no reference")
        }
        references[tag] = reference
        return reference
    }

    // MARK: Statements

    /// How many values a statement looks up at once; the last ones are made up with NULL, which nothing equals.
    private static let chunk = 64

    /// Calls the body with every row that a statement finds for the values.
    ///
    /// Looking values up one by one costs several times as much. The statement finds them as `wanted.value`, and the engine as `?1`. A row is
    /// valid within the body only.
    func forEachRow(_ values: some Collection<DatabaseValue>, engine: Int64, _ sql: String, _ body: (Row) throws -> Void) throws {
        try forEachRow(Array(values), as: "value", columns: 1, engine.databaseValue, sql, body)
    }

    /// Calls the body with every row that a statement finds for the tags.
    ///
    /// The statement finds them as `wanted.repository` and `wanted.name`, with their place among those given as `wanted.place`.
    func forEachRow(
        ofTags tags: [(repository: Int64, name: String)],
        _ first: Int64?,
        _ sql: String,
        _ body: (Row) throws -> Void
    ) throws {
        var values: [DatabaseValue] = []
        values.reserveCapacity(tags.count * 3)
        for (place, tag) in tags.enumerated() {
            values.append(tag.repository.databaseValue)
            values.append(tag.name.databaseValue)
            values.append(place.databaseValue)
        }
        try forEachRow(values, as: "repository, name, place", columns: 3, first.databaseValue, sql, body)
    }

    private func forEachRow(
        _ values: [DatabaseValue],
        as names: String,
        columns: Int,
        _ first: DatabaseValue,
        _ sql: String,
        _ body: (Row) throws -> Void
    ) throws {
        let list = (0..<Self.chunk).map { row in "(" + (0..<columns).map { "?\(2 + row * columns + $0)" }.joined(separator: ", ") + ")" }
        let statement = try statement("WITH wanted (\(names)) AS (VALUES \(list.joined(separator: ", "))) \(sql)")
        let length = Self.chunk * columns
        for start in stride(from: 0, to: values.count, by: length) {
            let some = values[start..<min(values.count, start + length)]
            let padding = repeatElement(DatabaseValue.null, count: length - some.count)
            let arguments = StatementArguments([first] + some + padding)
            let rows = try Row.fetchCursor(statement, arguments: arguments)
            while let row = try rows.next() { try body(row) }
        }
    }

    /// Calls the body with every row that a statement gives; a row is valid within the body only.
    func forEachRow(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?], _ body: (Row) throws -> Void) throws {
        let rows = try Row.fetchCursor(statement(sql), arguments: StatementArguments(arguments))
        while let row = try rows.next() { try body(row) }
    }

    /// A statement that is prepared once for the connection.
    func statement(_ sql: String) throws -> Statement { try database.cachedStatement(sql: sql) }

    /// Runs a statement that gives no row.
    func execute(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        let statement = try statement(sql)
        try statement.execute(arguments: StatementArguments(arguments))
    }

    /// The whole number that a statement gives; `nil` for no row, and for NULL.
    func number(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> Int64? {
        try Int64.fetchOne(statement(sql), arguments: StatementArguments(arguments))
    }
}
