import Dispatch
import GRDB
import GRDBSQLite
package import HookKit
package import OCI
import SystemPackage

/// The ledger of tags in an SQLite file.
///
/// The file is all there is between two runs (a rollback journal, no write-ahead log), so that a CI cache can copy it. A change waits for
/// the changes of other processes, is written whole or not at all, and is on the disk when its call returns.
package struct SQLiteLedger: TagLedger {
    private let queue: DatabaseQueue?
    private let access: LedgerAccess
    private let limits: EventLimits
    private let failure: LedgerFailure

    /// Opens the ledger at a path; for writing, its directory and the file are made where they are missing.
    ///
    /// Opened for reading only, `record` says what it would say and writes nothing. A lock of another process is waited for, each time, at
    /// most for `limit`; then the call throws `LedgerError.Code.busy`. A cancelled task stops waiting.
    package static func open(
        path: String,
        access: LedgerAccess,
        waitingAtMost limit: Duration = .seconds(60)
    ) async throws -> SQLiteLedger {
        try await open(path: path, access: access, waitingAtMost: limit, keeping: EventLimits())
    }

    /// Opens the ledger with other limits than the usual ones.
    static func open(
        path: String,
        access: LedgerAccess,
        waitingAtMost limit: Duration,
        keeping limits: EventLimits
    ) async throws -> SQLiteLedger {
        try Task.checkCancellation()
        let wait = LockWait(limit: limit)
        let opening = LedgerOpening(path: path, access: access, wait: wait)
        do {
            let queue = try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<DatabaseQueue?, any Error>) in
                    // Opening blocks, which the threads that tasks share must not.
                    DispatchQueue.global(qos: .userInitiated).async { continuation.resume(with: Result { try opening.open() }) }
                }
            } onCancel: {
                wait.abandon()
            }
            return SQLiteLedger(
                queue: queue,
                access: access,
                limits: limits,
                failure: LedgerFailure(path: path, limit: limit)
            )
        } catch {
            try Task.checkCancellation()
            throw error
        }
    }

    // MARK: Writing

    /// Writes what every given tag names now, in one transaction; opened for reading only, says what it would say.
    package func record(
        _ observations: [TagObservation],
        on engine: EngineIdentity,
        by build: BuildRecord,
        at time: Timestamp
    ) async throws -> [TagChange] {
        guard access == .readWrite else { return try await compare(observations, on: engine) }
        guard !observations.isEmpty else { return [] }
        return try await write { transaction in
            try transaction.record(observations, on: engine, by: build, at: time)
        } ?? []
    }

    /// Writes the events that say something of an image or of a volume's use, in one transaction; opened for reading only, does nothing.
    package func record(_ events: [EngineEvent], on engine: EngineIdentity) async throws {
        let events = events.compactMap(StoredEvent.init)
        guard access == .readWrite, !events.isEmpty else { return }
        try await write { transaction in
            try transaction.record(events, on: engine, keeping: limits)
        }
    }

    // MARK: Reading

    /// Says what `record` would say, and writes nothing.
    package func compare(_ observations: [TagObservation], on engine: EngineIdentity) async throws -> [TagChange] {
        try await read { transaction in
            try transaction.compare(observations, on: engine)
        } ?? observations.map { TagChange(observation: $0, kind: .new) }
    }

    /// The generations of images, by image, in the order in which they began.
    package func generations(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: [TagGeneration]] {
        try await read { transaction in
            try transaction.generations(of: images, on: engine)
        } ?? [:]
    }

    /// The generations of tags, by tag, in the order in which they began; without an engine those on every engine, one after the other.
    package func generations(
        of references: [ImageReference],
        newest count: Int?,
        on engine: EngineIdentity?
    ) async throws -> [ImageReference: [TagGeneration]] {
        try await read { transaction in
            if let engine { return try transaction.generations(of: references, newest: count, on: engine) }
            return try transaction.generationsOnEveryEngine(of: references, newest: count)
        } ?? [:]
    }

    /// The present generation of every tag, by repository and tag.
    package func latestGenerations(on engine: EngineIdentity) async throws -> [TagGeneration] {
        try await read { transaction in
            try transaction.latestGenerations(on: engine)
        } ?? []
    }

    /// The events that name one of the subjects, by time.
    package func events(about subjects: [String], on engine: EngineIdentity) async throws -> [EngineEvent] {
        try await read { transaction in
            try transaction.events(about: subjects, on: engine)
        } ?? []
    }

    /// The time of the newest event that is kept.
    package func newestEvent(on engine: EngineIdentity) async throws -> Timestamp? {
        try await read { transaction in
            try transaction.newestEvent(on: engine)
        } ?? nil
    }

    /// When each image was last used; seeing it with a tag again is no use.
    package func lastUses(of images: [Digest], on engine: EngineIdentity) async throws -> [Digest: Timestamp] {
        try await read { transaction in
            try transaction.lastUses(of: images, on: engine)
        } ?? [:]
    }

    /// When each volume was last used.
    package func lastUses(ofVolumes names: [String], on engine: EngineIdentity) async throws -> [String: Timestamp] {
        try await read { transaction in
            try transaction.lastUses(ofVolumes: names, on: engine)
        } ?? [:]
    }

    // MARK: Transactions

    /// Runs the body in one transaction that only reads; `nil` where there is no file, or an empty one.
    func read<Value: Sendable>(_ body: @Sendable (inout LedgerTransaction) throws -> Value) async throws -> Value? {
        try await inTransaction(.deferred, body)
    }

    private func write<Value: Sendable>(_ body: @Sendable (inout LedgerTransaction) throws -> Value) async throws -> Value? {
        // Immediate: a transaction that reads first and finds another's change when it writes could only fail.
        try await inTransaction(.immediate, body)
    }

    /// Runs the body in one transaction on the connection's own thread; `nil` where there is no file.
    private func inTransaction<Value: Sendable>(
        _ kind: Database.TransactionKind,
        _ body: @Sendable (inout LedgerTransaction) throws -> Value
    ) async throws -> Value? {
        guard let queue else { return nil }
        do {
            return try await queue.writeWithoutTransaction { database in
                do {
                    var value: Value?
                    try database.inTransaction(kind) {
                        var transaction = LedgerTransaction(database)
                        value = try body(&transaction)
                        return .commit
                    }
                    return value
                } catch let error as DatabaseError {
                    let code = sqlite3_system_errno(database.sqliteConnection)
                    throw failure.explain(error, systemError: code == 0 ? nil : Errno(rawValue: code), access: access)
                } catch let damage as LedgerDamage {
                    throw failure.damaged(because: damage.cause)
                } catch let damage as RowDecodingError {
                    throw failure.damaged(because: damage.description)
                }
            }
        } catch {
            try Task.checkCancellation()
            throw error
        }
    }
}
