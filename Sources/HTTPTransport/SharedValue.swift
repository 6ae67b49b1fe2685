/// A value that is fetched once and shared by all who ask for it; a failure is not kept.
package actor SharedValue<Value: Sendable> {
    private var task: Task<Value, any Error>?

    /// The value, once it was fetched.
    package private(set) var known: Value?

    /// Holds nothing yet.
    package init() {}

    /// The value, fetched by the first who asks.
    ///
    /// The task is not a child of who asks first, since others wait for it too. Who is cancelled while waiting ends the fetch, so that nobody is held
    /// up by a service that does not answer; another who waits fetches anew.
    package func value(orFetch fetch: @escaping @Sendable () async throws -> Value) async throws -> Value {
        while true {
            if let known { return known }
            let task = self.task ?? Task { try await fetch() }
            self.task = task
            do {
                let value = try await withTaskCancellationHandler {
                    try await task.value
                } onCancel: {
                    task.cancel()
                }
                known = value
                return value
            } catch {
                if self.task == task { self.task = nil }
                guard error is CancellationError, !Task.isCancelled else { throw error }
            }
        }
    }
}
