import GRDB
import HookKit
import SystemPackage

/// Makes one sentence of what went wrong with a ledger: its path, the cause, what to try.
struct LedgerFailure {
    /// The ledger's path, as the user may know it.
    let path: String
    /// How long a lock was waited for.
    let limit: Duration

    /// The file belongs to a later version.
    func newer(has found: String, knows known: String) -> LedgerError {
        LedgerError(
            .newer,
            "the ledger '\(path)' was written by a later version of hook (its tables have '\(found)', "
                + "this version knows them up to '\(known)'); run that version, or name another file as the pipeline's ledger"
        )
    }

    /// The file is an older ledger, which only reads in a copy that is brought up to date, and there can be no such copy.
    func older(because cause: String) -> LedgerError {
        LedgerError(
            .failed,
            "the ledger '\(path)' was written by an earlier version of hook, and what only reads makes a copy of it to bring up to date, "
                + "which failed (\(cause)); let TMPDIR name a directory with room for it, or run 'hook run' with this ledger once"
        )
    }

    /// The file belongs to something else.
    func foreign(because cause: String) -> LedgerError {
        LedgerError(.corrupt, "the file '\(path)' is not a ledger of hook (\(cause)); name another file as the pipeline's ledger")
    }

    /// The tables hold what hook never writes.
    func damaged(because cause: String) -> LedgerError {
        LedgerError(
            .corrupt,
            "the ledger '\(path)' is damaged (\(cause)); put a copy back in its place, or move it away, and the next run begins a new one"
        )
    }

    /// The file or its directory cannot be made, opened or written.
    func notWritable(because cause: String) -> LedgerError {
        LedgerError(
            .notWritable,
            "the ledger '\(path)' cannot be written (\(cause)); let this user write the file and its directory, "
                + "or name another file as the pipeline's ledger"
        )
    }

    /// The file cannot be opened for reading.
    func notReadable(because cause: String) -> LedgerError {
        LedgerError(
            .notWritable,
            "the ledger '\(path)' cannot be opened (\(cause)); let this user read it, or name another file as the pipeline's ledger"
        )
    }

    /// The file is not the one that was opened any more.
    var moved: LedgerError {
        LedgerError(
            .notWritable,
            "the ledger '\(path)' was removed or replaced while it was in use, and nothing of this step is in it; run again"
        )
    }

    /// The disk has no room.
    func full(because cause: String) -> LedgerError {
        LedgerError(
            .full,
            "the ledger '\(path)' has no room to grow (\(cause)), and nothing of this step is in it; "
                + "free some space on its disk and run again"
        )
    }

    /// Others held the file for too long.
    var busy: LedgerError {
        LedgerError(
            .busy,
            "the ledger '\(path)' was held by other processes for \(limit.settingText); run again when they have ended"
        )
    }

    /// Anything else that the database answered.
    func other(_ cause: String) -> LedgerError {
        LedgerError(.failed, "the ledger '\(path)' could not be used (\(cause)); run again, and if it stays, put a copy back in its place")
    }

    /// The sentence for what a database access threw; an error that is none of the database's passes unchanged.
    ///
    /// `systemError` is what the system said beneath, where SQLite kept it.
    func explain(_ error: any Error, systemError: Errno?, access: LedgerAccess) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let message = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return busy
        case .SQLITE_FULL:
            return full(because: systemError?.description ?? message)
        case .SQLITE_IOERR:
            // A quota and a limit of the process are a full disk for the user, but SQLite calls only ENOSPC so.
            if let systemError, Self.noRoom.contains(systemError) { return full(because: systemError.description) }
            return other(systemError.map { "\(message): \($0)" } ?? message)
        case .SQLITE_NOTADB:
            return foreign(because: message)
        case .SQLITE_CORRUPT:
            return damaged(because: message)
        case .SQLITE_READONLY where error.extendedResultCode == .SQLITE_READONLY_DBMOVED:
            return moved
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            let cause = obstacle(access: access) ?? systemError?.description ?? message
            return access == .readOnly ? notReadable(because: cause) : notWritable(because: cause)
        default:
            return other(message)
        }
    }

    /// The sentence for a system call that failed while the file was opened.
    func explain(_ error: Errno, access: LedgerAccess) -> LedgerError {
        if access == .readOnly { return notReadable(because: error.description) }
        return Self.noRoom.contains(error) ? full(because: error.description) : notWritable(because: error.description)
    }

    private static let noRoom: [Errno] = [.noSpace, .diskQuotaExceeded, .fileTooLarge]

    /// What stands in the way of opening or writing the file, told by the system rather than by SQLite; `nil` for nothing that can be seen.
    private func obstacle(access: LedgerAccess) -> String? {
        do {
            if access == .readOnly { return SystemCalls.readObstacle(path)?.description }
            if try SystemCalls.exists(path), let obstacle = SystemCalls.writeObstacle(path) { return obstacle.description }
            let directory = FilePath(path).removingLastComponent()
            return SystemCalls.writeObstacle(directory.isEmpty ? "." : directory.string).map { "its directory: \($0)" }
        } catch {
            return error.description
        }
    }
}
