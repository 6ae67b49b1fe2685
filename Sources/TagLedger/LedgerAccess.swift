/// What may be done with a ledger.
package enum LedgerAccess: Hashable, Sendable {
    /// Reading and writing; what does not exist yet is created.
    case readWrite
    /// Reading only, as in a dry run: nothing is created or changed, and a file that does not exist is an empty ledger.
    case readOnly
}
