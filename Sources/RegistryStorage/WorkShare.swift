import Synchronization

/// Units of work that several tasks take one by one.
final class WorkShare: Sendable {
    private let next = Atomic<Int>(0)
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    /// The next unit, or `nil` when all are taken.
    ///
    /// Throws when the task was cancelled.
    func take() throws -> Int? {
        try Task.checkCancellation()
        let unit = next.add(1, ordering: .relaxed).oldValue
        return unit < count ? unit : nil
    }

    /// Shares the units among at most so many tasks and returns what each of them made.
    ///
    /// The first error ends all. With one task, or one unit, nothing is started.
    static func run<Result: Sendable>(
        units: Int,
        jobs: Int,
        _ worker: @escaping @Sendable (WorkShare) throws -> Result
    ) async throws -> [Result] {
        let share = WorkShare(count: units)
        let tasks = min(max(jobs, 1), units)
        if tasks <= 1 { return [try worker(share)] }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            for _ in 0..<tasks {
                group.addTask { try worker(share) }
            }
            var results: [Result] = []
            for try await result in group { results.append(result) }
            return results
        }
    }
}
