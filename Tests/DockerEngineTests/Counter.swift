/// Counts calls.
actor Counter {
    private var count = 0

    /// How many calls came before this one.
    func next() -> Int {
        defer { count += 1 }
        return count
    }
}
