/// What a CI system says of the job that runs.
struct CIJob: Hashable {
    /// The system's name in a `BuildRecord`.
    let system: String
    /// The commit, where the system says it.
    var commit: String?
    /// The branch or tag, where the system says it.
    var branch: String?
    /// The number or ID of the pipeline or build.
    var number: String?
    /// Where the job can be looked at.
    var address: String?
    /// Who started it.
    var user: String?
}
