import HookKit
import TagLedger

/// The ledger of a run, opened when a rule first asks for it.
actor LedgerConnection {
    private let path: String
    private let access: LedgerAccess
    private var opened: SQLiteLedger?

    init(path: String, access: LedgerAccess) {
        self.path = path
        self.access = access
    }

    func ledger() async throws -> SQLiteLedger {
        if let opened { return opened }
        let ledger = try await SQLiteLedger.open(path: path, access: access)
        // Another caller may have opened it meanwhile; one is enough.
        if let opened { return opened }
        opened = ledger
        return ledger
    }

    /// Opens a ledger that is only read anew, the next time: one that was not there may be there by then.
    func forgetIfOnlyRead() { if access == .readOnly { opened = nil } }
}
