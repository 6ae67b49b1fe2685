/// Says that a time limit passed.
package struct TimeLimitPassed: Error {
    /// Says so.
    package init() {}
}

/// Runs `operation`, and cancels it and throws `TimeLimitPassed` when it takes longer than `limit`.
package func withTimeLimit<Result: Sendable>(
    _ limit: Duration,
    _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(operation: operation)
        group.addTask {
            try await Task.sleep(for: limit)
            throw TimeLimitPassed()
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { preconditionFailure("a group of two tasks is not empty") }
        return result
    }
}
