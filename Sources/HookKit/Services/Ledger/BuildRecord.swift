/// The build, by hand or by a CI system, that a run of hook belongs to.
public struct BuildRecord: Hashable, Sendable {
    /// What tells this run of hook from every other.
    public let run: String
    /// The pipeline's name.
    public let pipeline: String
    /// The commit that was built, in full.
    public let commit: String?
    /// The branch or the tag in git; of a merge or pull request the branch that asks to be merged, which may be a stranger's.
    public let branch: String?
    /// The CI system: `gitlab`, `jenkins`, `github`; `nil` by hand.
    public let system: String?
    /// The number or ID of the CI system's pipeline or build.
    public let buildNumber: String?
    /// Where the job can be looked at.
    public let jobURL: String?
    /// Who started it.
    public let user: String?

    /// Describes a build.
    public init(
        run: String,
        pipeline: String,
        commit: String? = nil,
        branch: String? = nil,
        system: String? = nil,
        buildNumber: String? = nil,
        jobURL: String? = nil,
        user: String? = nil
    ) {
        self.run = run
        self.pipeline = pipeline
        self.commit = commit
        self.branch = branch
        self.system = system
        self.buildNumber = buildNumber
        self.jobURL = jobURL
        self.user = user
    }

    /// The build in a few words: `gitlab build 4711 of main at 1a2b3c4d5e6f by ann`.
    public var shortDescription: String {
        var text = system.map { "\($0) build" } ?? "a run by hand"
        if system != nil, let buildNumber { text += " \(buildNumber)" }
        if let branch { text += " on \(branch)" }
        if let commit { text += " at \(commit.prefix(12))" }
        if let user { text += " by \(user)" }
        return text
    }
}
