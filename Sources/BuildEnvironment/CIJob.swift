/// What a CI system says of the job that runs.
struct CIJob: Hashable {
    /// The system's name in a `BuildRecord`.
    let system: String
    /// The commit, where the system says it.
    var commit: String?
    /// The branch or tag, where the system says it; of a merge or pull request the branch that asks to be merged.
    var branch: String?
    /// Says whether the job builds something that is not on a branch of the repository: a tag, or a merge or pull request.
    var departure: Departure?
    /// The number or ID of the pipeline or build.
    var number: String?
    /// Where the job can be looked at.
    var address: String?
    /// Who started it.
    var user: String?

    /// What a job builds in the place of a branch.
    enum Departure: Hashable {
        case tag
        case changeRequest

        /// What these signs say; a request that comes from a tag is a request.
        static func of(isChangeRequest: Bool, isTag: Bool) -> Departure? { isChangeRequest ? .changeRequest : isTag ? .tag : nil }
    }
}
