import Synchronization

/// Counts what happens.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    /// How often it happened, this time included.
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
