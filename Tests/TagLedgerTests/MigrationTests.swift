import Foundation
import GRDB
import History
import HookKit
import HookTesting
import OCI
import Testing

@testable import TagLedger

/// What earlier versions wrote is there in this one, to the last bit.
@Suite struct MigrationTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("ledger.sqlite")
    }

    @Test(arguments: ["v1", "v2", "v3"])
    func tablesOfAMigrationAreFrozen(version: String) async throws {
        let queue = try DatabaseQueue(path: path)
        try LedgerMigrations.migrator().migrate(queue, upTo: version)
        let tables = try await queue.read { database in
            try String.fetchAll(database, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").joined(
                separator: ";\n\n"
            )
                + ";\n"
        }
        let snapshot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Snapshots/\(version).sql")
        if ProcessInfo.processInfo.environment["HOOK_RECORD"] == "1", tables != (try? String(contentsOf: snapshot, encoding: .utf8)) {
            try tables.write(to: snapshot, atomically: true, encoding: .utf8)
            Issue.record("the tables were written to \(snapshot.path)")
        }
        #expect(tables == (try String(contentsOf: snapshot, encoding: .utf8)))
        #expect(LedgerMigrations.migrator().migrations == ["v1", "v2", "v3"])
    }

    /// Events of every kind on both engines, each with a time of its own, for names that are shared and names that are not.
    private func events() throws -> [(event: EngineEvent, engine: EngineIdentity)] {
        var time: Int64 = 0
        var events: [(event: EngineEvent, engine: EngineIdentity)] = []
        let empty = EngineEvent(time: moment(0), kind: "container", action: "start", actor: "nameless", attributes: ["image": ""])
        let other = EngineEvent(time: moment(0), kind: "image", action: "load", actor: "", attributes: ["name": "", "image": "alpine"])
        let long = try digest(7, .sha512).description
        let wide = EngineEvent(time: moment(0), kind: "image", action: "load", actor: long, attributes: ["name": long])
        let made = EngineEvent(time: moment(0), kind: "container", action: "create", actor: "c1", attributes: ["image": long])
        for event in EventTests.namings.map(\.event) + EventTests.namings.map(\.event) + [empty, other, wide, made] {
            for engine in [engine, otherEngine] {
                time += 1
                let moved = EngineEvent(
                    time: moment(time),
                    kind: event.kind,
                    action: event.action,
                    actor: event.actor,
                    attributes: event.attributes
                )
                events.append((moved, engine))
            }
        }
        return events
    }

    /// Writes an event as the first two versions did, which is written down here once more, since it does not change any more.
    private func writeOlder(_ event: EngineEvent, engine: Int64, into database: Database) throws {
        func asDigest(_ text: String) -> Digest? { Digest(text) ?? Digest(algorithm: .sha256, hex: text) }
        func subject(_ text: String) -> DatabaseValue {
            if let digest = asDigest(text) { return digest.bytes.databaseValue }
            guard !text.isEmpty, let reference = ImageReference(text) else { return text.isEmpty ? .null : text.databaseValue }
            if let digest = reference.digest { return digest.bytes.databaseValue }
            return "\(reference.name):\(reference.tag ?? "latest")".databaseValue
        }
        let isImage = event.kind == "image"
        let name = event.attributes["name"] ?? ""
        let image = event.attributes[event.action == "commit" && !isImage ? "imageID" : "image"]
        let names: DatabaseValue
        if !isImage {
            names = image.map(subject) ?? .null
        } else if asDigest(event.actor) == nil {
            names = subject(event.actor)
        } else {
            names = asDigest(name) == nil ? subject(name) : .null
        }
        let digest = isImage ? Digest(event.actor) : Digest(algorithm: .sha256, hex: event.actor)
        let arguments: StatementArguments = [
            engine, isImage ? 0 : 1, event.time.nanoseconds, event.action, digest?.bytes.databaseValue ?? event.actor.databaseValue, name,
            image, names,
        ]
        try database.execute(
            sql: "INSERT INTO event (engine, kind, time, action, actor, name, image, subject) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: arguments
        )
    }

    /// The rows of events, each text in full.
    private static func eventRows(_ path: String) throws -> [Row] {
        try DatabaseQueue(path: path).read { database in
            let columns = ["actor", "name", "image", "subject"].map { column in
                "typeof(event.\(column)), CASE typeof(event.\(column)) WHEN 'integer' THEN "
                    + "(SELECT text FROM event_text WHERE id = event.\(column)) ELSE event.\(column) END"
            }
            let sql = """
                SELECT identifier, kind, time, action, \(columns.joined(separator: ", "))
                FROM event JOIN engine ON engine.id = event.engine ORDER BY time
                """
            return try Row.fetchAll(database, sql: sql)
        }
    }

    /// A ledger as the first version wrote it, and what is in it.
    private func firstVersion(seed: UInt64) throws -> [String: [TagGeneration]] {
        var random = SeededGenerator(seed: seed)
        let queue = try DatabaseQueue(path: path)
        try LedgerMigrations.migrator().migrate(queue, upTo: "v1")
        var written: [String: [TagGeneration]] = [:]
        try queue.write { database in
            func word(_ text: String?) throws -> Int64? {
                guard let text else { return nil }
                try database.execute(sql: "INSERT OR IGNORE INTO word (text) VALUES (?)", arguments: [text])
                return try Int64.fetchOne(database, sql: "SELECT id FROM word WHERE text = ?", arguments: [text])
            }
            let engines = [engine, otherEngine]
            for engine in engines {
                try database.execute(
                    sql: "INSERT INTO engine (identifier, name, product, image_store, endpoint) VALUES (?, ?, ?, ?, ?)",
                    arguments: [engine.identifier, engine.name, engine.product, engine.imageStore.rawValue, engine.endpoint]
                )
            }
            let numbers: [String?] = ["4711", "0", "007", "-5", "12345678901234567", "1234567890123456789", "7.1", "", "build-3", nil]
            let addresses = [
                "https://ci.example.com/jobs/9001", "https://ci.example.com/jobs/0901", "https://ci.example.com/job/build/12/", "job", nil,
            ]
            let builds = try (0..<40).map { number in
                let build = BuildRecord(
                    run: number.isMultiple(of: 3) ? "run-\(number)" : UUID().uuidString.lowercased(),
                    pipeline: "p\(number % 3)",
                    commit: [nil, "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", "short"][number % 3],
                    branch: ["main", nil][number % 2],
                    system: ["gitlab", "jenkins", nil][number % 3],
                    buildNumber: numbers[number % numbers.count],
                    jobURL: addresses[number % addresses.count],
                    user: ["ann", nil][number % 2]
                )
                let job = build.jobURL.map(LedgerTransaction.split(jobURL:))
                let arguments: StatementArguments = [
                    PackedText.pack(build.run), try word(build.pipeline), build.commit.map(PackedText.pack), try word(build.branch),
                    try word(build.system), build.buildNumber, try word(job?.base), job?.rest, try word(build.user),
                ]
                try database.execute(
                    sql: """
                        INSERT INTO build (run, pipeline, revision, branch, system, number, job_base, job, user)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: arguments
                )
                return build
            }
            for tag in 0..<6 {
                let reference = try reference("shop/api:v\(tag)")
                try database.execute(
                    sql: "INSERT OR IGNORE INTO repository (engine, name) VALUES (?, ?)",
                    arguments: [tag % 2 + 1, reference.name]
                )
                let repository = try Int64.fetchOne(database, sql: "SELECT id FROM repository WHERE engine = ?", arguments: [tag % 2 + 1])
                try database.execute(sql: "INSERT INTO tag (repository, name) VALUES (?, ?)", arguments: [repository, reference.tag])
            }
            for step in 0..<300 {
                // The last of the tags was made and never named anything.
                let tag = Int.random(in: 0..<5, using: &random)
                let image = try digest(Int.random(in: 0..<60, using: &random), step.isMultiple(of: 50) ? .sha512 : .sha256)
                let manifest = try [nil, image, digest(1000 + step)][Int.random(in: 0..<3, using: &random)]
                let first = Int.random(in: 0..<40, using: &random)
                let last = Bool.random(using: &random) ? first : Int.random(in: 0..<40, using: &random)
                let (firstSeen, lastSeen) = (moment(Int64(step)), moment(Int64(step + Int.random(in: 0...2, using: &random))))
                let generation = TagGeneration(
                    reference: try reference("shop/api:v\(tag)"),
                    image: image,
                    manifestDigest: manifest,
                    firstSeen: firstSeen,
                    firstBuild: builds[first],
                    lastSeen: lastSeen,
                    lastBuild: builds[last],
                    sightings: step + 1
                )
                let arguments: StatementArguments = [
                    tag + 1, image.bytes, manifest?.bytes, firstSeen.nanoseconds, first + 1, lastSeen.nanoseconds, last + 1, step + 1,
                ]
                try database.execute(
                    sql: """
                        INSERT INTO generation (tag, image, manifest, first_seen, first_build, last_seen, last_build, sightings)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: arguments
                )
                written[engines[tag % 2].identifier, default: []].append(generation)
            }
            for (event, engine) in try events() { try writeOlder(event, engine: engine == engines[0] ? 1 : 2, into: database) }
        }
        try queue.close()
        return written
    }

    /// A ledger as an earlier version leaves it, and what is in it.
    private func older(_ version: String, seed: UInt64) throws -> [String: [TagGeneration]] {
        let written = try firstVersion(seed: seed)
        let queue = try DatabaseQueue(path: path)
        try LedgerMigrations.migrator().migrate(queue, upTo: version)
        try queue.close()
        return written
    }

    @Test(arguments: ["v1", "v2"])
    func whatAnEarlierVersionWroteIsAllThere(version: String) async throws {
        let seed = TestSeed.first
        print("whatAnEarlierVersionWroteIsAllThere: seed \(seed)")
        let written = try older(version, seed: seed)
        let ledger = try await writable(path)
        for engine in [engine, otherEngine] {
            let expected = try #require(written[engine.identifier])
            let byTag = Dictionary(grouping: expected, by: \.reference)
            #expect(try await ledger.generations(of: Array(byTag.keys), on: engine) == byTag)
            #expect(try await ledger.generations(of: expected.map(\.image), on: engine) == Dictionary(grouping: expected, by: \.image))
            for count in [1, 2, 7] {
                let newest = byTag.mapValues { Array($0.suffix(count)) }
                #expect(try await ledger.generations(of: Array(byTag.keys), newest: count, on: engine) == newest)
            }
            #expect(Set(try await ledger.latestGenerations(on: engine)) == Set(byTag.values.compactMap(\.last)))
        }
        let counts = try await ledger.summaries(limit: nil).tags.map(\.generationCount).reduce(0, +)
        #expect(counts == 300)
        // The migrated file goes on: the tag that never named anything, a known run, a tag that moves.
        let known = try #require(written["engine"]?.last)
        let look = [try observation("shop/api:v5", 1), TagObservation(reference: known.reference, image: try digest(4000))]
        _ = try await ledger.record([look[0]], on: otherEngine, by: known.firstBuild, at: moment(1000))
        let moved = try await ledger.record([look[1]], on: engine, by: known.firstBuild, at: moment(1000))
        let before = try #require(written["engine"]?.last { $0.reference == known.reference })
        #expect(moved == [TagChange(observation: look[1], kind: .moved(from: before))])
        let problems = try await DatabaseQueue(path: path).read { database in
            try String.fetchAll(database, sql: "PRAGMA integrity_check")
                + String.fetchAll(database, sql: "SELECT * FROM pragma_foreign_key_check")
                + String.fetchAll(database, sql: "SELECT 'builds: ' || count(*) FROM build")
        }
        #expect(problems == ["ok", "builds: 40"])
    }

    @Test(arguments: ["v1", "v2"])
    func eventsOfAnEarlierVersionAreAsIfWrittenByThisOne(version: String) async throws {
        _ = try older(version, seed: 3)
        let events = try events()
        let ledger = try await writable(path)
        let fresh = try await writable(folder.path("fresh.sqlite"))
        for (event, engine) in events { try await fresh.record([event], on: engine) }
        let rows = try Self.eventRows(path)
        #expect(rows == (try Self.eventRows(folder.path("fresh.sqlite"))))
        #expect(rows.count == events.count)
        for naming in EventTests.namings {
            for subject in naming.subjects {
                for engine in [engine, otherEngine] {
                    let found = try await ledger.events(about: [subject], on: engine)
                    #expect(found == (try await fresh.events(about: [subject], on: engine)), "by \(subject)")
                    #expect(found.allSatisfy { event in events.contains { $0.event == event && $0.engine == engine } })
                    #expect(found.count >= 2)
                }
            }
        }
        // What is known is known still, and nothing is written twice.
        for (event, engine) in events { try await ledger.record([event], on: engine) }
        #expect(try Self.eventRows(path) == rows)
    }

    @Test(arguments: ["v1", "v2"])
    func severalProcessesMayBringALedgerUpToDateAtTheSameTime(version: String) async throws {
        let written = try older(version, seed: 1)
        let rest = try (0..<8).map { number in
            try ChildProcess(
                [ChildProcess.ledgerWriter, path, "shop/new:v\(number)", "\(try digest(number))", "new-\(number)"],
                in: folder
            )
        }
        for process in rest { #expect(try await process.ending() == ChildProcess.Ending(code: 0, output: "new\n")) }
        let ledger = try await SQLiteLedger.open(path: path, access: .readOnly)
        #expect(try await ledger.summaries(limit: nil).tags.map(\.generationCount).reduce(0, +) == 308)
        #expect(written.values.joined().count == 300)
        #expect(try Self.eventRows(path).count == events().count)
    }

    @Test(arguments: ["v1", "v2"])
    func connectionsMayBringALedgerUpToDateAtTheSameTime(version: String) async throws {
        _ = try older(version, seed: 1)
        let path = path
        try await withThrowingTaskGroup(of: SQLiteLedger.self) { group in
            for _ in 0..<6 { group.addTask { try await writable(path) } }
            for try await ledger in group {
                #expect(try await ledger.summaries(limit: nil).tags.map(\.generationCount).reduce(0, +) == 300)
            }
        }
    }

    @Test(arguments: ["v1", "v2"])
    func ledgerOfAnEarlierVersionIsReadWithoutAChangeToIt(version: String) async throws {
        let written = try older(version, seed: 2)
        let before = try folder.contents()
        let ledger = try await SQLiteLedger.open(path: path, access: .readOnly)
        let byTag = Dictionary(grouping: try #require(written["engine"]), by: \.reference)
        #expect(try await ledger.generations(of: Array(byTag.keys), on: engine) == byTag)
        #expect(try await ledger.summaries(limit: nil).tags.map(\.generationCount).reduce(0, +) == 300)
        let tag = EventTests.namings[0]
        #expect(try await ledger.events(about: ["shop/api:v1"], on: engine).contains { $0.attributes == tag.event.attributes })
        let seen = try observation("shop/new:v1", 1)
        #expect(try await ledger.record([seen], on: engine, by: build(1), at: moment(1)) == [TagChange(observation: seen, kind: .new)])
        #expect(try folder.contents() == before)
    }
}
