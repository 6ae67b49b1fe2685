import Runner

/// What an exit code says, in words.
extension RunExitCode {
    /// What happened, in a few words.
    var meaning: String {
        switch self {
        case .success: "nothing failed"
        case .findingsFailed: "findings failed"
        case .busy: "another run holds the lock"
        case .stageFailed: "not everything could be carried out"
        case .internalError: "a bug in hook"
        case .configuration: "the pipeline file or a setting is wrong"
        case .interrupted: "interrupted"
        }
    }

    /// What to do next; `nil` where there is nothing to do.
    func nextStep(hasRemedies: Bool) -> String? {
        switch self {
        case .success: nil
        case .findingsFailed: "✗ says what is wrong" + (hasRemedies ? ", → what to type" : "")
        case .busy: "try again when the other run has ended"
        case .stageFailed: "! says what could not be done, and why"
        case .internalError: "please report it, with the JSON report"
        case .configuration: "mend it and run again; nothing was run"
        case .interrupted: "run again to go on"
        }
    }
}
