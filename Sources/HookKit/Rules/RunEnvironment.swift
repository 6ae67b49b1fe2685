/// Where a run happens: the build it belongs to, what started it, and the environment's variables.
public struct RunEnvironment: Sendable {
    /// What started a run.
    public enum Event: String, Sendable, CaseIterable {
        /// A CI system.
        case ci
        /// A person.
        case manual
        /// git, before a push.
        case prePush = "pre-push"
    }

    /// The build.
    public let build: BuildRecord
    /// What started the run.
    public let event: Event
    /// What git is about to push, where that started the run.
    public let push: GitPush?
    /// The environment's variables.
    public let variables: [String: String]
    /// The time now.
    public let now: @Sendable () -> Timestamp

    /// Describes where a run happens.
    public init(
        build: BuildRecord,
        event: Event,
        push: GitPush? = nil,
        variables: [String: String],
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.build = build
        self.event = event
        self.push = push
        self.variables = variables
        self.now = now
    }
}
