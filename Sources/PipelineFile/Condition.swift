package import HookKit
package import OCI

/// When a stage runs: every part must hold.
package struct Condition: Hashable, Sendable {
    /// What must have become of the stages before.
    package enum Status: String, SettingChoice {
        /// None of them failed, but for those of which the file says that what follows goes on.
        case success
        /// One of them failed, whatever the file says of what follows.
        case failure
        /// Nothing: the stage runs in any case.
        case always
    }

    /// A value that a variable must have.
    package struct Variable: Hashable, Sendable {
        /// The variable's name.
        package let name: String
        /// What its value must match; the empty pattern matches a variable that is not set as well.
        package let pattern: Glob

        /// Asks for a value.
        package init(name: String, pattern: Glob) {
            self.name = name
            self.pattern = pattern
        }
    }

    /// Whether to run.
    package enum Decision: Hashable, Sendable {
        /// The stage runs.
        case run
        /// The stage is skipped, for this reason.
        case skip(reason: String)
    }

    /// What must have become of the stages before.
    package var status: Status
    /// Patterns of which one must match the branch; `nil` where anything will do, a tag and a merge request as well.
    package var branches: [Glob]?
    /// What may have started the run; `nil` where anything may.
    package var events: [RunEnvironment.Event]?
    /// Values that variables must have, all of them.
    package var variables: [Variable]

    /// Asks for nothing but what is given.
    package init(
        status: Status = .success,
        branches: [Glob]? = nil,
        events: [RunEnvironment.Event]? = nil,
        variables: [Variable] = []
    ) {
        self.status = status
        self.branches = branches
        self.events = events
        self.variables = variables
    }

    /// Decides whether a stage runs.
    ///
    /// - Parameters:
    ///   - hasFailed: says whether a stage before this one failed.
    ///   - isStopped: says whether one that failed keeps those after it from running.
    ///   - source: what of the repository the build is of.
    ///   - event: what started the run.
    ///   - values: the values of variables, as `${NAME}` sees them.
    package func evaluate(
        hasFailed: Bool,
        isStopped: Bool,
        source: RunEnvironment.Source,
        event: RunEnvironment.Event,
        values: [String: String]
    ) -> Decision {
        switch status {
        case .success where isStopped: return .skip(reason: "an earlier stage failed")
        case .failure where !hasFailed: return .skip(reason: "no earlier stage failed")
        default: break
        }
        if let branches {
            let wanted = Self.list(branches.map(\.description))
            switch source {
            case .branch(let branch) where branches.contains { $0.matches(branch) }: break
            case .branch(let branch): return .skip(reason: "the branch '\(branch)' is not \(wanted)")
            case .pushedBranches(let names) where names.contains { name in branches.contains { $0.matches(name) } }: break
            case .pushedBranches(let names):
                let pushed = names.map { "'\($0)'" }.joined(separator: ", ")
                return .skip(reason: "none of the branches that are pushed (\(pushed)) is \(wanted)")
            case .tag: return .skip(reason: "the build is of a tag, which is no branch, and only \(wanted) is wanted")
            case .changeRequest:
                return .skip(reason: "the build is of a merge or pull request, which is on no branch, and only \(wanted) is wanted")
            case .unknown: return .skip(reason: "the branch is not known, and only \(wanted) is wanted")
            }
        }
        if let events, !events.contains(event) {
            return .skip(reason: "the event '\(event.rawValue)' is not \(Self.list(events.map(\.rawValue)))")
        }
        // The value is left out of the reason: it may be a secret, and reasons stand in reports.
        for variable in variables where !variable.pattern.matches(values[variable.name] ?? "") || isUnsetButWanted(variable, values) {
            let state = values[variable.name] == nil ? "is not set" : "is not '\(variable.pattern)'"
            return .skip(reason: "the variable '\(variable.name)' \(state)")
        }
        return .run
    }

    private func isUnsetButWanted(_ variable: Variable, _ values: [String: String]) -> Bool {
        values[variable.name] == nil && !variable.pattern.description.isEmpty
    }

    private static func list(_ words: [String]) -> String {
        words.map { "'\($0)'" }.joined(separator: " or ")
    }
}
