/// Measures how many are somewhere at once.
actor Gauge {
    private var inside = 0
    /// The most that were there at once.
    private(set) var highest = 0

    func enter() {
        inside += 1
        highest = max(highest, inside)
    }

    func leave() { inside -= 1 }
}
