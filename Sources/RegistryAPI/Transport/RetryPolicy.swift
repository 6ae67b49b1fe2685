/// Decides whether a request that was not carried out is sent again, and when.
struct RetryPolicy: Sendable {
    let limits: RegistryLimits
    private var attempt = 1

    /// Begins with the first attempt.
    init(limits: RegistryLimits) { self.limits = limits }

    /// How long to wait before the next attempt; `nil` where the answer stands.
    ///
    /// After a deletion there is a pause only where the registry says that it did not look at it. `jitter`, from 0 to 1, keeps many that were turned away
    /// together from coming back together.
    mutating func pause(
        afterStatus status: Int,
        of method: RegistryRequest.Method,
        retryAfter: Duration?,
        jitter: Double = .random(in: 0...1)
    ) -> Duration? {
        let isTurnedAway = status == 429 || status == 503
        let isBroken = [500, 502, 504].contains(status)
        guard isTurnedAway || isBroken && method.isQuestion, attempt < limits.attempts else { return nil }
        let backoff = limits.firstPause * (1 << (attempt - 1))
        attempt += 1
        guard let retryAfter else { return min(backoff * (0.5 + jitter / 2), limits.longestPause) }
        // A registry that asks for more patience than a pipeline has is taken at its word of being busy.
        guard retryAfter <= limits.longestPause else { return nil }
        return max(retryAfter, min(backoff * (jitter / 2), limits.longestPause))
    }
}
