/// How long a registry may take, how much it may say, and how often it is asked.
package struct RegistryLimits: Hashable, Sendable {
    /// Until a connection stands.
    package var connection: Duration = .seconds(10)
    /// Until a question is answered to the end.
    package var question: Duration = .seconds(60)
    /// Until a deletion is answered.
    package var deletion: Duration = .seconds(120)
    /// How often a request is sent at most while the registry is too busy or fails.
    package var attempts = 5
    /// Before the second attempt; doubled each time.
    package var firstPause: Duration = .milliseconds(500)
    /// The longest pause between two attempts, whatever the registry asks for.
    package var longestPause: Duration = .seconds(60)
    /// How many requests are under way at once.
    package var parallelRequests = 16
    /// How long a connection is kept that nothing is asked on.
    package var idleConnection: Duration = .seconds(4)
    /// How large a manifest or a configuration may be, in bytes; registries take manifests of 4 MiB.
    package var documentSize = 8 << 20
    /// How large a page of a list may be, in bytes.
    package var pageSize = 64 << 20
    /// How large the answer of a token's server, or a reason for a failure, may be, in bytes.
    package var noteSize = 1 << 20
    /// How many entries are asked for at a time.
    package var pageLength = 1000
    /// How many entries a list may have.
    package var listLength = 5_000_000
    /// How many pages in a row may bring nothing new.
    package var emptyPages = 20
    /// How many redirections are followed.
    package var redirections = 5

    /// The usual limits.
    package init() {}
}
