import Foundation
import GRDB
import HookKit
import HookTesting
import OCI
import Testing

@testable import TagLedger

/// What a user reads when the ledger cannot be used, and that nothing is lost then.
@Suite struct FailureTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("ledger.sqlite")
    }

    private func fill(_ count: Int = 1) async throws {
        let look = try (0..<count).map { try observation("shop/api:v\($0)", $0) }
        _ = try await writable(path).record(look, on: engine, by: build(1), at: moment(1))
    }

    private func writer(_ more: String...) throws -> [String] {
        [ChildProcess.ledgerWriter, path, "shop/api:v0", "\(try digest(7))", "run"] + more
    }

    // MARK: Rights

    /// A user who is not root, for whom the modes of files hold.
    private static let nobody = "65534"

    @Test func fileThatMayNotBeWrittenIsNamedWithTheCause() async throws {
        try await fill()
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
        let before = try folder.contents()
        let ending = try await ChildProcess.run(writer("user", Self.nobody), in: folder)
        #expect(
            ending
                == .init(
                    code: 1,
                    output: "the ledger '\(path)' cannot be written (Permission denied); let this user write the file and its directory, "
                        + "or name another file as the pipeline's ledger\n"
                )
        )
        #expect(try folder.contents() == before)
    }

    @Test func directoryThatMayNotBeWrittenIsNamedWithTheCause() async throws {
        try await fill()
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        defer { chmod(folder.path, 0o755) }
        let before = try folder.contents()
        let output = try TemporaryFolder()
        let ending = try await ChildProcess.run(writer("user", Self.nobody), in: output)
        #expect(
            ending
                == .init(
                    code: 1,
                    output:
                        "the ledger '\(path)' cannot be written (its directory: Permission denied); let this user write the file and its "
                        + "directory, or name another file as the pipeline's ledger\n"
                )
        )
        #expect(try folder.contents() == before)
    }

    @Test func directoryThatMayNotBeMadeIsNamedWithTheCause() async throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        defer { chmod(folder.path, 0o755) }
        let output = try TemporaryFolder()
        let path = folder.path(".hook/ledger.sqlite")
        let arguments = [ChildProcess.ledgerWriter, path, "shop/api:v0", "\(try digest(7))", "run", "user", Self.nobody]
        let ending = try await ChildProcess.run(arguments, in: output)
        #expect(
            ending
                == .init(
                    code: 1,
                    output: "the ledger '\(path)' cannot be written (Permission denied); let this user write the file and its directory, "
                        + "or name another file as the pipeline's ledger\n"
                )
        )
        #expect(try folder.contents() == [:])
    }

    @Test func directoryInTheFilesPlaceIsNamed() async throws {
        let error = try await ledgerError { try await writable(folder.path) }
        #expect(
            error
                == LedgerError(
                    .notWritable,
                    "the ledger '\(folder.path)' cannot be written (Is a directory); let this user write the file and its directory, "
                        + "or name another file as the pipeline's ledger"
                )
        )
        let reading = try await ledgerError { try await SQLiteLedger.open(path: folder.path, access: .readOnly) }
        #expect(
            reading
                == LedgerError(
                    .notWritable,
                    "the ledger '\(folder.path)' cannot be opened (Is a directory); let this user read it, "
                        + "or name another file as the pipeline's ledger"
                )
        )
    }

    @Test func fileInTheDirectorysPlaceIsNamed() async throws {
        try await fill()
        let error = try await ledgerError { try await writable(path + "/ledger.sqlite") }
        #expect(
            error
                == LedgerError(
                    .notWritable,
                    "the ledger '\(path)/ledger.sqlite' cannot be written (Not a directory); "
                        + "let this user write the file and its directory, or name another file as the pipeline's ledger"
                )
        )
    }

    @Test func fileThatWasRemovedMeanwhileIsNamed() async throws {
        try await fill()
        let ledger = try await writable(path)
        try FileManager.default.removeItem(atPath: path)
        let error = try await ledgerError { try await ledger.record([observation("a:1", 1)], on: engine, by: build(2), at: moment(2)) }
        #expect(
            error
                == LedgerError(
                    .notWritable,
                    "the ledger '\(path)' was removed or replaced while it was in use, and nothing of this step is in it; run again"
                )
        )
        #expect(try folder.contents() == [:])
    }

    // MARK: Room

    @Test func limitOnTheFilesSizeIsAFullDiskAndLosesNothing() async throws {
        try await fill(200)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        let before = try folder.contents()
        // The next transaction fits, its journal does not: the first pages that it saves are too many.
        let ending = try await ChildProcess.run(writer("file-size", "4096"), in: folder)
        #expect(size > 4096)
        #expect(
            ending
                == .init(
                    code: 1,
                    output: "the ledger '\(path)' has no room to grow (File too large), and nothing of this step is in it; "
                        + "free some space on its disk and run again\n"
                )
        )
        #expect(try folder.contents() == before)
        let seen = try observation("shop/api:v0", 0)
        #expect(try await writable(path).compare([seen], on: engine).map(\.kind) == [.unchanged])
    }

    /// Says whether a file system in memory can be mounted here, in a name space that ends with its process.
    private static var mounts: Bool {
        get async throws {
            let folder = try TemporaryFolder()
            let command = ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", folder.path]
            return try await ChildProcess.run(command, in: TemporaryFolder()).code == 0
        }
    }

    @Test(.enabled("a file system in memory cannot be mounted here") { try await mounts })
    func fullDiskIsNamedAndLosesNothing() async throws {
        let disk = folder.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        try await fill(50)
        // On a disk of 256 kB, the ledger, then a file that takes the rest; then one more observation; then what is in the ledger.
        let script = """
            mount -t tmpfs -o size=256k none "$1" && cp "$2" "$1/ledger.sqlite" || exit 64
            dd if=/dev/zero of="$1/rest" bs=4096 2>/dev/null
            "$3" "$1/ledger.sqlite" shop/api:v0 "$4" run
            echo $?
            rm "$1/rest"
            cmp "$1/ledger.sqlite" "$2" && ls "$1"
            "$3" "$1/ledger.sqlite" shop/api:v0 "$4" run
            """
        let arguments = [
            "unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", disk, path, ChildProcess.ledgerWriter, "\(try digest(7))",
        ]
        let ending = try await ChildProcess.run(arguments, in: folder)
        #expect(
            ending
                == .init(
                    code: 0,
                    output: """
                        the ledger '\(disk)/ledger.sqlite' has no room to grow (database or disk is full), and nothing of \
                        this step is in it; free some space on its disk and run again
                        1
                        ledger.sqlite
                        moved

                        """
                )
        )
    }

    // MARK: Others

    @Test func ledgerThatOthersHoldIsWaitedForAndThenNamed() async throws {
        try await fill()
        let ledger = try await SQLiteLedger.open(path: path, access: .readWrite, waitingAtMost: .seconds(1))
        let error = try await ledgerError {
            try await whileLocked { try await ledger.record([observation("a:1", 1)], on: engine, by: build(2), at: moment(2)) }
        }
        #expect(error == LedgerError(.busy, "the ledger '\(path)' was held by other processes for 1s; run again when they have ended"))
        let look = [try observation("shop/api:v0", 0)]
        #expect(try await ledger.record(look, on: engine, by: build(2), at: moment(2)).map(\.kind) == [.unchanged])
    }

    @Test func ledgerThatOthersHoldEntirelyIsNotOpenedForever() async throws {
        try await fill()
        let error = try await ledgerError {
            try await whileLocked("EXCLUSIVE") { try await SQLiteLedger.open(path: path, access: .readWrite, waitingAtMost: .seconds(1)) }
        }
        #expect(error == LedgerError(.busy, "the ledger '\(path)' was held by other processes for 1s; run again when they have ended"))
    }

    @Test func readersDoNotWaitForAWriter() async throws {
        try await fill()
        let ledger = try await SQLiteLedger.open(path: path, access: .readOnly, waitingAtMost: .zero)
        let count = try await whileLocked { try await ledger.latestGenerations(on: engine).count }
        #expect(count == 1)
    }

    @Test func cancelledTaskStopsWaiting() async throws {
        try await fill()
        let ledger = try await SQLiteLedger.open(path: path, access: .readWrite, waitingAtMost: .seconds(600))
        let path = path
        try await whileLocked("EXCLUSIVE") {
            let recording = Task { try await ledger.record([observation("a:1", 1)], on: engine, by: build(2), at: moment(2)) }
            let opening = Task { try await SQLiteLedger.open(path: path, access: .readWrite, waitingAtMost: .seconds(600)) }
            recording.cancel()
            opening.cancel()
            await #expect(throws: CancellationError.self) { try await recording.value }
            await #expect(throws: CancellationError.self) { try await opening.value }
        }
        #expect(try await ledger.latestGenerations(on: engine).count == 1)
    }

    /// Runs the body while another connection holds the file.
    private func whileLocked<Value: Sendable>(_ kind: String = "IMMEDIATE", _ body: () async throws -> Value) async throws -> Value {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN \(kind)") }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        return try result.get()
    }

    // MARK: Damage

    @Test func damagedLedgerIsNamedAndLeftAsItIs() async throws {
        try await fill(500)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // The second page and all that follow are gone bad; the header is whole.
        for index in 4096..<bytes.count { bytes[index] = 0xAA }
        try bytes.write(to: URL(fileURLWithPath: path))
        let before = try folder.contents()
        let error = try await ledgerError { try await writable(path).latestGenerations(on: engine) }
        #expect(
            error
                == LedgerError(
                    .corrupt,
                    "the ledger '\(path)' is damaged (database disk image is malformed); put a copy back in its place, "
                        + "or move it away, and the next run begins a new one"
                )
        )
        let recording = try await ledgerError {
            try await writable(path).record([observation("a:1", 1)], on: engine, by: build(2), at: moment(2))
        }
        #expect(recording == error)
        #expect(try folder.contents() == before)
    }

    @Test func rowThatHookNeverWritesIsDamage() async throws {
        try await fill()
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE generation SET image = x'00'") }
        let error = try await ledgerError { try await writable(path).latestGenerations(on: engine) }
        #expect(
            error
                == LedgerError(
                    .corrupt,
                    "the ledger '\(path)' is damaged (generation 1 has no image); put a copy back in its place, "
                        + "or move it away, and the next run begins a new one"
                )
        )
    }

    @Test(arguments: 0..<8)
    func bytesThatChangedAnywhereNeverEndTheProcess(part: Int) async throws {
        let count = 120
        try await fill(count)
        let events = try (0..<50).map { number in
            EngineEvent(
                time: moment(Int64(number)),
                kind: number.isMultiple(of: 2) ? "image" : "container",
                action: number.isMultiple(of: 2) ? "tag" : "create",
                actor: number.isMultiple(of: 2) ? "\(try digest(number))" : "c\(number)",
                attributes: ["name": "shop/api:v\(number)", "image": "shop/api:v\(number)"]
            )
        }
        try await writable(path).record(events, on: engine)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let seed = TestSeed.first
        var random = SeededGenerator(seed: seed)
        let look = try (0..<count).map { try observation("shop/api:v\($0)", $0 + 1) }
        for round in 0..<12 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let damaged = folder.path("damaged-\(part)-\(round).sqlite")
            try bytes.write(to: URL(fileURLWithPath: damaged))
            do {
                let ledger = try await SQLiteLedger.open(path: damaged, access: .readWrite, waitingAtMost: .zero)
                let calls: [() async throws -> Void] = [
                    { _ = try await ledger.latestGenerations(on: engine) },
                    { _ = try await ledger.generations(of: look.map(\.reference), on: engine) },
                    { _ = try await ledger.generations(of: look.map(\.image), on: engine) },
                    { _ = try await ledger.events(about: look.map(\.reference.description) + look.map(\.image.description), on: engine) },
                    { _ = try await ledger.lastUses(of: look.map(\.image), on: engine) },
                    { _ = try await ledger.record(look, on: engine, by: build(2), at: moment(2)) },
                    { try await ledger.record(events, on: engine) },
                ]
                for call in calls {
                    do {
                        try await call()
                    } catch {
                        #expect(error is LedgerError, "seed \(seed), round \(round): \(error)")
                    }
                }
            } catch {
                #expect(error is LedgerError, "seed \(seed), round \(round): \(error)")
            }
        }
    }
}
