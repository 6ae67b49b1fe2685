import OCI

extension [ReferencePattern] {
    /// Refuses, in a setting whose patterns are compared with tags, one that no tag can match.
    package func checkTags(_ key: String) throws(RuleValidationError) {
        guard let pattern = first(where: { $0.hasDigest || $0.namesOnlyIdentifier }) else { return }
        let what = pattern.hasDigest ? "has a digest" : "is an image's ID"
        throw RuleValidationError("'\(key)' names tags, and '\(pattern)' \(what); name the tag", key: key)
    }
}
