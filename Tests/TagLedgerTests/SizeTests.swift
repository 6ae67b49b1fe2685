import Foundation
import GRDB
import GRDBSQLite
import HookKit
import OCI
import Testing

@testable import TagLedger

/// What a large ledger costs, in counts rather than in time.
@Suite struct SizeTests {
    /// A ledger with generations of a hundred tags, every one of another image, looked at by builds that see a hundred tags each, and with
    /// the engine's event for each.
    private func filled(_ path: String, _ generations: Int, withEvents: Bool) async throws -> SQLiteLedger {
        let ledger = try await writable(path)
        for look in 0..<(generations / 100) {
            let observations = try (0..<100).map { tag in
                let image = look * 100 + tag
                // Spread as hashes are, and not in the order of their making.
                let scattered = String(UInt64(image + 1) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
                let hex = String(repeating: "0", count: 16 - scattered.count) + scattered + String(repeating: "0", count: 48)
                return TagObservation(
                    reference: try reference("registry.example.com:5000/shop/service-\(tag % 7):v\(tag)"),
                    image: try #require(Digest(algorithm: .sha256, hex: hex)),
                    manifestDigest: try digest(image, .sha256)
                )
            }
            _ = try await ledger.record(observations, on: engine, by: build(look), at: moment(Int64(look)))
            guard withEvents else { continue }
            let events = observations.enumerated().map { index, seen in
                EngineEvent(
                    time: moment(Int64(look * 100 + index)),
                    kind: index.isMultiple(of: 2) ? "image" : "container",
                    action: index.isMultiple(of: 2) ? "tag" : "create",
                    actor: index.isMultiple(of: 2) ? seen.image.description : seen.image.hex,
                    attributes: index.isMultiple(of: 2) ? ["name": seen.reference.description] : ["image": "base:\(look * 100 + index)"]
                )
            }
            try await ledger.record(events, on: engine)
        }
        return ledger
    }

    @Test func observationTakesLessThanTwoHundredBytes() async throws {
        let folder = try TemporaryFolder()
        _ = try await filled(folder.path("ledger.sqlite"), 5_000, withEvents: false)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: folder.path("ledger.sqlite"))[.size] as? Int)
        #expect(size < 200 * 5_000)
    }

    @Test func eventTakesLessThanAHundredAndFiftyBytes() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("ledger.sqlite")
        let ledger = try await writable(path)
        let size = { try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0 }
        var random = SeededGenerator(seed: 1)
        let before = try size()
        for look in 0..<10 {
            var events: [EngineEvent] = []
            for number in 0..<1000 {
                // Spread as hashes are.
                let hex = (0..<4).map { _ in String(UInt64.random(in: (1 << 60)...UInt64.max, using: &random), radix: 16) }.joined()
                events.append(
                    EngineEvent(
                        time: moment(Int64(look * 1000 + number)),
                        kind: "image",
                        action: "tag",
                        actor: "sha256:" + hex,
                        attributes: ["name": "registry.example.com:5000/shop/service-\(number % 7):v\(number % 500)"]
                    )
                )
            }
            try await ledger.record(events, on: engine)
        }
        #expect(try size() - before < 150 * 10_000)
    }

    @Test func everyRowIsFoundByAnIndex() async throws {
        let folder = try TemporaryFolder()
        var steps: [[String: Int]] = []
        for generations in [1_000, 5_000] {
            let path = folder.path("\(generations).sqlite")
            let images = try await filled(path, generations, withEvents: true).latestGenerations(on: engine).map(\.image)
            let tags = try (0..<10).map { try reference("registry.example.com:5000/shop/service-\($0 % 7):v\($0)") }
            let look = try tags.map { TagObservation(reference: $0, image: try digest(1)) }
            let events = look.map { seen in
                EngineEvent(
                    time: moment(1),
                    kind: "image",
                    action: "tag",
                    actor: seen.image.description,
                    attributes: ["name": seen.reference.description]
                )
            }
            let queue = try DatabaseQueue(path: path)
            try await queue.write { database in
                var transaction = LedgerTransaction(database)
                _ = try transaction.compare(look, on: engine)
                _ = try transaction.generations(of: Array(images.prefix(10)), on: engine)
                _ = try transaction.record(look, on: engine, by: build(0), at: moment(1))
                try transaction.record(events.compactMap(StoredEvent.init), on: engine, keeping: EventLimits())
                _ = try transaction.events(about: images.prefix(10).map(\.description), on: engine)
                _ = try transaction.newestEvent(on: engine)
                _ = try transaction.lastUses(of: Array(images.prefix(10)), on: engine)
            }
            steps.append(try await queue.read { Self.work(of: $0) })
        }
        for (sql, few) in steps[0] {
            let many = try #require(steps[1][sql])
            #expect(many <= few * 2, "\(sql)")
        }
        #expect(steps[0].count > 15)
    }

    /// How many steps SQLite's machine took for each statement; a statement that went through a table row by row is an issue.
    private static func work(of database: Database) -> [String: Int] {
        var work: [String: Int] = [:]
        var statement = sqlite3_next_stmt(database.sqliteConnection, nil)
        while let current = statement {
            let sql = String(cString: sqlite3_sql(current))
            #expect(sqlite3_stmt_status(current, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) == 0, "\(sql)")
            if !sql.hasPrefix("PRAGMA"), !sql.contains("sqlite_master") {
                work[sql] = Int(sqlite3_stmt_status(current, SQLITE_STMTSTATUS_VM_STEP, 0))
            }
            statement = sqlite3_next_stmt(database.sqliteConnection, current)
        }
        return work
    }
}
