import HookKit

extension ReferencePattern {
    /// Refuses, in a setting whose patterns are compared with the names that a registry's directory has, one that no such name can match.
    func checkRepository(_ key: String) throws(RuleValidationError) {
        guard !mayMatchRepository else { return }
        let rest = description.firstIndex(of: "/").flatMap { ReferencePattern(String(description[description.index(after: $0)...])) }
        let proposal = rest.flatMap { $0.mayMatchRepository ? ", as in '\($0)'" : nil } ?? ""
        throw RuleValidationError(
            "'\(key)' names repositories as the directory does, and no repository can match '\(self)'; leave the registry out\(proposal)",
            key: key
        )
    }
}
