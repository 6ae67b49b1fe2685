package import HookKit

/// Finds out which build a run belongs to: from the variables of a CI system, and from the git repository.
///
/// Nothing is asked of the process itself: variables and directory come in as values. No process is started but `git`, and that only where the
/// repository keeps its branches in the reftable format.
package enum BuildDetector {
    /// The variable by which the git hook that hook installs says what started the run: a `RunEnvironment.Event` as it is written in `when`.
    package static let eventVariable = "HOOK_EVENT"

    /// Describes where a run happens.
    ///
    /// What a CI system says counts before what the repository says, since a CI system checks out a commit, not a branch. For a pull or merge
    /// request the branch is the one that asks to be merged; conditions are not told of it, since anybody may call a branch `main`.
    ///
    /// - Parameters:
    ///   - variables: the environment.
    ///   - directory: a directory in the repository, as an absolute path.
    ///   - pipeline: the pipeline's name.
    ///   - run: what tells this run from every other.
    ///   - standardInput: what git wrote to the hook that started the run; empty where none did.
    ///   - now: the clock.
    package static func detect(
        variables: [String: String],
        directory: String,
        pipeline: String,
        run: String,
        standardInput: String = "",
        now: @escaping @Sendable () -> Timestamp
    ) -> RunEnvironment {
        let given = BuildVariables(variables)
        let job = CISystem.all.lazy.compactMap { $0.job(given) }.first
        let push = GitPushReader(variables: given).push(standardInput: standardInput)
        var commit = job?.commit
        var branch = job?.branch
        if commit == nil || branch == nil, let head = GitHead.find(from: directory, variables: given) {
            commit = commit ?? head.commit
            // A request's commit may lie on the branch that it is tried on.
            if job?.departure == nil { branch = branch ?? head.branch }
        }
        var source: RunEnvironment.Source =
            switch job?.departure {
            case .tag?: .tag
            case .changeRequest?: .changeRequest
            case nil: branch.map { .branch($0) } ?? .unknown
            }
        // What is pushed need not be what is checked out.
        let pushed = (push?.refs ?? []).filter { $0.branch != nil }
        if let first = pushed.first, !pushed.contains(where: { $0.branch == branch }) {
            branch = first.branch
            commit = first.localObject ?? commit
        }
        if let push, let given = Self.source(of: push, head: { GitHead.find(from: directory, variables: given)?.branch }) { source = given }
        let build = BuildRecord(
            run: run,
            pipeline: pipeline,
            commit: commit,
            branch: branch,
            system: job?.system,
            buildNumber: job?.number,
            jobURL: job?.address,
            user: job == nil ? given.first("SUDO_USER", "USER", "LOGNAME") : job?.user
        )
        let event = given[eventVariable].flatMap(RunEnvironment.Event.init) ?? (push != nil ? .prePush : job == nil ? .manual : .ci)
        return RunEnvironment(build: build, source: source, event: event, push: push, variables: variables, now: now)
    }

    /// What a push brings, as conditions see it; `nil` where what it names is neither a branch nor a tag.
    ///
    /// A branch counts by every name that it has in the push, and one that is deleted in the remote repository counts too: what guards a branch
    /// must hold however the push is written. `head` finds the branch that is checked out, which git calls `HEAD` where the user did.
    private static func source(of push: GitPush, head: () -> String?) -> RunEnvironment.Source? {
        var names: [String] = []
        for ref in push.refs {
            let local = ref.branch ?? (ref.local == "HEAD" ? head() : nil)
            for name in [local, ref.remoteBranch].compactMap({ $0 }) where !names.contains(name) { names.append(name) }
        }
        if let name = names.first { return names.count == 1 ? .branch(name) : .pushedBranches(names) }
        return !push.refs.isEmpty && push.refs.allSatisfy(\.isTag) ? .tag : nil
    }
}
