import GRDB
import GRDBSQLite
import History
import HookKit
import OCI
import Testing

@testable import TagLedger

/// What the ledger tells of the history of tags.
@Suite struct HistoryQueryTests {
    let folder: TemporaryFolder
    let path: String
    let ledger: SQLiteLedger

    init() async throws {
        folder = try TemporaryFolder()
        path = folder.path("ledger.sqlite")
        ledger = try await writable(path)
    }

    private func record(_ looks: [(String, Int)], on engine: EngineIdentity = engine, at time: Int64) async throws {
        let observations = try looks.map { try observation($0.0, $0.1) }
        _ = try await ledger.record(observations, on: engine, by: build(Int(time)), at: moment(time))
    }

    private func known(_ engine: EngineIdentity) -> LedgerEngine {
        LedgerEngine(
            identifier: engine.identifier,
            name: engine.name,
            product: engine.product,
            imageStore: engine.imageStore.rawValue,
            endpoint: engine.endpoint
        )
    }

    @Test func tagThatChangedLastComesFirst() async throws {
        try await record([("shop/api:v1", 1), ("shop/web:v1", 2)], at: 1)
        try await record([("shop/api:v1", 3)], at: 2)
        try await record([("shop/web:v1", 2)], at: 3)
        try await record([("shop/api:v1", 9)], on: otherEngine, at: 4)
        let found = try await ledger.summaries(limit: nil)
        #expect(found.tags.map(\.latest.reference.description) == ["shop/api:v1", "shop/api:v1", "shop/web:v1"])
        #expect(found.tags.map(\.engine) == [known(otherEngine), known(engine), known(engine)])
        #expect(found.tags.map(\.generationCount) == [1, 2, 1])
        #expect(found.tags.map(\.latest.sightings) == [1, 1, 2])
        #expect(found.tags.map(\.latest.lastSeen) == [moment(4), moment(2), moment(3)])
        #expect(found.total == 3)
        #expect(found.engines == [known(engine), known(otherEngine)])
        let first = try await ledger.summaries(limit: 1)
        #expect(first == TagSummaries(tags: [found.tags[0]], total: 3, engines: found.engines))
    }

    @Test func recordHasTheNewestGenerationsAndTheNumberOfAll() async throws {
        for look in 1...9 { try await record([("shop/api:v1", look)], at: Int64(look)) }
        let all = try await ledger.records(of: reference("docker.io/shop/api:v1"), limit: nil)
        #expect(all.map(\.generations.count) == [9])
        #expect(all.map(\.generationCount) == [9])
        #expect(try all[0].generations.map(\.image) == (1...9).map { try digest($0) })
        for limit in [1, 2, 8, 9, 10] {
            let some = try await ledger.records(of: reference("shop/api:v1"), limit: limit)
            #expect(some.map(\.generations) == [Array(all[0].generations.suffix(limit))])
            #expect(some.map(\.generationCount) == [9])
        }
        #expect(try await ledger.records(of: reference("shop/api:v2"), limit: nil) == [])
        #expect(try await ledger.records(of: reference("shop/api"), limit: nil) == [])
    }

    @Test func enginesAreKeptApart() async throws {
        try await record([("shop/api:v1", 1)], at: 1)
        try await record([("shop/api:v1", 2)], on: otherEngine, at: 2)
        let records = try await ledger.records(of: reference("shop/api:v1"), limit: nil)
        #expect(records.map(\.engine) == [known(engine), known(otherEngine)])
        #expect(try records.map { $0.generations.map(\.image) } == [[digest(1)], [digest(2)]])
    }

    @Test func podmansLocalhostIsFoundByTheShortName() async throws {
        try await record([("localhost/shop/api:v1", 1), ("localhost/alpine:3", 2)], on: otherEngine, at: 1)
        try await record([("localhost/shop/api:v1", 1)], at: 2)
        let records = try await ledger.records(of: reference("shop/api:v1"), limit: nil)
        #expect(records.map(\.engine) == [known(otherEngine)])
        #expect(records.map(\.reference.description) == ["localhost/shop/api:v1"])
        #expect(try await ledger.records(of: reference("alpine:3"), limit: nil).map(\.reference.description) == ["localhost/alpine:3"])
        #expect(try await ledger.records(of: reference("localhost/shop/api:v1"), limit: nil).count == 2)
    }

    @Test func eventsOfItsImagesAndOfTheTagComeWithIt() async throws {
        try await record([("shop/api:v1", 1)], at: 100)
        try await record([("shop/api:v1", 2)], at: 200)
        func event(_ action: String, _ actor: String, _ time: Int64, name: String? = nil) -> EngineEvent {
            EngineEvent(time: moment(time), kind: "image", action: action, actor: actor, attributes: name.map { ["name": $0] } ?? [:])
        }
        let wanted = try [
            event("tag", digest(1).description, 99, name: "shop/api:v1"), event("push", "shop/api:v1", 150, name: "shop/api"),
            event("delete", digest(1).description, 250), event("remove", digest(2).hex, 260),
        ]
        let others = try [
            event("push", "shop/web:v1", 151, name: "shop/web"), event("delete", digest(3).description, 251),
            event("save", digest(1).description, 101), event("push", "shop/api:v1", -100_000, name: "shop/api"),
        ]
        try await ledger.record(others + wanted, on: engine)
        try await ledger.record([event("delete", digest(1).description, 300)], on: otherEngine)
        let records = try await ledger.records(of: reference("shop/api:v1"), limit: nil)
        #expect(records.map(\.events) == [wanted])
    }

    @Test func lastSightCountsEveryTagOfTheImage() async throws {
        try await record([("shop/api:v1", 1), ("shop/old:v1", 1)], at: 1)
        try await record([("shop/api:v1", 2), ("shop/old:v1", 1)], at: 5)
        try await record([("shop/other:v1", 1)], on: otherEngine, at: 9)
        let record = try #require(try await ledger.records(of: reference("shop/api:v1"), limit: nil).first)
        #expect(try record.lastSights == [digest(1): moment(5), digest(2): moment(5)])
    }

    @Test func lookThatFindsTheSameAtTheSameMomentIsRead() async throws {
        let seen = try observation("shop/api:v1", 1)
        for _ in 0..<2 { _ = try await ledger.record([seen], on: engine, by: build(1), at: moment(1)) }
        // The clock went back.
        _ = try await ledger.record([seen], on: engine, by: build(2), at: moment(0))
        let found = try #require(try await ledger.latestGenerations(on: engine).first)
        #expect(found.sightings == 3)
        #expect(found.lastSeen == moment(1))
        #expect(found.lastBuild == build(1))
    }

    @Test func manifestThatIsTheImageItselfIsRead() async throws {
        let seen = TagObservation(reference: try reference("a:1"), image: try digest(1), manifestDigest: try digest(1))
        _ = try await ledger.record([seen], on: engine, by: build(1), at: moment(1))
        #expect(try await ledger.latestGenerations(on: engine).map(\.manifestDigest) == [try digest(1)])
        let bytes = try await DatabaseQueue(path: path).read { try Int.fetchAll($0, sql: "SELECT length(manifest) FROM generation") }
        #expect(bytes == [0])
    }

    @Test(
        arguments: [
            ("shop/api:v2.1", NearTags.similar(ImageReference("shop/api:v2.0")!)),
            ("shop/apo:v2.0", .similar(ImageReference("shop/api:v2.0")!)), ("shop/apo:zzz", .similar(ImageReference("shop/api:nightly")!)),
            ("shop/api:zzzzz", .sameRepository([ImageReference("shop/api:nightly")!, ImageReference("shop/api:v2.0")!], more: 0)),
            ("web:latest", .similar(ImageReference("localhost/web:lates")!)), ("entirely/different:v1", .none),
        ] as [(String, NearTags)]
    )
    func whatWasProbablyMeantIsNamed(typed: String, near: NearTags) async throws {
        try await record([("shop/api:v2.0", 1), ("registry.example.com:5000/a/b:1", 2), ("localhost/web:lates", 3)], at: 1)
        try await record([("shop/api:nightly", 1)], at: 2)
        #expect(try await ledger.near(reference(typed)) == near)
    }

    @Test func emptyLedgerKnowsNothing() async throws {
        #expect(try await ledger.summaries(limit: nil) == TagSummaries(tags: [], total: 0, engines: []))
        #expect(try await ledger.records(of: reference("a:1"), limit: nil) == [])
        #expect(try await ledger.near(reference("a:1")) == .none)
        let missing = try await SQLiteLedger.open(path: folder.path("none.sqlite"), access: .readOnly)
        #expect(try await missing.summaries(limit: nil) == TagSummaries(tags: [], total: 0, engines: []))
        #expect(try await missing.records(of: reference("a:1"), limit: nil) == [])
        #expect(try await missing.near(reference("a:1")) == .none)
    }

    /// How many values a statement takes.
    private func parameters(of statement: Statement) -> Int { Int(sqlite3_bind_parameter_count(statement.sqliteStatement)) }

    @Test func questionsOfTheHistoryUseTheIndexes() async throws {
        try await record([("shop/api:v1", 1)], at: 1)
        // A tag that no event names is not looked for among the events.
        try await ledger.record(
            [EngineEvent(time: moment(1), kind: "image", action: "tag", actor: digest(1).description, attributes: ["name": "shop/api:v1"])],
            on: engine
        )
        let queue = try DatabaseQueue(path: path)
        let plans = try await queue.read { database in
            var statements: [String] = []
            database.trace { event in
                if case .statement(let statement) = event { statements.append(statement.sql) }
            }
            var transaction = LedgerTransaction(database)
            _ = try transaction.summaries(limit: 20)
            _ = try transaction.records(of: reference("shop/api:v1"), limit: 20)
            database.trace(nil)
            return try statements.filter { $0.contains("SELECT") }.map { sql in
                let count = parameters(of: try database.makeStatement(sql: sql))
                let plan = try Row.fetchAll(
                    database,
                    sql: "EXPLAIN QUERY PLAN \(sql)",
                    arguments: StatementArguments(repeatElement(DatabaseValue.null, count: count))
                )
                return plan.map { $0["detail"] as String }
            }
        }
        #expect(plans.count >= 6)
        let steps = plans.joined()
        for index in ["tag_present", "generation_image", "event_actor", "event_subject"] {
            #expect(steps.contains { $0.contains("USING INDEX \(index)") || $0.contains("USING COVERING INDEX \(index)") }, "\(index)")
        }
        // The list of engines, the number of tags, and the tags in the order of an index are gone through; nothing else is.
        let scans = steps.filter { $0.hasPrefix("SCAN ") && !$0.hasPrefix("SCAN wanted") && !$0.hasPrefix("SCAN chain") }
        #expect(
            Set(scans).isSubset(of: [
                "SCAN engine", "SCAN tag USING COVERING INDEX tag_present", "SCAN t USING INDEX tag_present",
                "SCAN 64-ROW VALUES CLAUSE", "SCAN 64 CONSTANT ROWS", "SCAN CONSTANT ROW",
            ]),
            "\(scans)"
        )
    }
}
