/// A value that is fetched once and shared by all who ask for it; a failure is not kept.
package actor SharedValue<Value: Sendable> {
    private var task: Task<Value, any Error>?

    /// Holds nothing yet.
    package init() {}

    /// The value, fetched by the first who asks.
    ///
    /// The task is not a child of who asks first, since others wait for it too; `fetch` ends by its own time limits.
    package func value(orFetch fetch: @escaping @Sendable () async throws -> Value) async throws -> Value {
        if let task { return try await task.value }
        let task = Task { try await fetch() }
        self.task = task
        do {
            return try await task.value
        } catch {
            if self.task == task { self.task = nil }
            throw error
        }
    }
}
