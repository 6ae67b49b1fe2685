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

    /// What of the repository a run builds, as `when: branch` sees it.
    public enum Source: Hashable, Sendable {
        /// What is on a branch.
        case branch(String)
        /// What a push brings to branches: every name of theirs, here and in the remote repository; any of them will do.
        case pushedBranches([String])
        /// A tag, which is no branch even where it is called like one.
        case tag
        /// A merge or pull request: a change that is on no branch of the repository yet, whatever the branch is called that it comes from.
        case changeRequest
        /// Nothing tells.
        case unknown
    }

    /// The build; its branch is for people, and may be a tag or come from a stranger.
    public let build: BuildRecord
    /// What of the repository the run builds.
    public let source: Source
    /// What started the run.
    public let event: Event
    /// What git is about to push, where that started the run.
    public let push: GitPush?
    /// The environment's variables.
    public let variables: [String: String]
    /// The time now.
    public let now: @Sendable () -> Timestamp

    /// Describes where a run happens; without a `source`, it is the build's branch.
    public init(
        build: BuildRecord,
        source: Source? = nil,
        event: Event,
        push: GitPush? = nil,
        variables: [String: String],
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.build = build
        self.source = source ?? build.branch.map { .branch($0) } ?? .unknown
        self.event = event
        self.push = push
        self.variables = variables
        self.now = now
    }
}
