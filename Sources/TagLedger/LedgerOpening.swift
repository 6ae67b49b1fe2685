import GRDB
import GRDBSQLite
import HookKit
import SystemPackage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Opens a ledger's file: makes it where that is asked for, tells ours from others', and brings its tables up to date.
struct LedgerOpening {
    /// The file.
    let path: String
    /// What may be done with it.
    let access: LedgerAccess
    /// How a lock is waited for.
    let wait: LockWait

    private var failure: LedgerFailure { LedgerFailure(path: path, limit: wait.limit) }

    /// Opens the file; `nil` for one that does not exist, or is empty, and may only be read.
    ///
    /// It blocks: what it waits for is a file system and other processes.
    func open() throws -> DatabaseQueue? {
        do {
            guard try !SystemCalls.isDirectory(path) else { throw Errno.isDirectory }
            switch access {
            case .readWrite:
                try makeDirectory()
                let queue = try DatabaseQueue(path: sqlitePath, configuration: configuration)
                try bringUpToDate(queue)
                return queue
            case .readOnly:
                guard try SystemCalls.exists(path) else { return nil }
                let queue = try openUnchanged()
                switch try state(queue, LedgerMigrations.migrator()) {
                case .empty: return nil
                case .older: return try openUpToDateCopy(of: queue)
                case .current: return queue
                }
            }
        } catch let error as Errno {
            throw failure.explain(error, access: access)
        } catch {
            throw failure.explain(error, systemError: nil, access: access)
        }
    }

    /// The path as SQLite takes it for a path: one that begins with `file:` or is `:memory:` would mean something else to it.
    private var sqlitePath: String { path.hasPrefix("/") ? path : "./" + path }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.readonly = access == .readOnly
        configuration.busyMode = .callback { [wait] tries in wait.waits(afterTries: tries) }
        if access == .readWrite {
            configuration.prepareDatabase { database in
                // A commit in a rollback journal is the removal of the journal. EXTRA also writes out the directory after it, so that
                // what was reported as recorded is there after a power cut.
                try database.execute(sql: "PRAGMA synchronous = EXTRA")
                #if os(macOS)
                    // There, fsync(2) leaves the data in the disk's own cache.
                    try database.execute(sql: "PRAGMA fullfsync = ON")
                #endif
            }
        }
        return configuration
    }

    // MARK: Making

    /// Makes the directory of the file, and what leads there.
    ///
    /// A `.hook` directory that was made here is hidden from git: it holds no source.
    private func makeDirectory() throws {
        let directory = FilePath(path).removingLastComponent()
        guard !directory.isEmpty, try !SystemCalls.exists(directory.string) else { return }
        var missing = [directory]
        while let first = missing.last?.removingLastComponent(), !first.isEmpty, try !SystemCalls.exists(first.string) {
            missing.append(first)
        }
        for ancestor in missing.reversed() {
            // Of several processes, the one that made the directory writes the file.
            guard try SystemCalls.makeDirectory(ancestor.string), ancestor.lastComponent?.string == ".hook" else { continue }
            let ignore = try FileDescriptor.open(
                ancestor.appending(".gitignore"),
                .writeOnly,
                options: [.create, .exclusiveCreate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
            try ignore.closeAfter { _ = try ignore.writeAll("*\n".utf8) }
        }
    }

    /// Brings the tables up to date; several processes may do that at the same time.
    private func bringUpToDate(_ queue: DatabaseQueue) throws {
        let migrator = LedgerMigrations.migrator()
        var before = try state(queue, migrator)
        while before != .current {
            do {
                return try migrator.migrate(queue)
            } catch let error as DatabaseError {
                // Each migration is one transaction, but the list of those to do was read before it. Where another process did one
                // meanwhile, ours failed on what is there already, and was rolled back: what is left is looked at anew.
                let systemError = Self.systemError(of: queue)
                let mayBeDone = [.SQLITE_ERROR, .SQLITE_CONSTRAINT].contains(error.resultCode)
                let after = mayBeDone ? try state(queue, migrator) : before
                guard after != before else { throw failure.explain(error, systemError: systemError, access: access) }
                before = after
            }
        }
    }

    /// What the system said to the last call of SQLite's that failed; `nil` where it kept nothing.
    private static func systemError(of queue: DatabaseQueue) -> Errno? {
        queue.unsafeRead { database in
            let code = sqlite3_system_errno(database.sqliteConnection)
            return code == 0 ? nil : Errno(rawValue: code)
        }
    }

    // MARK: Looking

    /// How far the tables of a file are.
    private enum State: Equatable {
        /// There are none yet.
        case empty
        /// They are an earlier version's, with so many migrations done.
        case older(Int)
        /// They are as this version knows them.
        case current
    }

    /// How far the tables are; throws for a later version's, and for a file that is no ledger.
    private func state(_ queue: DatabaseQueue, _ migrator: DatabaseMigrator) throws -> State {
        try queue.unsafeRead { database in
            var state = State.empty
            try database.inTransaction(.deferred) {
                let applicationID = try Int32.fetchOne(database, sql: "PRAGMA application_id")
                if applicationID == LedgerMigrations.applicationID {
                    let applied = try migrator.appliedIdentifiers(database)
                    let known = migrator.migrations
                    if let unknown = applied.subtracting(known).sorted().last {
                        throw failure.newer(has: unknown, knows: known.last ?? "")
                    }
                    state = applied.count == known.count ? .current : .older(applied.count)
                    return .commit
                }
                // A file that is empty, or that another process is about to fill, is ours to fill.
                let objects = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'")
                guard applicationID == 0, objects == 0 else {
                    throw failure.foreign(because: "it is an SQLite database of another program")
                }
                return .commit
            }
            return state
        }
    }

    // MARK: Reading only

    /// Opens the file without a change to it, even where a process died while it wrote.
    ///
    /// What such a process left is undone by the next one that opens the file for writing. One that may only read undoes it in a copy.
    private func openUnchanged() throws -> DatabaseQueue {
        while true {
            do {
                return try DatabaseQueue(path: sqlitePath, configuration: configuration)
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
                if let queue = try openRecoveredCopy() { return queue }
                // Another process undid it first: the file can be opened now.
            }
        }
    }

    /// Opens a copy in which an interrupted transaction is undone; `nil` where another process did that to the file itself meanwhile.
    ///
    /// The copy has no name any more when this returns, and its space is free when the connection is closed.
    private func openRecoveredCopy() throws -> DatabaseQueue? {
        let files = FileManager.default
        let directory = try makeTemporaryDirectory { failure.notReadable(because: "its copy for reading could not be made in \($0)") }
        defer { removeTemporaryDirectory(directory) }
        let journal = path + "-journal"
        let copy = directory.appendingPathComponent("ledger.sqlite").path
        // The journal first. As long as it is there unchanged, the file holds what the journal can undo: a process that undoes it writes
        // the same pages that ours will, and removes the journal before anyone can write others.
        guard let before = try SystemCalls.state(of: journal) else { return nil }
        do {
            try files.copyItem(atPath: journal, toPath: copy + "-journal")
            try files.copyItem(atPath: path, toPath: copy)
        } catch {
            guard try SystemCalls.state(of: journal) == before else { return nil }
            throw failure.notReadable(because: "its copy for reading could not be made: \(error)")
        }
        guard try SystemCalls.state(of: journal) == before else { return nil }
        var configuration = configuration
        configuration.readonly = false
        // Opening reads the first page, and with that undoes what the journal holds.
        return try DatabaseQueue(path: copy, configuration: configuration)
    }

    /// Opens a copy whose tables are up to date, of a ledger that an earlier version wrote.
    ///
    /// The copy has no name any more when this returns, and its space is free when the connection is closed.
    private func openUpToDateCopy(of queue: DatabaseQueue) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // Nobody reads the copy after this process, or after a failure.
            try database.execute(sql: "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
        }
        let directory = try makeTemporaryDirectory { failure.older(because: $0) }
        defer { removeTemporaryDirectory(directory) }
        do {
            let copy = try DatabaseQueue(path: directory.appendingPathComponent("ledger.sqlite").path, configuration: configuration)
            // A lock of another process is waited for as in any other look.
            try queue.backup(to: copy)
            try LedgerMigrations.migrator().migrate(copy)
            return copy
        } catch let error as DatabaseError {
            // These are the ledger's, and no copy's.
            if [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) { throw error }
            throw failure.older(because: error.message ?? error.resultCode.description)
        }
    }

    /// Makes a directory for a copy, which nobody else may look into.
    private func makeTemporaryDirectory(_ explain: (String) -> LedgerError) throws(LedgerError) -> URL {
        let parent = FileManager.default.temporaryDirectory
        let directory = parent.appendingPathComponent("hook-ledger-\(UUID().uuidString)")
        do {
            if try SystemCalls.makeDirectory(directory.path, mode: 0o700) { return directory }
            throw Errno.fileExists
        } catch {
            throw explain("'\(parent.path)': \(error)")
        }
    }

    private func removeTemporaryDirectory(_ directory: URL) {
        // What cannot be removed from the directory for temporary files is rubbish there, and no reason to fail.
        try? FileManager.default.removeItem(at: directory)
    }
}
