/// A row holds what hook never writes.
struct LedgerDamage: Error {
    /// Which row, and what is wrong with it.
    let cause: String
}
