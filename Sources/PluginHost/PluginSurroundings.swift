/// What plugins are started with.
package struct PluginSurroundings: Sendable {
    /// hook's version.
    package let version: String
    /// The directory that plugins run in.
    package let directory: String
    /// The address of the container engine, where it is known without asking.
    package let dockerHost: String?
    /// The ledger's file.
    package let ledger: String?
    /// How long a plugin may take to say which rules it brings, and to check settings.
    package let answerLimit: Duration
    /// How long a plugin that must end has before the next, stronger means is used.
    package let gracePeriod: Duration

    /// Describes what plugins are started with.
    package init(
        version: String,
        directory: String,
        dockerHost: String? = nil,
        ledger: String? = nil,
        answerLimit: Duration = .seconds(10),
        gracePeriod: Duration = .seconds(5)
    ) {
        self.version = version
        self.directory = directory
        self.dockerHost = dockerHost
        self.ledger = ledger
        self.answerLimit = answerLimit
        self.gracePeriod = gracePeriod
    }
}
