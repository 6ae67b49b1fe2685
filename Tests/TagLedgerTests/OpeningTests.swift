import Foundation
import GRDB
import HookKit
import OCI
import Testing

@testable import TagLedger

/// How a ledger's file is made, recognised and left alone.
@Suite struct OpeningTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(".hook/ledger.sqlite")
    }

    /// Makes a ledger with one observation.
    private func fill(_ path: String) async throws {
        _ = try await writable(path).record([observation("shop/api:v1", 1)], on: engine, by: build(1), at: moment(1))
    }

    private func readOnly(_ path: String) async throws -> SQLiteLedger { try await SQLiteLedger.open(path: path, access: .readOnly) }

    // MARK: Making

    @Test func writingMakesTheDirectoryTheFileAndAnIgnoreFile() async throws {
        try await fill(path)
        #expect(try folder.contents().keys.sorted() == [".hook/.gitignore", ".hook/ledger.sqlite"])
        #expect(try folder.contents()[".hook/.gitignore"] == Data("*\n".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o644 & ~(try umaskOfTests()))
    }

    @Test func onlyTheHookDirectoryIsHiddenFromGit() async throws {
        try await fill(folder.path("deep/er/ledger.sqlite"))
        #expect(try folder.contents().keys.sorted() == ["deep/er/ledger.sqlite"])
    }

    @Test func hookDirectoryBetweenIsHiddenFromGit() async throws {
        try await fill(folder.path("a/.hook/b/ledger.sqlite"))
        #expect(try folder.contents().keys.sorted() == ["a/.hook/.gitignore", "a/.hook/b/ledger.sqlite"])
    }

    @Test func directoryThatWasThereIsLeftAsItIs() async throws {
        try FileManager.default.createDirectory(atPath: folder.path(".hook"), withIntermediateDirectories: false)
        try await fill(path)
        #expect(try folder.contents().keys.sorted() == [".hook/ledger.sqlite"])
    }

    @Test func emptyFileIsANewLedger() async throws {
        let path = folder.path("ledger.sqlite")
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(try await readOnly(path).latestGenerations(on: engine) == [])
        #expect(try folder.contents() == ["ledger.sqlite": Data()])
        try await fill(path)
        #expect(try await readOnly(path).latestGenerations(on: engine).count == 1)
    }

    @Test func ledgerWhoseMakingWasInterruptedIsANewOne() async throws {
        let path = folder.path("ledger.sqlite")
        try await DatabaseQueue(path: path).write {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        #expect(try await readOnly(path).latestGenerations(on: engine) == [])
        try await fill(path)
        #expect(try await readOnly(path).latestGenerations(on: engine).count == 1)
    }

    @Test(arguments: ["file:ledger.sqlite?mode=memory", ":memory:", "ledger?.sqlite", "with space%20.sqlite", "中文.sqlite"])
    func nameThatMeansSomethingToSQLiteIsAFile(name: String) async throws {
        try await fill(folder.path(name))
        #expect(try folder.contents().keys.sorted() == [name])
        #expect(try await readOnly(folder.path(name)).latestGenerations(on: engine).count == 1)
    }

    @Test func openingAgainChangesNothing() async throws {
        try await fill(path)
        let before = try folder.contents()
        #expect(try await writable(path).latestGenerations(on: engine).count == 1)
        #expect(try folder.contents() == before)
    }

    @Test func connectionsWriteWhatAPowerCutMustNotTake() async throws {
        let opening = LedgerOpening(path: path, access: .readWrite, wait: LockWait(limit: .seconds(10)))
        let queue = try #require(try opening.open())
        let settings = try await queue.read { database in
            try ["synchronous", "journal_mode", "application_id"].map { try String.fetchOne(database, sql: "PRAGMA \($0)") }
        }
        // 3 is EXTRA.
        #expect(settings == ["3", "delete", "\(0x686F_6F6B)"])
    }

    // MARK: Reading only

    @Test func readingAMissingFileMakesNothing() async throws {
        let ledger = try await readOnly(path)
        let seen = try observation("shop/api:v1", 1)
        #expect(try await ledger.compare([seen], on: engine) == [TagChange(observation: seen, kind: .new)])
        #expect(try await ledger.record([seen], on: engine, by: build(1), at: moment(1)) == [TagChange(observation: seen, kind: .new)])
        try await ledger.record([EngineEvent(time: moment(1), kind: "image", action: "load", actor: "x")], on: engine)
        #expect(try await ledger.generations(of: [seen.image], on: engine) == [:])
        #expect(try await ledger.generations(of: [seen.reference], on: engine) == [:])
        #expect(try await ledger.latestGenerations(on: engine) == [])
        #expect(try await ledger.events(about: ["x"], on: engine) == [])
        #expect(try await ledger.newestEvent(on: engine) == nil)
        #expect(try await ledger.lastUses(of: [seen.image], on: engine) == [:])
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.path) == [])
    }

    @Test func readingWritesNothingAndSaysWhatWouldBeSaid() async throws {
        try await fill(path)
        let before = try folder.contents()
        let ledger = try await readOnly(path)
        let look = [try observation("shop/api:v1", 2), try observation("shop/api:v2", 2)]
        let changes = try await ledger.record(look, on: engine, by: build(2), at: moment(2))
        try await ledger.record([EngineEvent(time: moment(1), kind: "image", action: "load", actor: "x")], on: engine)
        #expect(changes == (try await ledger.compare(look, on: engine)))
        #expect(try await ledger.newestEvent(on: engine) == nil)
        #expect(try folder.contents() == before)
        #expect(changes == (try await writable(path).record(look, on: engine, by: build(2), at: moment(2))))
    }

    // MARK: Interrupted writing

    /// Leaves the files as a process does that is killed in the middle of a transaction: pages are overwritten, the journal is there.
    private func crash(_ source: String, to target: String) async throws {
        let ledger = try await writable(source)
        let look = try (0..<3000).map { try observation("shop/api:v\($0)", $0) }
        _ = try await ledger.record(look, on: engine, by: build(1), at: moment(1))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        try await DatabaseQueue(path: source, configuration: configuration).writeWithoutTransaction { database in
            // With so small a cache, changed pages go to the file before the commit.
            try database.execute(sql: "PRAGMA cache_size = 5; BEGIN IMMEDIATE; UPDATE generation SET sightings = sightings + 1000")
            try FileManager.default.copyItem(atPath: source, toPath: target)
            try FileManager.default.copyItem(atPath: source + "-journal", toPath: target + "-journal")
            try database.execute(sql: "ROLLBACK")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) != Data(contentsOf: URL(fileURLWithPath: source)))
    }

    @Test func readingAfterAnInterruptedWriteSeesWhatWasWrittenBeforeAndChangesNothing() async throws {
        let path = folder.path("crashed.sqlite")
        try await crash(folder.path("ledger.sqlite"), to: path)
        let before = try folder.contents()
        let ledger = try await readOnly(path)
        #expect(try await ledger.latestGenerations(on: engine).map(\.sightings) == Array(repeating: 1, count: 3000))
        #expect(try folder.contents() == before)
        _ = try await ledger.record([observation("shop/api:v1", 9)], on: engine, by: build(2), at: moment(2))
        #expect(try folder.contents() == before)
    }

    @Test func writingAfterAnInterruptedWriteUndoesItFirst() async throws {
        let path = folder.path("crashed.sqlite")
        try await crash(folder.path("ledger.sqlite"), to: path)
        let ledger = try await writable(path)
        #expect(try await ledger.latestGenerations(on: engine).map(\.sightings) == Array(repeating: 1, count: 3000))
        #expect(try folder.contents().keys.sorted() == ["crashed.sqlite", "ledger.sqlite"])
        #expect(try folder.contents()["crashed.sqlite"] == folder.contents()["ledger.sqlite"])
    }

    // MARK: Files that are not ours

    @Test(arguments: [LedgerAccess.readWrite, .readOnly])
    func ledgerOfALaterVersionIsRefusedUntouched(access: LedgerAccess) async throws {
        let path = folder.path("ledger.sqlite")
        try await fill(path)
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v4')") }
        let before = try folder.contents()
        let error = try await ledgerError { try await SQLiteLedger.open(path: path, access: access) }
        #expect(
            error
                == LedgerError(
                    .newer,
                    "the ledger '\(path)' was written by a later version of hook (its tables have 'v4', "
                        + "this version knows them up to 'v3'); run that version, or name another file as the pipeline's ledger"
                )
        )
        #expect(try folder.contents() == before)
    }

    @Test func ledgerWhoseCopyCannotBeBroughtUpToDateIsNotRead() async throws {
        let path = folder.path("ledger.sqlite")
        try await fill(path)
        // A list of migrations without its last looks like an earlier version's.
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'v3'") }
        let before = try folder.contents()
        let error = try await ledgerError { try await readOnly(path) }
        #expect(
            error
                == LedgerError(
                    .failed,
                    "the ledger '\(path)' was written by an earlier version of hook, and what only reads makes a copy of it to bring up to "
                        + "date, which failed (table event_text already exists); let TMPDIR name a directory with room for it, or run "
                        + "'hook run' with this ledger once"
                )
        )
        #expect(try folder.contents() == before)
    }

    @Test(arguments: [LedgerAccess.readWrite, .readOnly])
    func databaseOfAnotherProgramIsRefusedUntouched(access: LedgerAccess) async throws {
        let path = folder.path("other.sqlite")
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE moz_places (id INTEGER PRIMARY KEY)") }
        let before = try folder.contents()
        let error = try await ledgerError { try await SQLiteLedger.open(path: path, access: access) }
        #expect(
            error
                == LedgerError(
                    .corrupt,
                    "the file '\(path)' is not a ledger of hook (it is an SQLite database of another program); "
                        + "name another file as the pipeline's ledger"
                )
        )
        #expect(try folder.contents() == before)
    }

    @Test(arguments: [LedgerAccess.readWrite, .readOnly])
    func databaseWithAnotherProgramsMarkIsRefusedUntouched(access: LedgerAccess) async throws {
        let path = folder.path("other.sqlite")
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA application_id = 252006674") }
        let before = try folder.contents()
        let error = try await ledgerError { try await SQLiteLedger.open(path: path, access: access) }
        #expect(error.code == .corrupt)
        #expect(try folder.contents() == before)
    }

    @Test(arguments: [LedgerAccess.readWrite, .readOnly])
    func fileThatIsNoDatabaseIsRefusedUntouched(access: LedgerAccess) async throws {
        let path = folder.path("ledger.sqlite")
        try Data("name: image-hygiene\nstages: []\n".utf8).write(to: URL(fileURLWithPath: path))
        let before = try folder.contents()
        let error = try await ledgerError { try await SQLiteLedger.open(path: path, access: access) }
        #expect(
            error
                == LedgerError(
                    .corrupt,
                    "the file '\(path)' is not a ledger of hook (file is not a database); name another file as the pipeline's ledger"
                )
        )
        #expect(try folder.contents() == before)
    }

    private func umaskOfTests() throws -> Int {
        let probe = folder.path("probe")
        #expect(FileManager.default.createFile(atPath: probe, contents: Data()))
        let mode = try #require(try FileManager.default.attributesOfItem(atPath: probe)[.posixPermissions] as? Int)
        try FileManager.default.removeItem(atPath: probe)
        return 0o666 & ~mode
    }
}
